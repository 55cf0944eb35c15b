//! Asks who may write where, if it matters: whether a pull request keeps one of the best issues
//! back.

use std::collections::BTreeSet;

use super::dependencies::MOST;
use super::{BacklogSync, OVERLAP};
use crate::core::model::ids::RepoId;
use crate::core::scheduling::IssueFacts;
use crate::engine::error::EngineError;
use crate::engine::sync::full_read::STALE;
use crate::gitea;
use crate::store::{backlog, repos};

impl BacklogSync {
    /// Asks where the best issues are that somebody unknown says to close. `anew`: even if nothing
    /// of that moved since it was looked at last; then others may be among the best.
    pub(super) async fn read_due_writers(&mut self, anew: bool) -> Result<(), EngineError> {
        let stale = self.ctx.now().before(STALE);
        let due = self.ctx.ledger.read(move |conn| backlog::writers::due(conn, stale)).await?;
        if due.is_empty() || (!anew && due == self.state.due_writers) {
            return Ok(());
        }
        for repo in self.best_with_pulls().await? {
            if due.contains_key(&repo) {
                let read = self.read_writers_of(repo).await;
                let what = format!("writers of repository {}", repo.0);
                self.skip_unreadable(&what, read).await?;
            }
        }
        self.state.due_writers = due;
        Ok(())
    }

    /// The repositories of the best issues that pull requests are to close.
    async fn best_with_pulls(&self) -> Result<BTreeSet<RepoId>, EngineError> {
        let _turn = self.planner.turn().await;
        let judged = self.planner.ranking().await?;
        let best = judged.ranking.foremost(MOST);
        let has_pulls = |facts: &IssueFacts| !facts.pulls.is_empty();
        let best = best.into_iter().filter(|thread| judged.facts(*thread).is_some_and(has_pulls));
        Ok(best.map(|thread| thread.repo).collect())
    }

    /// The list says too much, which costs an order here and no right.
    async fn read_writers_of(&self, id: RepoId) -> Result<(), EngineError> {
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, id)).await?;
        let Some(repo) = repo else { return Ok(()) };
        let writers = match self.ctx.gitea.assignable(&repo.name).await {
            Err(gitea::Error::NotFound { .. } | gitea::Error::Forbidden { .. }) => Vec::new(),
            writers => writers?,
        };
        let ids: BTreeSet<i64> = writers.into_iter().map(|account| account.id).collect();
        // The forge's clock may be behind: what came a moment ago is looked into once more.
        let at = self.ctx.now().before(OVERLAP);
        let write = self.ctx.ledger.write(move |tx| backlog::writers::keep(tx, id, &ids, at));
        Ok(write.await?)
    }
}
