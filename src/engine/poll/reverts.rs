//! Looks whether what jobs brought was taken back: for two weeks after a merge, on the default branch
//! of its repository, once an hour. That takes one request for each repository in which something
//! was merged lately, and more only where very much was pushed since.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Poller;
use super::revert_watch::reverted_by;
use crate::core::jobs::{Commit, JobEvent, JobId};
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::engine::error::EngineError;
use crate::gitea::ForgeCommit;
use crate::store::jobs::{self, MergedJob};
use crate::store::repos;

/// How long what was merged is watched.
const WATCHED: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How many pages of commits are read at most: more is not pushed in an hour.
const MOST_PAGES: usize = 4;

impl Poller {
    /// Tells jobs whose results were reverted, if it is time to look.
    pub(super) async fn look_for_reverts(&mut self) -> Result<(), EngineError> {
        let now = self.ctx.now();
        let every = self.ctx.policy.poll.sweep;
        if !self.reverts.begins_look(now, every) {
            return Ok(());
        }
        let since = now.before(WATCHED);
        let merged = self.ctx.ledger.read(move |conn| jobs::merged_since(conn, since)).await?;
        let places: BTreeSet<RepoId> = merged.iter().map(|job| job.repo).collect();
        self.reverts.heads.retain(|repo, _| places.contains(repo));
        for repo in places {
            let known = self.ctx.ledger.read(move |conn| repos::name(conn, repo)).await?;
            let Some(repo) = known.filter(|repo| self.ctx.policy.watch.covers(&repo.name)) else {
                continue;
            };
            let here: Vec<&MergedJob> = merged.iter().filter(|job| job.repo == repo.id).collect();
            let looked = self.reverted_in(&repo, &here).await;
            if let Some(reverted) = self.skip_unreadable(&repo.name.to_string(), looked).await? {
                self.tell_reverted(reverted).await?;
            }
        }
        Ok(())
    }

    /// Which of these jobs of a repository were reverted, each by its commit.
    async fn reverted_in(
        &mut self,
        repo: &Repo,
        jobs: &[&MergedJob],
    ) -> Result<Vec<(JobId, Commit)>, EngineError> {
        let seen = self.reverts.heads.get(&repo.id).cloned();
        let mut reverted = Vec::new();
        let mut head = None;
        for page in 1..=MOST_PAGES {
            let commits = self.ctx.gitea.default_branch_commits(&repo.name, page).await?;
            head = head.or_else(|| commits.first().map(|newest| newest.commit.clone()));
            let is_news = |commit: &&ForgeCommit| Some(&commit.commit) != seen.as_ref();
            let (news, all) = (commits.iter().take_while(is_news).count(), commits.len());
            // Of what was seen before, too: that something was merged may have been learned later.
            reverted.extend(commits.iter().flat_map(|commit| reverted_by(commit, jobs)));
            let is_older = commits.last().and_then(|oldest| oldest.claimed_at);
            let first = jobs.iter().map(|job| job.at).min();
            if news < all || all == 0 || is_older.zip(first).is_some_and(|(at, merged)| at < merged)
            {
                break;
            }
        }
        self.reverts.heads.extend(head.map(|head| (repo.id, head)));
        Ok(reverted)
    }

    async fn tell_reverted(&self, reverted: Vec<(JobId, Commit)>) -> Result<(), EngineError> {
        let now = self.ctx.step_time();
        for (job, commit) in reverted {
            tracing::info!(%job, %commit, "what a job brought was reverted");
            let event = JobEvent::Reverted(commit);
            // One that was told before stays as it is.
            let tell = self.ctx.ledger.write(move |tx| jobs::advance(tx, job, None, event, now));
            let _ = tell.await?;
            self.ctx.stored.notify();
        }
        Ok(())
    }
}
