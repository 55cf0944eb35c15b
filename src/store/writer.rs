//! The one thread that writes: it commits all the transactions that wait as one (group commit).
//!
//! A durable commit costs a flush of the disk, however much it holds. While one flush runs,
//! the next transactions gather; the next commit takes them all.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior, ffi};
use tokio::sync::{mpsc, oneshot};

use super::condition::LedgerCondition;
use super::error::Error;
use super::placement::Displaced;

/// How many transactions one commit takes at most: bounds how long the first of them waits.
const BATCH: usize = 512;

/// How many may wait. Whoever comes then waits for a place.
pub(super) const QUEUE: usize = 4 * BATCH;

/// How a commit ended for all of its batch.
type Committed = Result<(), NotCommitted>;

/// Why nothing of a batch is in the ledger.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum NotCommitted {
    #[error(transparent)]
    Sqlite(Arc<rusqlite::Error>),
    #[error(transparent)]
    Displaced(#[from] Displaced),
}

impl From<rusqlite::Error> for NotCommitted {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<NotCommitted> for Error {
    fn from(why: NotCommitted) -> Self {
        match why {
            NotCommitted::Sqlite(error) => Self::Commit(error),
            NotCommitted::Displaced(displaced) => Self::Displaced(displaced),
        }
    }
}

/// A transaction that waits for its turn.
pub(super) trait QueuedWrite: Send {
    /// Does the work. Whether it succeeded; if not, nothing of it may stay.
    fn run(&mut self, tx: &Transaction<'_>) -> bool;
    /// Notifies the caller, once it is known whether the batch is on the disk; tells `condition`
    /// what that shows of the disk.
    fn answer(self: Box<Self>, committed: &Committed, condition: &LedgerCondition);
}

/// Makes a [`QueuedWrite`] of a closure; the answer arrives at the receiver.
pub(super) fn job<T, F>(work: F) -> (Box<dyn QueuedWrite>, oneshot::Receiver<Result<T, Error>>)
where
    T: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    (Box::new(WriteRequest { work: Some(work), outcome: None, caller }), answer)
}

struct WriteRequest<T, F> {
    /// Taken when it runs.
    work: Option<F>,
    /// Set when it ran.
    outcome: Option<Result<T, Error>>,
    caller: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> QueuedWrite for WriteRequest<T, F>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> Result<T, Error> + Send,
{
    fn run(&mut self, tx: &Transaction<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        // Nothing that the closure may have left half done is looked at again: what it wrote
        // is rolled back, what it owned is gone.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|panic| Err(Error::Panicked(message(&*panic))));
        self.outcome.insert(outcome).is_ok()
    }

    fn answer(self: Box<Self>, committed: &Committed, condition: &LedgerCondition) {
        let answer = match (self.outcome, committed) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.clone().into()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(Error::Closed),
        };
        match &answer {
            Ok(_) => condition.written(),
            Err(error) if error.is_passing() => condition.failed(&error.to_string()),
            Err(_) => {}
        }
        // A caller that went away does not undo the write.
        let _ = self.caller.send(answer);
    }
}

/// Writes what comes through `queue` until every sender is gone; then leaves a tidy file.
pub(super) fn run(
    mut conn: Connection,
    mut queue: mpsc::Receiver<Box<dyn QueuedWrite>>,
    condition: &LedgerCondition,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        // What is written into a file that is gone is acknowledged, and lost.
        let committed = condition.check().map_err(NotCommitted::from);
        let committed = committed.and_then(|()| Ok(commit(&mut conn, &mut batch)?));
        if let Err(error) = committed.clone().map_err(Error::from)
            && !error.is_passing()
        {
            tracing::error!(%error, writes = batch.len(), "the ledger could not commit");
        }
        for job in batch.drain(..) {
            job.answer(&committed, condition);
        }
    }
    close(conn);
}

fn commit(conn: &mut Connection, batch: &mut [Box<dyn QueuedWrite>]) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Alone, a job needs no savepoint: the transaction itself is its own.
    if let [job] = batch {
        return if job.run(&tx) { tx.commit() } else { tx.finish() };
    }
    for job in batch {
        tx.prepare_cached("SAVEPOINT job")?.execute([])?;
        if !job.run(&tx) {
            still_open(&tx)?;
            tx.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        tx.prepare_cached("RELEASE job")?.execute([])?;
    }
    tx.commit()
}

/// When the disk or the memory is full, SQLite rolls back the whole transaction, not the
/// savepoint alone. Whoever went on would begin another one without knowing.
fn still_open(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    if tx.is_autocommit() {
        let code = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
        let reason = "another write of the batch ran out of disk or memory".to_owned();
        return Err(rusqlite::Error::SqliteFailure(code, Some(reason)));
    }
    Ok(())
}

fn close(conn: Connection) {
    if let Err(error) = conn.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(%error, "the ledger was closed without a checkpoint; nothing is lost");
    }
    if let Err((_, error)) = conn.close() {
        tracing::warn!(%error, "the ledger did not close cleanly; nothing is lost");
    }
}

pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
