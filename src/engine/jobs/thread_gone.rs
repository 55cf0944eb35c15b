//! Jobs whose issue was closed, moved away or deleted. Where somebody merged what such a job brought,
//! that is what happened: a merge closes issues as well. Where people are asked whether an issue is
//! done, whoever closes it says so.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob, told};
use super::own_pulls::merged_before;
use crate::core::command::verb::Right;
use crate::core::decisions::Decision;
use crate::core::jobs::{CancelReason, Deciding, Job, JobEvent, PersonAnswer, Question, State};
use crate::core::model::account::Account;
use crate::core::model::gesture::Gesture;
use crate::core::model::repository::Repo;
use crate::core::policy::authority::Proof;
use crate::gitea::{self, PullState};
use crate::store::jobs::{self, GivenAnswer};
use crate::store::{Error, decisions};

/// How often it is asked whether the thread of a job is open that the backlog does not know.
const AGAIN: Duration = Duration::from_secs(60);

/// How far the clocks of timmy and the forge may differ.
const SKEW: Duration = Duration::from_secs(60);

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
        let event = match self.why_gone(seen, repo).await {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(again),
            Err(error) => return Ok(self.cannot_tell(seen, &error, again).await),
        };
        let is_closed = event == JobEvent::Cancel(CancelReason::IssueGone);
        let closed_by = match is_closed && is_asked_whether_done(&seen.job) {
            true => self.closed_by(seen, repo).await,
            false => Ok(None),
        };
        let is_told = match closed_by {
            Ok(Some(person)) => self.accepted_by(seen, person).await?,
            Ok(None) => self.tell(seen.id(), event).await?.is_some(),
            Err(error) => return Ok(self.cannot_tell(seen, &error, again).await),
        };
        Ok(told(is_told).or(again))
    }

    async fn cannot_tell(&self, seen: &SeenJob, error: &gitea::Error, again: NextLook) -> NextLook {
        self.incidents.met(error, seen.job.lane()).await;
        again
    }

    /// The approver who closed the issue; none if it is gone otherwise, or nobody can tell who did it.
    async fn closed_by(
        &self,
        seen: &SeenJob,
        repo: &Repo,
    ) -> Result<Option<Account>, gitea::Error> {
        let Some(number) = seen.job.spec.given().map(|thread| thread.number) else {
            return Ok(None);
        };
        match self.ctx.gitea.issue(&repo.name, number).await {
            Ok(issue) if !issue.open => {}
            Ok(_) | Err(gitea::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        // Nobody was asked before there was something to ask about.
        let since = seen.job.past.ran.last().map(|ran| ran.until.before(SKEW));
        let made = self.ctx.gitea.gestures_since(&repo.name, number, since.unwrap_or_default());
        let mut made = made.await?.into_iter();
        let closed = made.rfind(|made| made.gesture == Gesture::Closed);
        let (own, people) = (self.identity.known().map(|own| own.id), self.accounts.people());
        // Whoever opened an issue may close it: a yes is for those who are named for that.
        let may =
            |by: &Account| people.right_of(by, Proof::default(), &[]) >= Some(Right::Approver);
        let is_person = |by: &Account| Some(by.id) != own && !people.is_ignored(by) && may(by);
        Ok(closed.and_then(|made| made.by).filter(is_person))
    }

    /// A person closed the issue when they were asked whether it is done: that says yes.
    async fn accepted_by(&self, seen: &SeenJob, person: Account) -> Result<bool, Error> {
        let (id, number, now) = (seen.id(), seen.job.past.asked, self.step_time());
        let write = self.ctx.ledger.write(move |tx| {
            let asked = decisions::of_question(tx, id, number)?.map(|stored| stored.decision);
            match asked.filter(Decision::is_open) {
                Some(asked) => {
                    let answer = PersonAnswer::Yes;
                    let given = GivenAnswer { answer, told: None, by: &person, is_lent: false };
                    jobs::decide(tx, asked.id, given, now)
                }
                // It was about to be asked.
                None => {
                    let yes = JobEvent::Decided(number, PersonAnswer::Yes);
                    Ok(jobs::advance(tx, id, None, yes, now)?.ok())
                }
            }
        });
        let advanced = write.await?;
        if let Some(advanced) = &advanced {
            tracing::info!(job = %id, "accepted: its issue was closed");
            self.moved(advanced).await;
        }
        Ok(advanced.is_some())
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
            let Some(pull) = self.ctx.gitea.pull(&repo.name, thread.number).await? else {
                return Ok(Some(JobEvent::Cancel(CancelReason::IssueGone)));
            };
            let PullState::Merged { commit, by } = pull.state else {
                return Ok(Some(JobEvent::Cancel(CancelReason::IssueGone)));
            };
            if let Some(commit) = commit {
                let merge = self.ctx.policy.merge(commit, by.as_ref(), &pull.base_branch);
                self.incidents.merged(thread, &merge).await;
            }
            return Ok(Some(JobEvent::Cancel(CancelReason::PullMerged)));
        }
        if let Some(number) = past.pull
            && let Some(pull) = self.ctx.gitea.pull(&repo.name, number).await?
        {
            match pull.state {
                PullState::Merged { commit, by } => {
                    let commit = commit.unwrap_or(pull.head);
                    let into = &pull.base_branch;
                    let merge = self.ctx.policy.merge(commit, by.as_ref(), into);
                    return Ok(Some(JobEvent::Merged(merge)));
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
            Some((pull, commit)) => {
                let into = &pull.base_branch;
                JobEvent::Merged(self.ctx.policy.merge(commit, pull.merged_by(), into))
            }
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

/// Whether a person is asked of something that is in no pull request whether the issue is done with it.
fn is_asked_whether_done(job: &Job) -> bool {
    let State::Deciding(Deciding { question, .. }) = &job.state else { return false };
    question.only_closes(job.past.pull)
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
        | Question::Plan
        | Question::Split => false,
    }
}
