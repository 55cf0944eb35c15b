//! One writer: the lock that keeps a second process out of a ledger.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::error::OpenError;
use super::ledger_place::{FileId, side_file};

const LOCK: &str = ".lock";

/// Holds a ledger for this process. The system lets go of it when the process ends, however it
/// ends, so a stale file never locks anybody out.
#[derive(Debug)]
pub(super) struct Lock {
    /// Locked until this is dropped.
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // To close it is not enough: a child that another thread has forked keeps a copy of the
        // descriptor until it runs its program, and with it the lock.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock beside the ledger at `path`: the same path with `.lock` behind it.
    ///
    /// A file of its own, because SQLite's locks on the ledger come and go with its
    /// transactions, and because readers of the ledger do not need this one.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let side = side_file(path, LOCK);
        let failed = |source| OpenError::file(&side, source);
        let file = private(OpenOptions::new().read(true).write(true).create(true))
            .open(&side)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self { file };
                lock.sign("").map_err(failed)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let pid = LockOwner::read(&side).and_then(|owner| owner.pid);
                Err(OpenError::Held { path: path.to_owned(), pid })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Says in the lock which file the ledger is: whoever finds another one in its place knows.
    pub(super) fn sign_for(&self, ledger: FileId) -> io::Result<()> {
        self.sign(&ledger.to_string())
    }

    fn sign(&self, ledger: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        write!(file, "{}\n{ledger}\n", std::process::id())
    }
}

/// Who has a ledger open for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// A process; its number, if it could be read.
    Process(Option<u32>),
    /// A process that writes into a ledger which does not lie there any more.
    Stray(Option<u32>),
}

/// Who has the ledger at `path` open for writing. For the moment of the question it keeps a
/// writer from opening the ledger.
///
/// # Errors
/// What the system says, but for a lock that is not there: then nobody has.
pub fn holder(path: &Path) -> io::Result<Holder> {
    let side = side_file(&path.canonicalize().unwrap_or_else(|_| path.to_owned()), LOCK);
    let file = match File::open(&side) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holder::Nobody),
        file => file?,
    };
    match file.try_lock_shared() {
        Ok(()) => {
            // To close it is not enough, as for a writer: see there.
            file.unlock()?;
            Ok(Holder::Nobody)
        }
        Err(TryLockError::WouldBlock) => {
            Ok(LockOwner::read(&side).unwrap_or_default().holder(path))
        }
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

/// What the holder of a lock wrote into it.
#[derive(Debug, Default)]
struct LockOwner {
    pid: Option<u32>,
    /// Which file the ledger is; empty until it is open.
    ledger: String,
}

impl LockOwner {
    fn read(side: &Path) -> Option<Self> {
        let text = fs::read_to_string(side).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok();
        Some(Self { pid, ledger: lines.next().unwrap_or_default().to_owned() })
    }

    /// Whether they hold what lies at `path` now.
    fn holder(self, path: &Path) -> Holder {
        let is_there = match FileId::of(path) {
            Ok(found) => found.to_string() == self.ledger,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        match is_there || self.ledger.is_empty() {
            true => Holder::Process(self.pid),
            false => Holder::Stray(self.pid),
        }
    }
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
        fs::write(&path, "a ledger").unwrap();
        lock.sign_for(FileId::of(&path).unwrap()).unwrap();
        assert_eq!(holder(&path).unwrap(), Holder::Process(Some(std::process::id())));
        fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();
        assert_eq!(holder(&path).unwrap(), Holder::Stray(Some(std::process::id())));
        fs::write(&path, "another ledger").unwrap();
        assert_eq!(holder(&path).unwrap(), Holder::Stray(Some(std::process::id())));
        drop(lock);
        assert_eq!(holder(&path).unwrap(), Holder::Nobody);
    }
    #[test]
    fn a_copy_of_its_descriptor_does_not_keep_a_ledger_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timmy.db");
        let lock = Lock::take(&path).unwrap();
        // As a child has it that another thread has forked, until it runs its program.
        let copy = lock.file.try_clone().unwrap();
        assert!(matches!(Lock::take(&path), Err(OpenError::Held { .. })));
        drop(lock);
        assert_eq!(holder(&path).unwrap(), Holder::Nobody);
        drop(Lock::take(&path).unwrap());
        drop(copy);
    }
}
