//! Backlog sync: one full read of the open issues, then only what moves.
//!
//! - `read`: what was never read in full, or not for a day, is read in full, beside all else.
//! - `bonds`: what issues wait for, which no list shows.
//! - `recount`: what nothing tells, above all deletions, shows in the forge's own count.
//!
//! What moves comes in by webhooks and by the catch-up's search, from the moment on at which a
//! repository is watched: so nothing is missed that moves while it is read in full. A full read
//! that is broken off, by a crash or by the forge, begins anew; what it found stays.

mod dependencies;
mod full_read;
mod recount;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Engine;
use super::inbox::EngineError;
use super::retry::is_unavailable;
use crate::core::model::ids::RepoId;
use crate::core::model::issue::Issue;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::core::scheduling::text::TextReader;
use crate::store::{Error, Transaction, backlog, meta};

/// How far the backlog is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncProgress {
    /// Issues and pull requests are read.
    Reading {
        /// So many so far.
        read: usize,
        /// Of so many, where the forge counts; more if other repositories follow.
        of: Option<usize>,
    },
    /// It is asked what issues wait for.
    Asking {
        /// So many so far.
        asked: usize,
        /// Of so many.
        of: usize,
    },
}

/// What a restocking hands on to the next.
#[derive(Default)]
struct SyncState {
    /// Repositories without dependencies.
    no_bonds: HashSet<RepoId>,
    /// When it was looked last which of the best issues were never asked for; none if it is due.
    best_at: Option<Timestamp>,
}

impl Engine {
    /// Who reads the texts of issues.
    pub fn reader(&self) -> Arc<TextReader> {
        self.reader.clone()
    }

    pub(super) fn entry(&self, item: Issue) -> BacklogEntry {
        BacklogEntry::read(item, &self.reader)
    }

    /// Keeps the backlog, until `stop`. It is woken by each round of the catch-up; what the forge
    /// does not let it do waits for the next.
    pub(super) async fn run_sync(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut keeper = SyncState::default();
        loop {
            let generation = self.sync_wakeup.generation();
            let log = |progress| tracing::debug!(?progress, "backlog");
            let restocking = self.sync(&mut keeper, &log);
            match stop.run_until_cancelled(restocking).await {
                None => return Ok(()),
                Some(Ok(())) => {}
                Some(Err(EngineError::Ledger(error))) => return Err(error),
                Some(Err(EngineError::Forge(error) | EngineError::Nameless(error))) => {
                    tracing::warn!(%error, "backlog cannot be synced now");
                }
            }
            self.sync_wakeup.is_quiet_since(generation);
            if stop.run_until_cancelled(self.sync_wakeup.notified()).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Brings the backlog up to date once: all of what is watched for the first time, of the rest
    /// what moved, and what the best of it waits for. For a command that runs without the loops.
    ///
    /// From this moment on the repositories count as watched: what people say there is heard when
    /// the loops run.
    ///
    /// # Errors
    /// Whatever the forge or the ledger refuse; what was read so far is kept.
    pub async fn read_backlog(
        &self,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<(), NotSynced> {
        self.identity().await.map_err(EngineError::Nameless)?;
        self.poll_once().await?;
        Ok(self.sync(&mut SyncState::default(), progress).await?)
    }

    async fn sync(
        &self,
        keeper: &mut SyncState,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        if self.read_what_is_due(progress).await? {
            keeper.best_at = None;
        }
        self.read_due_dependencies(keeper, progress).await?;
        self.recount().await
    }
}

/// Why the backlog could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotSynced(#[from] EngineError);

/// Has all read again if texts were read by other rules than `reading`'s.
pub(super) fn resync_if_rules_changed(tx: &Transaction<'_>, reading: &str) -> Result<(), Error> {
    if meta::get(tx, meta::BACKLOG_RULES)?.as_deref() == Some(reading) {
        return Ok(());
    }
    let all: Vec<RepoId> = backlog::tracked(tx)?.iter().map(|repo| repo.id).collect();
    backlog::read_again(tx, &all)?;
    meta::set(tx, meta::BACKLOG_RULES, &reading.to_owned())
}

/// Passes on what ends all reading; what is wrong with one list or issue alone is logged.
fn bear(what: &str, outcome: Result<(), EngineError>) -> Result<(), EngineError> {
    match outcome {
        Err(EngineError::Forge(error)) if !is_unavailable(&error) => {
            tracing::warn!(what, %error, "backlog cannot be synced now");
            Ok(())
        }
        outcome => outcome,
    }
}

/// How far behind a mark is looked: what is stamped with a time is seen a little later, when it
/// is committed, and the clocks of a forge's machines differ a little.
pub(super) const OVERLAP: Duration = Duration::from_secs(120);
