//! Looks whether what jobs brought was taken back: for two weeks after a merge, on the branch that it
//! was merged into, once an hour. That takes one request for each branch into which something was
//! merged lately, and more only where very much was pushed since. Which branch that is, the pull
//! request tells once; as long as it does not, the default one is looked at.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Poller;
use super::revert_watch::reverted_by;
use crate::core::jobs::{Commit, JobEvent, JobId};
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::engine::error::EngineError;
use crate::gitea::{Error, ForgeCommit};
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
        let mut merged = self.ctx.ledger.read(move |conn| jobs::merged_since(conn, since)).await?;
        let places: BTreeSet<RepoId> = merged.iter().map(|job| job.repo).collect();
        self.reverts.heads.retain(|(repo, _), _| places.contains(repo));
        for place in places {
            let known = self.ctx.ledger.read(move |conn| repos::name(conn, place)).await?;
            let Some(repo) = known.filter(|repo| self.ctx.policy.watch.covers(&repo.name)) else {
                continue;
            };
            let here = merged.extract_if(.., |job| job.repo == place).collect();
            let looked = self.look_in(&repo, here).await;
            self.skip_unreadable(&repo.name.to_string(), looked).await?;
        }
        Ok(())
    }

    /// Looks for reverts of these jobs of a repository, on each branch that they were merged into.
    async fn look_in(&mut self, repo: &Repo, mut jobs: Vec<MergedJob>) -> Result<(), EngineError> {
        for job in &mut jobs {
            self.ask_target(repo, job).await?;
        }
        let targets: BTreeSet<Option<String>> = jobs.iter().map(|job| job.target.clone()).collect();
        for target in targets {
            let here: Vec<&MergedJob> = jobs.iter().filter(|job| job.target == target).collect();
            let reverted = self.reverted_on(repo, target, &here).await?;
            self.tell_reverted(reverted).await?;
        }
        Ok(())
    }

    /// Asks which branch the result of a job was merged into, if that is not known yet.
    async fn ask_target(&self, repo: &Repo, job: &mut MergedJob) -> Result<(), EngineError> {
        let Some(number) = job.pull.filter(|_| job.target.is_none()) else { return Ok(()) };
        let Some(pull) = self.ctx.gitea.pull(&repo.name, number).await? else { return Ok(()) };
        let (id, branch) = (job.id, pull.base_branch.clone());
        self.ctx.ledger.write(move |tx| jobs::merged_into(tx, id, &branch)).await?;
        job.target = Some(pull.base_branch);
        Ok(())
    }

    /// Which of these jobs were reverted on a branch, each by its commit.
    async fn reverted_on(
        &mut self,
        repo: &Repo,
        target: Option<String>,
        jobs: &[&MergedJob],
    ) -> Result<Vec<(JobId, Commit)>, EngineError> {
        let branch = target.clone();
        let place = (repo.id, target);
        let seen = self.reverts.heads.get(&place).cloned();
        let mut reverted = Vec::new();
        let mut head = None;
        for page in 1..=MOST_PAGES {
            let commits = self.commits_of(repo, branch.as_deref(), page).await?;
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
        self.reverts.heads.extend(head.map(|head| (place, head)));
        Ok(reverted)
    }

    /// One page of the commits of a branch; none if that is gone, as one is that was merged itself.
    async fn commits_of(
        &self,
        repo: &Repo,
        branch: Option<&str>,
        page: usize,
    ) -> Result<Vec<ForgeCommit>, EngineError> {
        let gitea = &self.ctx.gitea;
        match (gitea.branch_commits(&repo.name, branch, page).await, branch) {
            // So old servers answer for a branch that is gone.
            (Err(error @ Error::Server { .. }), Some(branch)) => {
                match gitea.branch(&repo.name, branch).await? {
                    Some(_) => Err(error.into()),
                    None => Ok(Vec::new()),
                }
            }
            (commits, _) => Ok(commits?),
        }
    }

    async fn tell_reverted(&self, reverted: Vec<(JobId, Commit)>) -> Result<(), EngineError> {
        let now = self.ctx.step_time();
        let mut told = BTreeSet::new();
        for (job, commit) in reverted.into_iter().filter(|(job, _)| told.insert(*job)) {
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
