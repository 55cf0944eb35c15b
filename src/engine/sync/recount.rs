//! Detects missed deletions by comparing issue counts with Gitea.

use super::BacklogSync;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::engine::error::EngineError;
use crate::gitea::IssueList;
use crate::store::{backlog, meta};

impl BacklogSync {
    /// Compares the forge's counts with the ledger's as often as edits are looked for. Where they
    /// differ otherwise than after the last full read, it is read in full again.
    pub(super) async fn recount(&self) -> Result<(), EngineError> {
        let (now, every) = (self.ctx.now(), self.ctx.policy.poll.sweep);
        let last = self.ctx.ledger.read(|conn| meta::get(conn, meta::BACKLOG_COUNTED_AT)).await?;
        if last.is_some_and(|last| !last.is_over(every, now)) {
            return Ok(());
        }
        if last.is_some() {
            let kept = self.ctx.ledger.read(backlog::tracked).await?;
            let surplus =
                self.ctx.ledger.read(|conn| meta::get(conn, meta::BACKLOG_SURPLUS)).await?;
            let surplus = surplus.unwrap_or_default();
            for (list, repos) in self.whole_lists(&kept) {
                let before = surplus.get(&key(&list)).copied().unwrap_or_default();
                let compared = self.compare(&list, &repos, before).await;
                self.skip_unreadable(&list.to_string(), compared).await?;
            }
        }
        let write = self.ctx.ledger.write(move |tx| {
            backlog::recheck_untracked(tx)?;
            backlog::forget_old_participants(tx, now)?;
            meta::set(tx, meta::BACKLOG_COUNTED_AT, &now)
        });
        Ok(write.await?)
    }

    async fn compare(
        &self,
        list: &IssueList,
        repos: &[Repo],
        before: i64,
    ) -> Result<(), EngineError> {
        if self.surplus(list, repos).await?.is_none_or(|surplus| surplus == before) {
            return Ok(());
        }
        tracing::info!(%list, "issue count differs: backlog will be synced again");
        let repos = ids(repos);
        self.ctx.ledger.write(move |tx| backlog::read_again(tx, &repos)).await?;
        self.ctx.moved.notify();
        Ok(())
    }

    /// Whether the forge, asked for itself, counts as the ledger does. If this is the `last` word,
    /// what it counts more is remembered as being in order.
    pub(super) async fn agrees(
        &self,
        list: &IssueList,
        repos: &[Repo],
        last: bool,
    ) -> Result<bool, EngineError> {
        let surplus = self.surplus(list, repos).await?.unwrap_or_default();
        if surplus == 0 || last {
            self.remember(list, surplus).await?;
        }
        Ok(surplus == 0 || last)
    }

    /// How many more threads the forge counts than are in the backlog, if it counts.
    async fn surplus(&self, list: &IssueList, repos: &[Repo]) -> Result<Option<i64>, EngineError> {
        let Some(total) = self.ctx.gitea.count_open(list).await? else { return Ok(None) };
        let repos = ids(repos);
        let known = self.ctx.ledger.read(move |conn| backlog::count_open(conn, &repos)).await?;
        Ok(Some(i64::try_from(total).unwrap_or(i64::MAX).saturating_sub(i64::from(known))))
    }

    /// So many more the forge counts after a full read.
    pub(super) async fn remember(&self, list: &IssueList, surplus: i64) -> Result<(), EngineError> {
        let key = key(list);
        let write = self.ctx.ledger.write(move |tx| {
            let mut all = meta::get(tx, meta::BACKLOG_SURPLUS)?.unwrap_or_default();
            let before = if surplus == 0 { all.remove(&key) } else { all.insert(key, surplus) };
            if before.unwrap_or_default() == surplus {
                return Ok(());
            }
            meta::set(tx, meta::BACKLOG_SURPLUS, &all)
        });
        Ok(write.await?)
    }
}

fn key(list: &IssueList) -> String {
    list.to_string().to_ascii_lowercase()
}

fn ids(repos: &[Repo]) -> Vec<RepoId> {
    repos.iter().map(|repo| repo.id).collect()
}
