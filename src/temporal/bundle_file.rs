//! A bundle that comes in pieces, until it is whole and as its digest says.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::forge_ask::{BundleMark, PiecePlace};

/// What there is of a bundle; it goes with this.
pub(super) struct BundleFile {
    mark: BundleMark,
    file: NamedTempFile,
    held: u64,
    digest: Sha256,
}

impl BundleFile {
    /// Nothing of it yet, in a folder that is made if it is not there.
    pub(super) fn new(mark: BundleMark, folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = NamedTempFile::new_in(folder)?;
        Ok(Self { mark, file, held: 0, digest: Sha256::new() })
    }

    pub(super) fn is(&self, mark: &BundleMark) -> bool {
        self.mark == *mark
    }

    /// How much of it is here.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    pub(super) fn is_whole(&self) -> bool {
        self.held == self.mark.size
    }

    pub(super) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    /// Takes the piece that comes next; another one is left. What is not as its digest says in the end
    /// begins anew.
    pub(super) async fn take(&mut self, place: &PiecePlace, piece: Vec<u8>) -> io::Result<()> {
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let is_next = place.from == self.held && self.is(&place.bundle) && size > 0;
        if !is_next || size > self.mark.size - self.held {
            return Ok(());
        }
        let (file, from, mut digest) =
            (self.file.as_file().try_clone()?, self.held, self.digest.clone());
        let writing = spawn_blocking(move || {
            file.write_all_at(&piece, from)?;
            digest.update(&piece);
            Ok::<_, io::Error>(digest)
        });
        self.digest = writing.await.map_err(io::Error::other)??;
        self.held += size;
        let found = base16ct::lower::encode_string(&self.digest.clone().finalize());
        if self.is_whole() && found != self.mark.digest {
            (self.held, self.digest) = (0, Sha256::new());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::temporal::bundle_file::*;

    fn mark(of: &[u8]) -> BundleMark {
        let digest = base16ct::lower::encode_string(&Sha256::digest(of));
        BundleMark { digest, size: of.len() as u64 }
    }

    async fn take(file: &mut BundleFile, of: &[u8], from: u64, piece: &[u8]) -> (u64, bool) {
        let place = PiecePlace { bundle: mark(of), from };
        file.take(&place, piece.to_vec()).await.unwrap();
        (file.held(), file.is_whole())
    }

    #[tokio::test]
    async fn pieces_are_taken_in_order_and_once() {
        let (whole, folder) = (b"abcdef", tempfile::tempdir().unwrap());
        let mut file = BundleFile::new(mark(whole), &folder.path().join("made")).unwrap();
        assert_eq!(take(&mut file, whole, 3, b"def").await, (0, false));
        assert_eq!(take(&mut file, whole, 0, b"abc").await, (3, false));
        assert_eq!(take(&mut file, whole, 0, b"abc").await, (3, false));
        // More than there is, and a piece of another one.
        assert_eq!(take(&mut file, whole, 3, b"defg").await, (3, false));
        assert_eq!(take(&mut file, b"abcxyz", 3, b"xyz").await, (3, false));
        assert_eq!(take(&mut file, whole, 3, b"def").await, (6, true));
        assert_eq!(std::fs::read(file.path()).unwrap(), whole);
    }

    #[tokio::test]
    async fn what_is_not_as_its_digest_says_begins_anew() {
        let (whole, folder) = (b"abcdef", tempfile::tempdir().unwrap());
        let mut file = BundleFile::new(mark(whole), folder.path()).unwrap();
        assert_eq!(take(&mut file, whole, 0, b"abcdeX").await, (0, false));
        assert_eq!(take(&mut file, whole, 0, whole).await, (6, true));
        assert_eq!(std::fs::read(file.path()).unwrap(), whole);
    }
}
