//! A webhook's secret: random, in a file for this account alone.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use rustls::crypto::ring;

/// How many random bytes it is made of: as many as SHA-256, which signs with it, has.
const BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretFileResult {
    Made,
    /// There was one, which webhooks may sign with.
    Kept,
}

/// Puts a new secret into `file`, unless there is one. The folder is made as needed.
///
/// # Errors
/// If it cannot be written, or the system has no random numbers.
pub(super) fn make(file: &Path) -> io::Result<SecretFileResult> {
    if let Some(folder) = file.parent() {
        private_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = match options.open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Ok(SecretFileResult::Kept);
        }
        opened => opened?,
    };
    opened.write_all(random()?.as_bytes())?;
    Ok(SecretFileResult::Made)
}

/// Makes `folder` for this account alone, if it is not there.
fn private_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Hexadecimal digits from the system's random source.
fn random() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(base16ct::lower::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use crate::cli::secret_file::*;

    #[test]
    fn a_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets/webhook");
        assert_eq!(make(&file).unwrap(), SecretFileResult::Made);
        let made = std::fs::read_to_string(&file).unwrap();
        assert_eq!(made.len(), 2 * BYTES);
        assert_eq!(make(&file).unwrap(), SecretFileResult::Kept);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), made);
        assert_ne!(random().unwrap(), made);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets/webhook");
        make(&file).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }
}
