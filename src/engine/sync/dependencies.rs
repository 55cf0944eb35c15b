//! Reads dependencies issue by issue: no list of Gitea's shows them.

use std::collections::{BTreeMap, HashSet};

use super::{BacklogSync, SyncProgress, SyncState};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::engine::error::EngineError;
use crate::engine::retry::{answers, is_unavailable};
use crate::gitea;
use crate::store::{backlog, repos};

/// How many issues are asked for at once, and how many of the best are asked for at all before
/// they move.
pub(super) const MOST: usize = 200;

impl BacklogSync {
    /// Asks what issues wait for: those that moved, and the best of those never asked for.
    pub(super) async fn read_due_dependencies(
        &mut self,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<(), EngineError> {
        let moved = self.ctx.ledger.read(|conn| backlog::to_ask(conn, MOST as u32)).await?;
        let mut threads = moved;
        let mut met: HashSet<ThreadId> = threads.iter().copied().collect();
        threads
            .extend(self.best_without_dependencies().await?.into_iter().filter(|t| met.insert(*t)));
        threads.truncate(MOST);
        let of = threads.len();
        for (nth, thread) in threads.into_iter().enumerate() {
            self.read_dependencies_of(thread).await?;
            progress(SyncProgress::Asking { asked: nth + 1, of });
        }
        self.tell_what_is_unreadable().await
    }

    /// One incident for each repository, as long as there is anything unreadable in it.
    async fn tell_what_is_unreadable(&mut self) -> Result<(), EngineError> {
        let SyncState { unreadable, told, .. } = &mut self.state;
        if unreadable.is_empty() && told.is_empty() {
            return Ok(());
        }
        let threads: Vec<ThreadId> = unreadable.keys().copied().collect();
        let open = self.ctx.ledger.read(move |conn| backlog::titles(conn, &threads)).await?;
        unreadable.retain(|thread, _| open.contains_key(thread));
        let mut present: BTreeMap<RepoId, usize> = BTreeMap::new();
        for thread in unreadable.keys() {
            *present.entry(thread.repo).or_default() += 1;
        }
        for (repo, count) in &present {
            let first = unreadable.iter().find(|(thread, _)| thread.repo == *repo);
            if let Some((thread, error)) = first.filter(|_| told.get(repo) != Some(count)) {
                let at = (*repo, thread.number);
                self.incidents.dependencies_unreadable(at, count - 1, error).await;
            }
        }
        for repo in told.keys().filter(|repo| !present.contains_key(repo)) {
            self.incidents.dependencies_read(*repo).await;
        }
        *told = present;
        Ok(())
    }

    /// The best issues that may be handed out, or might if they did not wait for others, as far as
    /// they were never asked for. Each answer moves others up, so these are looked for only now
    /// and then.
    async fn best_without_dependencies(&mut self) -> Result<Vec<ThreadId>, EngineError> {
        if !self.is_time_for_the_best() {
            return Ok(Vec::new());
        }
        let best = {
            let _turn = self.planner.turn().await;
            self.planner.ranking().await?.ranking.promising(MOST)
        };
        let unasked = self.ctx.ledger.read(move |conn| backlog::unasked(conn, &best)).await?;
        self.state.best_at = Some(self.ctx.now());
        Ok(unasked)
    }

    async fn read_dependencies_of(&mut self, thread: ThreadId) -> Result<(), EngineError> {
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
        let Some(repo) = repo else { return Ok(()) };
        let now = self.ctx.now();
        if self.state.without_dependencies.contains(&thread.repo) {
            return Ok(self
                .ctx
                .ledger
                .write(move |tx| backlog::dependencies_unknown(tx, thread, now))
                .await?);
        }
        match self.ctx.gitea.blockers(&repo.name, thread.number).await {
            Ok(waits) => {
                self.state.unreadable.remove(&thread);
                let write = self.ctx.ledger.write(move |tx| backlog::bind(tx, thread, &waits, now));
                Ok(write.await?)
            }
            // The issue is gone, or the repository keeps no dependencies.
            Err(gitea::Error::NotFound { .. }) => {
                self.state.unreadable.remove(&thread);
                let looked = self.look_at(thread).await;
                self.skip_unreadable(&format!("{thread:?}"), looked).await?;
                let is_there = self
                    .ctx
                    .ledger
                    .write(move |tx| {
                        backlog::dependencies_unknown(tx, thread, now)?;
                        Ok(!backlog::titles(tx, &[thread])?.is_empty())
                    })
                    .await?;
                if is_there {
                    self.state.without_dependencies.insert(thread.repo);
                }
                Ok(())
            }
            Err(error) if is_unavailable(&error) && !answers(&self.ctx.gitea).await => {
                Err(error.into())
            }
            // Asked again when it moves, and now and then.
            Err(error) => {
                tracing::warn!(?thread, %error, "dependencies cannot be read");
                self.state.unreadable.insert(thread, error.to_string());
                let write = self
                    .ctx
                    .ledger
                    .write(move |tx| backlog::dependencies_unreadable(tx, thread, now));
                Ok(write.await?)
            }
        }
    }
}
