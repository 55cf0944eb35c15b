//! One writer: the lock that keeps a second process out of a ledger.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::OpenError;

/// Holds a ledger for this process. The system lets go of it when the process ends, however it
/// ends, so a stale file never locks anybody out.
#[derive(Debug)]
pub(super) struct Lock {
    /// Locked as long as it is open.
    _file: File,
}

impl Lock {
    /// Takes the lock beside the ledger at `path`: the same path with `.lock` behind it.
    ///
    /// A file of its own, because SQLite's locks on the ledger come and go with its
    /// transactions, and because readers of the ledger do not need this one.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let side = side_file(path);
        let failed = |source| OpenError::File { path: side.clone(), source };
        let file = private(OpenOptions::new().read(true).write(true).create(true))
            .open(&side)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                sign(&file).map_err(failed)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                Err(OpenError::Held { path: path.to_owned(), pid: signature(&side) })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Who has a ledger open for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// A process; its number, if it could be read.
    Process(Option<u32>),
}

/// Who has the ledger at `path` open for writing. For the moment of the question it keeps a
/// writer from opening the ledger.
///
/// # Errors
/// What the system says, but for a lock that is not there: then nobody has.
pub fn holder(path: &Path) -> io::Result<Holder> {
    let side = side_file(&path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    let file = match File::open(&side) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holder::Nobody),
        file => file?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Holder::Nobody),
        Err(TryLockError::WouldBlock) => Ok(Holder::Process(signature(&side))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Files that `options` create are for this account alone: a ledger holds what people said in
/// private repositories.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn side_file(path: &Path) -> PathBuf {
    let mut side = path.as_os_str().to_owned();
    side.push(".lock");
    PathBuf::from(side)
}

fn sign(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn signature(side: &Path) -> Option<u32> {
    fs::read_to_string(side).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::store::lock::*;

    #[test]
    fn who_holds_a_ledger_can_be_seen_without_holding_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timmy.db");
        assert_eq!(holder(&path).unwrap(), Holder::Nobody);
        let lock = Lock::take(&path).unwrap();
        assert_eq!(holder(&path).unwrap(), Holder::Process(Some(std::process::id())));
        drop(lock);
        assert_eq!(holder(&path).unwrap(), Holder::Nobody);
    }
}
