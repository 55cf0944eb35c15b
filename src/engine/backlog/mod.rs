//! The backlog: read in full once, and then kept up to date by what moves.
//!
//! - `read`: what was never read in full, or not for a day, is read in full, beside all else.
//! - `bonds`: what issues wait for, which no list shows.
//! - `recount`: what nothing tells, above all deletions, shows in the forge's own count.
//!
//! What moves comes in by webhooks and by the catch-up's search, from the moment on at which a
//! repository is watched: so nothing is missed that moves while it is read in full. A full read
//! that is broken off, by a crash or by the forge, begins anew; what it found stays.

mod bonds;
mod read;
mod recount;

use std::collections::HashSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Engine;
use super::catchup::is_away;
use super::hear::Halt;
use crate::core::backlog::{Entry, text::Reader};
use crate::core::ids::RepoId;
use crate::core::item::Item;
use crate::core::time::Timestamp;
use crate::store::{Error, Transaction, backlog, meta};

/// How far the backlog is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
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

/// Where the ledger keeps how the texts in it were read.
const READ_BY: &str = "backlog.read_by";

/// What a restocking hands on to the next.
#[derive(Default)]
struct Keeper {
    /// Repositories without dependencies.
    no_bonds: HashSet<RepoId>,
    /// When it was looked last which of the best issues were never asked for; none if it is due.
    best_at: Option<Timestamp>,
}

impl Engine {
    /// Who reads the texts of issues.
    pub fn reader(&self) -> Arc<Reader> {
        self.reader.clone()
    }

    pub(super) fn entry(&self, item: Item) -> Entry {
        Entry::read(item, &self.reader)
    }

    /// Keeps the backlog, until `stop`. It is woken by each round of the catch-up; what the forge
    /// does not let it do waits for the next.
    pub(super) async fn keep_backlog(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut keeper = Keeper::default();
        loop {
            let rung = self.stock.rung();
            let log = |progress| tracing::debug!(?progress, "backlog");
            let restocking = self.restock(&mut keeper, &log);
            match stop.run_until_cancelled(restocking).await {
                None => return Ok(()),
                Some(Ok(())) => {}
                Some(Err(Halt::Ledger(error))) => return Err(error),
                Some(Err(Halt::Forge(error) | Halt::Nameless(error))) => {
                    tracing::warn!(%error, "the backlog cannot be read now");
                }
            }
            self.stock.is_quiet_since(rung);
            if stop.run_until_cancelled(self.stock.rings()).await.is_none() {
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
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), Unread> {
        self.identity().await.map_err(Halt::Nameless)?;
        self.look_round().await?;
        Ok(self.restock(&mut Keeper::default(), progress).await?)
    }

    async fn restock(
        &self,
        keeper: &mut Keeper,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), Halt> {
        if self.read_what_is_due(progress).await? {
            keeper.best_at = None;
        }
        self.ask_for_bonds(keeper, progress).await?;
        self.recount().await
    }
}

/// Why the backlog could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unread(#[from] Halt);

/// Has all read again if texts were read by other rules than `reading`'s.
pub(super) fn mind_the_rules(tx: &Transaction<'_>, reading: &str) -> Result<(), Error> {
    if meta::get::<String>(tx, READ_BY)?.as_deref() == Some(reading) {
        return Ok(());
    }
    let all: Vec<RepoId> = backlog::stocked(tx)?.iter().map(|repo| repo.id).collect();
    backlog::read_again(tx, &all)?;
    meta::set(tx, READ_BY, &reading)
}

/// Passes on what ends all reading; what is wrong with one list or issue alone is logged.
fn bear(what: &str, outcome: Result<(), Halt>) -> Result<(), Halt> {
    match outcome {
        Err(Halt::Forge(error)) if !is_away(&error) => {
            tracing::warn!(what, %error, "its backlog cannot be read now");
            Ok(())
        }
        outcome => outcome,
    }
}
