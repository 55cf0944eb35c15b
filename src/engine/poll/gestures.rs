//! Reads from the timelines of threads what people did there without a word, and stores what may
//! mean the same as a command: what was done to the accounts of agents, and that the pull request of
//! a job was closed.
//!
//! A timeline is read where a webhook announced something, and where a poll finds that a thread looks
//! different: its assignees are in the list of what moved, requests for reviews in the list of reviews.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Poller;
use crate::core::model::account::Account;
use crate::core::model::gesture::Gesture;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::engine::context::{Context, Policy};
use crate::engine::error::EngineError;
use crate::store::tasks::{self, TaskId};
use crate::store::{Error, Transaction, cursors, inbox, jobs, repos};

/// Of so many threads it is remembered who was assigned; of one that is forgotten, the timeline is
/// read once more.
const MOST: usize = 10_000;

/// What was done so long ago nobody waits for any more: it may have been meant for somebody who was no
/// agent then.
const OLD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How a thread looks that moved, as far as gestures show.
#[derive(Debug, Clone)]
pub(super) struct MovedThread {
    thread: ThreadId,
    /// The accounts of agents that are assigned.
    assigned: BTreeSet<i64>,
    is_closed_pull: bool,
    is_open: bool,
    /// Whether the same were assigned when its gestures were read last.
    is_as_read: bool,
}

impl Poller {
    pub(super) fn looks(&self, thread: ThreadId, item: &Issue) -> MovedThread {
        let of_agents = item.assignees.iter().filter(|it| is_agents(&self.ctx.policy, it));
        let assigned: BTreeSet<i64> = of_agents.map(|account| account.id).collect();
        MovedThread {
            thread,
            is_closed_pull: item.is_pull && !item.open,
            is_open: item.open,
            is_as_read: self.assigned.get(&thread) == Some(&assigned),
            assigned,
        }
    }

    /// Remembers how threads look whose gestures are to be read, or need not be.
    pub(super) fn has_looked(&mut self, moved: Vec<MovedThread>) {
        if self.assigned.len() + moved.len() > MOST {
            self.assigned.clear();
        }
        self.assigned.extend(moved.into_iter().map(|moved| (moved.thread, moved.assigned)));
    }
}

impl MovedThread {
    /// Has the gestures read that were made at `since` or later, if there may be any.
    pub(super) fn read_if_different(
        &self,
        tx: &Transaction<'_>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let may_matter = !self.assigned.is_empty() || !self.is_as_read || self.is_closed_pull;
        if !may_matter {
            return Ok(());
        }
        let is_at_work = jobs::live_in(tx, self.thread)?.is_some()
            || jobs::live_review_in(tx, self.thread)?.is_some();
        let is_wanted = match (self.is_open, self.assigned.is_empty()) {
            (false, _) => self.is_closed_pull && is_at_work,
            (true, true) => is_at_work && !self.is_as_read,
            // Who was taken off and assigned again looks as before.
            (true, false) => !is_at_work || !self.is_as_read,
        };
        match is_wanted {
            true => tasks::read_gestures(tx, self.thread, since, (false, now)),
            false => Ok(()),
        }
    }
}

/// Whether an account is that of an agent.
pub(super) fn is_agents(policy: &Policy, account: &Account) -> bool {
    policy.agents.iter().any(|agent| account.is(&agent.account))
}

/// One try at a task to read what was done in `thread` at `since` or later. What was done before the
/// repository was watched is none of timmy's business.
pub(in crate::engine) async fn run_task(
    ctx: &Context,
    id: TaskId,
    thread: ThreadId,
    since: Timestamp,
) -> Result<(), EngineError> {
    if !ctx.policy.agents.is_empty() {
        read_gestures(ctx, thread, since).await?;
    }
    Ok(ctx.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await?)
}

/// Stores what was done in `thread` at `since` or later.
pub(super) async fn read_gestures(
    ctx: &Context,
    thread: ThreadId,
    since: Timestamp,
) -> Result<(), EngineError> {
    let known = ctx.ledger.read(move |conn| {
        Ok((repos::name(conn, thread.repo)?, cursors::watched(conn, thread.repo)?))
    });
    let (repo, watched) = known.await?;
    let Some(repo) = repo.filter(|repo| ctx.policy.watch.covers(&repo.name)) else { return Ok(()) };
    // A webhook may be faster than the first look at its repository.
    let first = watched.map(|watched| watched.since);
    let since = first.map_or(since, |first| first.max(since)).max(ctx.now().before(OLD));
    let made = ctx.gitea.gestures_since(&repo.name, thread.number, since).await?;
    let of_agents = made.into_iter().filter(|made| match &made.gesture {
        Gesture::Closed => made.is_pull,
        other => other.account().is_some_and(|account| is_agents(&ctx.policy, account)),
    });
    let made: Vec<_> = of_agents.filter(|made| made.at >= since).collect();
    if made.is_empty() {
        return Ok(());
    }
    let now = ctx.now();
    let write = ctx.ledger.write(move |tx| {
        for made in made {
            if made.gesture == Gesture::Closed && jobs::live_in(tx, thread)?.is_none() {
                continue;
            }
            let gesture = InboundText::of_gesture(repo.clone(), thread.number, made);
            inbox::insert(tx, &gesture, now)?;
        }
        Ok(())
    });
    write.await?;
    ctx.stored.notify();
    Ok(())
}
