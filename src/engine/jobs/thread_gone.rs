//! Jobs whose issue was closed, moved away or deleted. Where somebody merged what such a job brought,
//! that is what happened: a merge closes issues as well.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob, told};
use super::own_pulls::merged_before;
use crate::core::jobs::{CancelReason, Deciding, JobEvent, Question, State};
use crate::core::model::repository::Repo;
use crate::gitea::{self, PullState};
use crate::store::Error;

/// How often it is asked whether the thread of a job is open that the backlog does not know.
const AGAIN: Duration = Duration::from_secs(60);

impl Jobs {
    /// Ends a job whose thread is open no more. As long as the backlog does not know it as open, and
    /// the forge does not say either that it is closed, the forge is asked again.
    pub(super) async fn thread_gone(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let is_stopping = seen.job.state.attempt().is_some_and(|a| a.stopping.is_some());
        let Some(repo) = seen.repo.as_ref().filter(|_| !is_stopping) else {
            return Ok(NextLook::Idle);
        };
        if seen.is_thread_known || !ends_with_its_thread(&seen.job.state) {
            return Ok(NextLook::Idle);
        }
        let now = self.ctx.now();
        let asked_at = self.watches.with(seen.id(), |watch| {
            let before = watch.thread_asked_at.filter(|at| !at.is_over(AGAIN, now));
            watch.thread_asked_at = before.or(Some(now));
            before
        });
        if let Some(asked_at) = asked_at {
            return Ok(NextLook::At(asked_at.after(AGAIN)));
        }
        let again = NextLook::At(now.after(AGAIN));
        if !self.is_gone(seen, repo).await {
            return Ok(again);
        }
        match self.why_gone(seen, repo).await {
            Ok(Some(event)) => Ok(told(self.tell(seen.id(), event).await?.is_some()).or(again)),
            Ok(None) => Ok(again),
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                Ok(again)
            }
        }
    }

    async fn is_gone(&self, seen: &SeenJob, repo: &Repo) -> bool {
        let Some(thread) = seen.job.spec.given() else {
            // A routine's job works where the repository is watched, and looks there for itself.
            return !seen.is_watched;
        };
        // An agent began where the repository was watched.
        let is_moved_away = !seen.is_watched && seen.job.state.attempt().is_some();
        match self.ctx.gitea.issue(&repo.name, thread.number).await {
            Ok(issue) => !issue.open || is_moved_away,
            Err(gitea::Error::NotFound { .. }) => true,
            Err(_) => false,
        }
    }

    /// What it means for a job that its thread is open no more; nothing if a question about its pull
    /// request is open, and somebody closed that: what follows the question finds.
    pub(super) async fn why_gone(
        &self,
        seen: &SeenJob,
        repo: &Repo,
    ) -> Result<Option<JobEvent>, gitea::Error> {
        let past = &seen.job.past;
        if let Some(thread) = seen.job.spec.given().filter(|_| seen.job.spec.purpose.is_review()) {
            let pull = self.ctx.gitea.pull(&repo.name, thread.number).await?;
            let is_merged = pull.is_some_and(|pull| matches!(pull.state, PullState::Merged { .. }));
            let why = if is_merged { CancelReason::PullMerged } else { CancelReason::IssueGone };
            return Ok(Some(JobEvent::Cancel(why)));
        }
        if let Some(number) = past.pull
            && let Some(pull) = self.ctx.gitea.pull(&repo.name, number).await?
        {
            match pull.state {
                PullState::Merged { commit, .. } => {
                    return Ok(Some(JobEvent::Merged(commit.unwrap_or(pull.head))));
                }
                PullState::Closed if is_asked_about_its_pull(&seen.job.state) => return Ok(None),
                PullState::Closed | PullState::Open => {}
            }
        }
        let earlier = match &seen.base_branch {
            Some(base) => {
                let job = (&seen.job, &seen.merged_before[..]);
                merged_before(&self.ctx.gitea, repo, job, base).await?
            }
            None => Vec::new(),
        };
        Ok(Some(match earlier.into_iter().next() {
            Some((_, commit)) => JobEvent::Merged(commit),
            None => JobEvent::Cancel(CancelReason::IssueGone),
        }))
    }
}

/// Whether a job in this state ends when its thread does. Of what is judged, the forge shows more, and
/// of what may have run, what it left.
fn ends_with_its_thread(state: &State) -> bool {
    match state {
        State::Preflight(_)
        | State::Running(_)
        | State::Waiting(_)
        | State::BackingOff(_)
        | State::Queued(_)
        | State::Deciding(_) => true,
        State::Verifying(_)
        | State::Uncertain(_)
        | State::Done(_)
        | State::NoChange
        | State::Cancelled(_)
        | State::Dead(_) => false,
    }
}

fn is_asked_about_its_pull(state: &State) -> bool {
    let State::Deciding(Deciding { question, .. }) = state else { return false };
    match question {
        Question::Accept | Question::Guard | Question::Repair => true,
        Question::Dispatch
        | Question::NoChange
        | Question::Stuck
        | Question::Permission
        | Question::Uncertain
        | Question::Plan => false,
    }
}
