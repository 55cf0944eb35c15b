//! Readers beside the writer: each read sees one snapshot of the ledger.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::{Error, OpenError};
use super::open;
use super::writer::message;

/// Reads a ledger. Cheap to clone; needs a tokio runtime.
#[derive(Debug, Clone)]
pub struct Readers {
    pool: Arc<ReaderPool>,
}

#[derive(Debug)]
struct ReaderPool {
    path: PathBuf,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// How many reads run at a time: more would wait for the disk, not for each other.
    pub const AT_ONCE: usize = 4;

    /// Opens the first connection, so that a ledger that cannot be read is found now.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let first = open::reader(path)?;
        let pool = ReaderPool {
            path: path.to_owned(),
            turns: Arc::new(Semaphore::new(Self::AT_ONCE)),
            idle: Mutex::new(vec![first]),
        };
        Ok(Self { pool: Arc::new(pool) })
    }

    /// Runs `look` on a thread that may block. It sees the ledger as it is when it begins,
    /// with every write whose future has resolved, and no change while it runs.
    pub async fn read<T, F>(&self, look: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let turn = Arc::clone(&self.pool.turns).acquire_owned().await.map_err(|_| Error::Closed)?;
        let pool = Arc::clone(&self.pool);
        let read = spawn_blocking(move || {
            // Held here, not by the caller: a read that nobody waits for still takes its turn.
            let _turn = turn;
            pool.read(look)
        });
        read.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => Err(Error::Panicked(message(&*panic))),
            Err(_) => Err(Error::Closed),
        })
    }
}

impl ReaderPool {
    fn read<T>(&self, look: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open::reader(&self.path).map_err(Box::new)?,
        };
        let seen = look_at_snapshot(&mut conn, look);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        seen
    }
}

fn look_at_snapshot<T>(
    conn: &mut Connection,
    look: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let snapshot = conn.transaction()?;
    look(&snapshot)
}
