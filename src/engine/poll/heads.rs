//! Has the heads of open pull requests looked at, whatever moved: no delivery and no search tells of a
//! status that somebody posted in timmy's name.

use super::Poller;
use crate::core::model::ids::RepoId;
use crate::engine::error::EngineError;
use crate::store::backlog;
use crate::store::tasks::{self, ScheduledTask};

/// How many are looked at each time, those that moved last: two requests each, where all is well.
const MOST: u32 = 100;

impl Poller {
    /// Schedules a look at each where agents may work, unless one waits already.
    pub(super) async fn look_at_heads(&self) -> Result<(), EngineError> {
        let now = self.ctx.now();
        let watched = self.listed.repos.values();
        let watched = watched.filter(|repo| self.ctx.policy.lets_agents_work(repo));
        let repos: Vec<RepoId> = watched.map(|repo| repo.id).collect();
        let write = self.ctx.ledger.write(move |tx| {
            let look = ScheduledTask::SayVerdict { since: now };
            let pulls = backlog::open_pulls(tx, &repos, MOST)?;
            pulls.into_iter().try_for_each(|pull| tasks::set_if_none(tx, pull, &look, now))
        });
        write.await?;
        self.ctx.stored.notify();
        Ok(())
    }
}
