//! The handle of an open ledger.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Transaction};
use tokio::sync::mpsc;

use super::condition::LedgerCondition;
use super::error::{Error, OpenError};
use super::lock::Lock;
use super::open;
use super::placement::{Displaced, LedgerPlace};
use super::reader::Readers;
use super::writer::{self, QueuedWrite};

/// timmy's memory, open for writing by this process alone. Cheap to clone.
///
/// When the last clone is dropped, what waits is still written, the log is folded into the
/// file, and the lock is released; that takes as long as a commit.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Dropped first: whoever closes the file last can fold its log away.
    readers: Readers,
    condition: Arc<LedgerCondition>,
    writing: Arc<Writing>,
}

#[derive(Debug)]
struct Writing {
    /// `None` only while it is being closed.
    queue: Option<mpsc::Sender<Box<dyn QueuedWrite>>>,
    thread: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Opens the ledger at `path`, or creates it (readable by this account only; its directory
    /// must exist), and brings its schema up to date.
    ///
    /// # Errors
    /// When another process has it open, when the file is something else or was written by a
    /// newer timmy, and whatever the system or SQLite refuse. Then nothing has changed, but
    /// for migrations that were already applied.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let (asked, path) = (path.as_ref(), open::resolve(path.as_ref())?);
        let lock = Lock::take(&path)?;
        let conn = open::writer(&path)?;
        let readers = Readers::open(&path)?;
        let failed = |source| OpenError::file(&path, source);
        let placement = LedgerPlace::find(asked, &path).map_err(failed)?;
        lock.sign_for(placement.id()).map_err(failed)?;
        let condition = Arc::new(LedgerCondition::new(path.clone(), placement));
        let (queue, waiting) = mpsc::channel(writer::QUEUE);
        let known = Arc::clone(&condition);
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                writer::run(conn, waiting, &known);
                drop(lock);
            })
            .map_err(failed)?;
        let writing = Writing { queue: Some(queue), thread: Some(thread) };
        Ok(Self { readers, condition, writing: Arc::new(writing) })
    }

    /// Opens the ledger at `path` for reading, also while another process writes it.
    ///
    /// # Errors
    /// As [`Ledger::open`], without the lock; also when it does not exist or is older than
    /// this program, since a reader cannot migrate it.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Readers, OpenError> {
        Readers::open(&open::resolve(path.as_ref())?)
    }

    /// Runs `work` in a transaction and resolves once that is on the disk.
    ///
    /// All of `work` is written, or, if it returns an error, panics, or cannot be committed,
    /// nothing. Transactions run one after the other, in the order in which they were queued.
    /// `work` runs on the writer's thread and keeps all others waiting: it should touch the
    /// ledger and nothing else. The future does nothing before it is polled; it waits while
    /// too many others wait; dropping it later does not undo the write.
    ///
    /// # Errors
    /// What `work` returned; [`Error::Panicked`]; [`Error::Commit`] if the disk failed;
    /// [`Error::Displaced`] if the ledger does not lie where it was any more.
    pub fn write<T, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, Error>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    {
        // Holding this, not the queue alone, keeps the ledger open until the answer is there.
        let writing = Arc::clone(&self.writing);
        async move {
            let (job, answer) = writer::job(work);
            let queue = writing.queue.as_ref().ok_or(Error::Closed)?;
            queue.send(job).await.map_err(|_| Error::Closed)?;
            answer.await.map_err(|_| Error::Closed)?
        }
    }

    /// See [`Readers::read`].
    pub async fn read<T, F>(&self, look: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        self.readers.read(look).await
    }

    /// Whether the files of the ledger still lie where a restart would look for them.
    ///
    /// # Errors
    /// What became of them: then nothing is written any more.
    pub fn check_place(&self) -> Result<(), Displaced> {
        self.condition.check()
    }

    /// What keeps the ledger from being written now, in a sentence; none if nothing is known.
    pub fn problem(&self) -> Option<String> {
        self.condition.problem()
    }

    /// A handle that can only read. It does not keep the ledger open for writing.
    pub fn readers(&self) -> Readers {
        self.readers.clone()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        drop(self.queue.take());
        let Some(thread) = self.thread.take() else { return };
        // The last handle can be one that a transaction owned: then this is that thread.
        if thread.thread().id() != thread::current().id() && thread.join().is_err() {
            tracing::error!("the ledger's thread panicked");
        }
    }
}
