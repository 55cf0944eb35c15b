//! Whether the files of an open ledger still lie where a restart would look for them.
//!
//! A file that is deleted or moved away can be written on as long as it is open, and all of that is
//! lost when it is closed. So it is looked at before each commit, and by whoever asks.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What became of a file of an open ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Displaced {
    /// It was deleted or moved away.
    #[error("`{}` is gone: it was deleted or moved away while timmy ran. {REMEDY}", .0.display())]
    Gone(PathBuf),
    /// Another one lies in its place.
    #[error("`{}` is another file now: it was replaced while timmy ran. {REMEDY}", .0.display())]
    Replaced(PathBuf),
    /// It was cut off.
    #[error("`{}` is shorter than it was: it was emptied while timmy ran. {REMEDY}", .0.display())]
    Emptied(PathBuf),
}

const REMEDY: &str = "Nothing is written any more, and timmy ends: put the right ledger or a \
                      backup there before it starts again, else it knows nothing of what was";

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|found| Self::from(&found))
    }
}

impl From<&Metadata> for FileId {
    fn from(found: &Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino() }
    }
}

impl std::fmt::Display for FileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.device, self.inode)
    }
}

/// One file, as it was found.
#[derive(Debug)]
struct PlacedFile {
    path: PathBuf,
    id: FileId,
    /// It never gets shorter than this.
    length: u64,
}

impl PlacedFile {
    fn find(path: PathBuf, length: impl FnOnce(&Metadata) -> u64) -> io::Result<Self> {
        let found = fs::metadata(&path)?;
        Ok(Self { id: FileId::from(&found), length: length(&found), path })
    }

    fn check(&self) -> Result<(), Displaced> {
        match fs::metadata(&self.path) {
            Ok(found) if FileId::from(&found) != self.id => {
                Err(Displaced::Replaced(self.path.clone()))
            }
            Ok(found) if found.len() < self.length => Err(Displaced::Emptied(self.path.clone())),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Displaced::Gone(self.path.clone()))
            }
            // A folder that cannot be read now says nothing about what lies in it.
            Err(_) => Ok(()),
        }
    }
}

/// The files of an open ledger, as they were when it was opened.
#[derive(Debug)]
pub(super) struct LedgerPlace {
    ledger: PlacedFile,
    beside: Vec<PlacedFile>,
}

impl LedgerPlace {
    /// Looks at the ledger that was opened as `asked`, a path that may lead through links to `real`.
    pub(super) fn find(asked: &Path, real: &Path) -> io::Result<Self> {
        let ledger = PlacedFile::find(asked.to_owned(), Metadata::len)?;
        // Those of SQLite are not there on a file system without shared memory. Its log is cut
        // whenever its content is in the ledger itself.
        let beside = [".lock", "-wal", "-shm"].map(|suffix| side_file(real, suffix));
        let beside = beside.into_iter().filter_map(|path| PlacedFile::find(path, |_| 0).ok());
        Ok(Self { ledger, beside: beside.collect() })
    }

    /// Whether all of them are where they were.
    pub(super) fn check(&self) -> Result<(), Displaced> {
        self.ledger.check()?;
        self.beside.iter().try_for_each(PlacedFile::check)
    }

    /// Which file the ledger itself is.
    pub(super) fn id(&self) -> FileId {
        self.ledger.id
    }
}

/// The file beside `path` that is called the same with `suffix` behind it.
pub(super) fn side_file(path: &Path, suffix: &str) -> PathBuf {
    let mut side = path.as_os_str().to_owned();
    side.push(suffix);
    PathBuf::from(side)
}

#[cfg(test)]
mod tests {
    use crate::store::placement::*;

    #[test]
    fn what_becomes_of_a_file_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timmy.db");
        fs::write(&path, "a ledger").unwrap();
        let placement = LedgerPlace::find(&path, &path).unwrap();
        assert_eq!(placement.check(), Ok(()));
        fs::write(&path, "a ledger that grew").unwrap();
        assert_eq!(placement.check(), Ok(()));
        fs::write(&path, "").unwrap();
        assert_eq!(placement.check(), Err(Displaced::Emptied(path.clone())));
        // Kept open by another name, so that its number is not given again.
        fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();
        assert_eq!(placement.check(), Err(Displaced::Gone(path.clone())));
        fs::write(&path, "another ledger").unwrap();
        assert_eq!(placement.check(), Err(Displaced::Replaced(path)));
    }
}
