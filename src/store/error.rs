//! What can go wrong with the ledger.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

use super::disk;
use super::ledger_place::Displaced;

/// Why a read or a write did not happen. Nothing of a failed write is in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused, or a column holds what its type cannot be.
    #[error("the ledger: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The commit that carried this write failed, and with it all the writes of its batch.
    #[error("the ledger could not commit: {0}")]
    Commit(Arc<rusqlite::Error>),
    /// The row is not there, or it has ended already.
    #[error("the ledger holds no open {what} {id}")]
    NotOpen {
        /// What kind of row.
        what: &'static str,
        id: i64,
    },
    /// What was decided about a job, or about how a thread rests, was decided from what is no longer so.
    #[error("a job or its thread moved since it was looked at")]
    JobMoved,
    /// Something cannot be written as JSON.
    #[error("it cannot be stored: {0}")]
    Payload(serde_json::Error),
    /// The closure panicked; its message.
    #[error("a transaction panicked: {0}")]
    Panicked(String),
    /// One more connection for readers could not be opened.
    #[error(transparent)]
    Open(#[from] Box<OpenError>),
    /// The ledger was closed before the closure could run.
    #[error("the ledger is closed")]
    Closed,
    /// What would be written could not be found again.
    #[error("the ledger {0}")]
    Displaced(#[from] Displaced),
}

impl Error {
    /// Whether the same may succeed later, once the disk has room or answers again: nothing is
    /// wrong with what was to be written, nor with the ledger.
    pub fn is_passing(&self) -> bool {
        let error = match self {
            Self::Sqlite(error) => error,
            Self::Commit(error) => error,
            _ => return false,
        };
        matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::ReadOnly
                    | ErrorCode::OutOfMemory
                    | ErrorCode::DatabaseBusy
                    // All of a batch is undone where one of it found no room.
                    | ErrorCode::OperationAborted
            )
        )
    }

    /// Whether one value is what its column cannot be: the rest can be read.
    pub fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::Sqlite(
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
            )
        )
    }

    /// Whether it concerns all of the ledger: nothing else of it can be read or written now either.
    pub fn concerns_all(&self) -> bool {
        self.is_passing() || matches!(self, Self::Closed | Self::Displaced(_))
    }
}

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns it.
    #[error(
        "the ledger `{}` is in use by {}: one process owns a ledger; stop that one, or give this \
         one a ledger of its own", path.display(), holder(*pid)
    )]
    Held {
        path: PathBuf,
        /// The process that holds it, if it could be read.
        pid: Option<u32>,
    },
    /// There is no such file (only when it is opened to be read).
    #[error("there is no ledger `{}`: `timmy serve` creates it", path.display())]
    Missing { path: PathBuf },
    /// Its disk is full.
    #[error("the ledger `{}` cannot be opened: no room is left on {disk}; make room there, or point \
             ledger.path elsewhere", path.display())]
    NoRoom {
        path: PathBuf,
        /// In words.
        disk: String,
    },
    /// The file or its lock could not be opened, created or locked.
    #[error("cannot open `{}`: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// The file is something else; it was not touched.
    #[error("`{}` is not a ledger of timmy: point the configuration to another file", path.display())]
    NotALedger { path: PathBuf },
    /// A newer timmy wrote it.
    #[error(
        "the ledger `{}` has version {found}, this timmy knows versions up to {known}: install \
         the newer timmy again, or restore a backup", path.display()
    )]
    Newer {
        path: PathBuf,
        found: usize,
        /// The newest version this program knows.
        known: usize,
    },
    /// An older timmy wrote it, and whoever only reads cannot migrate it.
    #[error(
        "the ledger `{}` has version {found}, this timmy reads version {known}: start \
         `timmy serve` once to bring it up to date", path.display()
    )]
    Older { path: PathBuf, found: usize, known: usize },
    /// A migration failed. The ledger is as it was before that migration.
    #[error("the ledger cannot be brought to version {version}: {source}")]
    Migration {
        /// The version that was to be reached.
        version: usize,
        source: rusqlite::Error,
    },
    /// SQLite could not open or read it.
    #[error("cannot open the ledger `{}`: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl OpenError {
    /// What the system said about the file at `path`.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::no_room(path),
            _ => Self::File { path: path.to_owned(), source },
        }
    }

    /// What SQLite said about the ledger at `path`.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotALedger { path: path.to_owned() },
            Some(ErrorCode::DiskFull) => Self::no_room(path),
            // So it says where there is no room for its shared memory.
            Some(ErrorCode::SystemIoFailure) if disk::is_full(path) => Self::no_room(path),
            _ => Self::Sqlite { path: path.to_owned(), source },
        }
    }

    /// The same, but where it comes of a full disk, that.
    pub(super) fn on_the_disk_of(self, path: &Path) -> Self {
        match self {
            Self::Migration { source, .. }
                if source.sqlite_error_code() == Some(ErrorCode::DiskFull) =>
            {
                Self::no_room(path)
            }
            other => other,
        }
    }

    fn no_room(path: &Path) -> Self {
        Self::NoRoom { path: path.to_owned(), disk: disk::describe(path) }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}
