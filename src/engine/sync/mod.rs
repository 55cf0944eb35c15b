//! Backlog sync: one full read of the open issues, then only what moves.
//!
//! - `full_read`: what was never read in full, or not for a day, is read in full, beside all else.
//! - `dependencies`: what issues wait for, which no list shows.
//! - `templates`: what issues say that nobody wrote.
//! - `writers`: whose pull requests keep issues back.
//! - `recount`: finds missed changes, above all deletions, by comparing counts with Gitea.
//!
//! What moves comes in by webhooks and by the catch-up's search, from the moment on at which a
//! repository is watched: so nothing is missed that moves while it is read in full. A full read
//! that is broken off, by a crash or by the forge, begins anew; what it found stays.

mod dependencies;
mod full_read;
mod recount;
pub(super) mod templates;
mod writers;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::activity::Loop;
use super::context::Context;
use super::error::EngineError;
use super::incidents::Incidents;
use super::planner::Planner;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::core::scheduling::text::TextReader;
use crate::store::{Error, Transaction, backlog, meta};

/// The state of the first read of the backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncProgress {
    /// Issues and pull requests are read.
    Reading {
        read: usize,
        /// Of so many, where the forge counts; more if other repositories follow.
        of: Option<usize>,
    },
    /// It is asked what issues wait for.
    Asking {
        /// Threads whose dependencies are read so far.
        asked: usize,
        of: usize,
    },
}

/// What one round hands on to the next.
#[derive(Default)]
struct SyncState {
    /// Repositories in which dependencies are switched off.
    without_dependencies: HashSet<RepoId>,
    /// The issues whose dependencies cannot be read, and why.
    unreadable: BTreeMap<ThreadId, String>,
    /// Where there are such, and how many, as it was told last.
    told: BTreeMap<RepoId, usize>,
    /// When it was looked last which of the best issues were never asked for; none if it is due.
    best_at: Option<Timestamp>,
    /// Where it was due to ask who may write, when the best issues were looked at last.
    due_writers: HashMap<RepoId, Timestamp>,
}

pub(super) struct BacklogSync {
    ctx: Context,
    incidents: Arc<Incidents>,
    planner: Arc<Planner>,
    reader: Arc<TextReader>,
    state: SyncState,
}

impl BacklogSync {
    pub(super) fn new(
        ctx: &Context,
        incidents: Arc<Incidents>,
        planner: Arc<Planner>,
        reader: Arc<TextReader>,
    ) -> Self {
        Self { ctx: ctx.for_background(), incidents, planner, reader, state: SyncState::default() }
    }

    /// Whether it is to be looked again which issues are the best: each answer moves others up, so
    /// that is done only now and then.
    fn is_time_for_the_best(&self) -> bool {
        let (now, every) = (self.ctx.now(), self.ctx.policy.poll.sweep);
        self.state.best_at.is_none_or(|last| last.is_over(every, now))
    }

    fn entry(&self, repo: RepoId, item: Issue) -> BacklogEntry {
        BacklogEntry::read(repo, item, &self.reader)
    }

    /// Works until `stop`. It is woken by each round of polling; what the forge does not let it do
    /// waits for the next.
    pub(super) async fn run(mut self, mut at: Loop, stop: &CancellationToken) -> Result<(), Error> {
        let log = |progress| tracing::debug!(?progress, "backlog");
        let (clock, moved) = (self.ctx.clock.clone(), self.ctx.moved.clone());
        loop {
            match stop.run_until_cancelled(self.sync(&log)).await {
                None => return Ok(()),
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    let error = error.of_forge()?;
                    tracing::warn!(%error, "backlog cannot be synced now");
                }
            }
            let rest = at.rest(&*clock, None, Some(&moved));
            if stop.run_until_cancelled(rest).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Brings the backlog up to date once: all of what is watched for the first time, of the rest
    /// what moved, and what the best of it waits for.
    pub(super) async fn sync(
        &mut self,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        if self.read_what_is_due(progress).await? {
            self.state.best_at = None;
        }
        if self.read_due_templates().await? {
            self.read_what_is_due(progress).await?;
        }
        self.read_due_writers(self.is_time_for_the_best()).await?;
        self.read_due_dependencies(progress).await?;
        self.recount().await
    }

    /// Passes on what ends all reading; what is wrong with one list or issue alone is logged.
    async fn skip_unreadable(
        &self,
        what: &str,
        outcome: Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        match outcome {
            Err(error) if error.is_about_one(&self.ctx.gitea).await => {
                tracing::warn!(what, %error, "backlog cannot be synced now");
                Ok(())
            }
            outcome => outcome,
        }
    }
}

/// Has all read again if texts were read by other rules than `reading`'s.
pub(super) fn resync_if_rules_changed(tx: &Transaction<'_>, reading: &str) -> Result<(), Error> {
    if meta::get(tx, meta::BACKLOG_RULES)?.as_deref() == Some(reading) {
        return Ok(());
    }
    let all: Vec<RepoId> = backlog::tracked(tx)?.iter().map(|repo| repo.id).collect();
    backlog::read_again(tx, &all)?;
    meta::set(tx, meta::BACKLOG_RULES, &reading.to_owned())
}

/// How far behind a mark is looked: what is stamped with a time is seen a little later, when it
/// is committed, and the clocks of a forge's machines differ a little.
pub(super) const OVERLAP: Duration = Duration::from_secs(120);
