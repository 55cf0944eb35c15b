//! Whether an open ledger can be written: its files are where they were, and the disk takes what
//! is written.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk;
use super::placement::{Displaced, LedgerPlace};

/// What writer, listener and engine know of it together.
#[derive(Debug)]
pub(super) struct LedgerCondition {
    path: PathBuf,
    placement: LedgerPlace,
    /// Why the last write failed, if it may succeed later.
    failing: Mutex<Option<String>>,
}

impl LedgerCondition {
    /// Of the ledger at `path`, whose files lie so.
    pub(super) fn new(path: PathBuf, placement: LedgerPlace) -> Self {
        Self { path, placement, failing: Mutex::default() }
    }

    /// Whether what is written now could be found again.
    pub(super) fn check(&self) -> Result<(), Displaced> {
        self.placement.check()
    }

    /// What keeps it from being written, in a sentence.
    pub(super) fn problem(&self) -> Option<String> {
        match self.check() {
            Err(displaced) => Some(format!("the ledger {displaced}")),
            Ok(()) => self.failing().clone(),
        }
    }

    /// A write failed, with an error that may pass. Said once, until one succeeds.
    pub(super) fn failed(&self, error: &str) {
        let mut failing = self.failing();
        if failing.is_none() {
            let (path, disk) = (self.path.display(), disk::describe(&self.path));
            let problem = format!("the ledger `{path}` cannot be written, on {disk}: {error}");
            tracing::error!(
                "{problem}. Make room there; until then webhooks are answered 503, nothing is \
                 done, and it is tried again"
            );
            *failing = Some(problem);
        }
    }

    /// A write succeeded.
    pub(super) fn written(&self) {
        if self.failing().take().is_some() {
            tracing::info!("the ledger can be written again");
        }
    }

    fn failing(&self) -> MutexGuard<'_, Option<String>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
