//! One look at a job: what is to be done for it is done, until it has to wait.

use super::Jobs;
use super::watches::JobWatch;
use crate::core::command::value::Cause;
use crate::core::jobs::{
    CancelReason, Job, JobAction, JobEvent, JobId, PersonAnswer, Question, State, StateKind,
    WaitReason, Waiting, standing,
};
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::job_speech::is_passing;
use crate::gitea;
use crate::store::jobs::{self, Lease, StoredAttempt};
use crate::store::{Connection, Error, backlog, repos};

/// How many steps one look may take: whatever goes round in a circle does not go on for ever.
const MOST: usize = 24;

/// How long it is from one look at what a job waits for to the next.
const WAITS: std::time::Duration = std::time::Duration::from_secs(30);

/// How long it is from one look at a red default branch to the next.
const GREEN: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// How often it is asked whether the thread of a job is open that the backlog does not know.
const THREAD: std::time::Duration = std::time::Duration::from_secs(60);

/// A job as it stands, with all that a runner keeps of it.
#[derive(Debug, Clone)]
pub(super) struct SeenJob {
    pub(super) job: Job,
    pub(super) steps: i64,
    /// The attempt that it holds.
    pub(super) attempt: Option<StoredAttempt>,
    pub(super) lease: Option<Lease>,
    /// Where its thread is, as that is called now.
    pub(super) repo: Option<Repo>,
    /// When its card was written last.
    pub(super) card_at: Option<Timestamp>,
    is_thread_known: bool,
    /// Whether its repository is one of those that are watched.
    is_watched: bool,
}

impl SeenJob {
    fn read(conn: &Connection, id: JobId) -> Result<Option<Self>, Error> {
        let Some(job) = jobs::get(conn, id)?.map(|stored| stored.job) else { return Ok(None) };
        let fence = job.state.leased().map(|leased| leased.fence());
        let (attempt, lease) = match fence {
            Some(fence) => (jobs::attempt(conn, fence)?, jobs::lease_of(conn, fence)?),
            None => (None, None),
        };
        Ok(Some(Self {
            steps: jobs::steps(conn, id)?,
            attempt,
            lease,
            repo: repos::name(conn, job.spec.thread.repo)?,
            card_at: jobs::card_told_at(conn, id)?,
            is_thread_known: jobs::is_thread_open(conn, job.spec.thread)?,
            is_watched: backlog::tracked(conn)?.iter().any(|repo| repo.id == job.spec.thread.repo),
            job,
        }))
    }

    pub(super) fn id(&self) -> JobId {
        self.job.spec.id
    }

    /// Whether a deadline of its state is over.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.job.state.due_at().is_some_and(|due| due <= now)
    }
}

/// What comes after something that was done for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextLook {
    /// It may stand elsewhere now.
    Again,
    /// It is looked at again at this moment.
    At(Timestamp),
    /// Nothing is to be done until something happens.
    Idle,
}

impl NextLook {
    /// The earlier of both.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Again, _) | (_, Self::Again) => Self::Again,
            (Self::Idle, next) | (next, Self::Idle) => next,
            (Self::At(one), Self::At(other)) => Self::At(one.min(other)),
        }
    }
}

/// Later than anything is due.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

impl Jobs {
    /// Looks at a job, and does what is to be done.
    pub(in crate::engine) async fn look(&self, id: JobId) -> Result<(), Error> {
        // What happens from here on is seen, or wakes it once more.
        self.watches.with(id, |watch| watch.is_woken = false);
        for _ in 0..MOST {
            let Some(seen) = self.ctx.ledger.read(move |conn| SeenJob::read(conn, id)).await?
            else {
                return Ok(());
            };
            let next = self.act(&seen).await?;
            let now = self.ctx.now();
            let at = match next {
                NextLook::Again => continue,
                NextLook::At(at) => at,
                NextLook::Idle => NEVER,
            };
            self.show_passing(&seen).await?;
            self.watches.looked(id, seen.steps, now, at);
            return Ok(());
        }
        tracing::warn!(job = %id, "a job moves without rest: it is looked at again in a moment");
        let steps = self.ctx.ledger.read(move |conn| jobs::steps(conn, id)).await?;
        let now = self.ctx.now();
        self.watches.looked(id, steps, now, now.after(WAITS));
        Ok(())
    }

    /// What timmy does for a moment takes longer: the card of the job says it now.
    async fn show_passing(&self, seen: &SeenJob) -> Result<(), Error> {
        let is_shown =
            |watch: &mut JobWatch| watch.card_steps.replace(seen.steps) == Some(seen.steps);
        if !is_passing(&seen.job.state) || self.watches.with(seen.id(), is_shown) {
            return Ok(());
        }
        self.write_card(seen.id()).await
    }

    async fn act(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        if let Some(next) = self.thread_gone(seen).await? {
            return Ok(next);
        }
        let mut next = NextLook::Idle;
        for action in standing(&seen.job) {
            next = next.or(self.carry_out(seen, &action).await?);
            if next == NextLook::Again {
                return Ok(next);
            }
        }
        if let State::Waiting(Waiting::Idle(wait)) = &seen.job.state {
            next = next.or(self.wait_for(seen, wait.for_what).await?);
        }
        if seen.job.state.kind() == StateKind::Done {
            next = next.or(self.look_after_end(seen).await?);
        }
        if seen.job.may_push_late() {
            next = next.or(self.look_for_late(seen).await?);
        }
        // Only now: how it goes was looked at before, since nobody may have looked meanwhile.
        if next != NextLook::Again && seen.is_due(self.ctx.now()) {
            let told = self.tell(seen.id(), JobEvent::Due).await?;
            return Ok(if told.is_some() { NextLook::Again } else { next });
        }
        Ok(next)
    }

    async fn carry_out(&self, seen: &SeenJob, action: &JobAction) -> Result<NextLook, Error> {
        match action {
            JobAction::Preflight(_) => self.preflight(seen).await,
            JobAction::Start(fence) => self.start(seen, *fence).await,
            JobAction::Follow(fence) => self.follow(seen, *fence).await,
            JobAction::Tell(fence, text) => self.bring(seen, *fence, *text).await,
            JobAction::Answer(fence, allowed) => self.answer(seen, *fence, *allowed).await,
            JobAction::Stop(fence) => self.stop(seen, *fence).await,
            JobAction::Look(fence) => self.find_out(seen, *fence).await,
            JobAction::Judge(_) => self.verify(seen).await,
            // What an agent asks for in mid-work is denied: nobody is asked about that yet.
            JobAction::Ask(number, Question::Permission) => {
                let no = JobEvent::Decided(*number, PersonAnswer::No(Cause::Unwanted));
                Ok(told(self.tell(seen.id(), no).await?.is_some()))
            }
            JobAction::Ask(number, question) => self.ask(seen, *number, *question).await,
            JobAction::Release { .. }
            | JobAction::Left { .. }
            | JobAction::CloseBefore(_)
            | JobAction::TakeOver { .. }
            | JobAction::CloseAll
            | JobAction::AnswerRemarks(_)
            | JobAction::TellLate(_) => Ok(NextLook::Idle),
        }
    }

    /// Looks whether what a job waits for, without an attempt, is there.
    async fn wait_for(&self, seen: &SeenJob, what: WaitReason) -> Result<NextLook, Error> {
        match what {
            WaitReason::Host if self.has_host(&seen.job) => {
                Ok(told(self.tell(seen.id(), JobEvent::Ready).await?.is_some()))
            }
            WaitReason::Host => Ok(NextLook::At(self.ctx.now().after(WAITS))),
            WaitReason::GreenBranch => self.wait_for_green(seen).await,
            WaitReason::Pool | WaitReason::Person => Ok(NextLook::Idle),
        }
    }

    /// Looks whether the default branch is red no more.
    async fn wait_for_green(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let is_red = match &seen.repo {
            Some(repo) => self.forge.is_red(repo).await.unwrap_or(true),
            None => true,
        };
        match is_red {
            true => Ok(NextLook::At(self.ctx.now().after(GREEN))),
            false => Ok(told(self.tell(seen.id(), JobEvent::Ready).await?.is_some())),
        }
    }

    /// Whether some agent that may take the job is there.
    fn has_host(&self, job: &Job) -> bool {
        let holds = |roles: &[String]| roles.contains(&job.spec.role);
        match &job.past.agent {
            Some(named) => self.fleet.is_up(named),
            None => self
                .ctx
                .policy
                .workers
                .iter()
                .any(|slot| holds(&slot.roles) && self.fleet.is_up(&slot.name)),
        }
    }

    /// Cancels a job whose issue was closed, moved away or deleted. Of what has a result, the
    /// forge shows more.
    async fn thread_gone(&self, seen: &SeenJob) -> Result<Option<NextLook>, Error> {
        let is_before = match &seen.job.state {
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
        };
        let now = self.ctx.now();
        let is_stopping = seen.job.state.attempt().is_some_and(|a| a.stopping.is_some());
        if seen.is_thread_known || !is_before || is_stopping {
            return Ok(None);
        }
        let is_asked = self.watches.with(seen.id(), |watch| {
            let is_asked = watch.thread_asked_at.is_some_and(|at| !at.is_over(THREAD, now));
            if !is_asked {
                watch.thread_asked_at = Some(now);
            }
            is_asked
        });
        let Some(repo) = seen.repo.as_ref().filter(|_| !is_asked) else { return Ok(None) };
        // An agent began where the repository was watched.
        let is_moved_away = !seen.is_watched && seen.job.state.attempt().is_some();
        let is_gone = match self.ctx.gitea.issue(&repo.name, seen.job.spec.thread.number).await {
            Ok(issue) => !issue.open || is_moved_away,
            Err(gitea::Error::NotFound { .. }) => true,
            Err(_) => false,
        };
        if !is_gone || self.is_settled_by_its_pull(seen, &repo.name).await {
            return Ok(None);
        }
        let gone = JobEvent::Cancel(CancelReason::IssueGone);
        Ok(self.tell(seen.id(), gone).await?.map(|_| NextLook::Again))
    }

    /// Whether the result that waits for a person was merged or closed by hand, which closes issues
    /// as well: then that is what happened.
    async fn is_settled_by_its_pull(&self, seen: &SeenJob, repo: &RepoName) -> bool {
        let (State::Deciding(_), Some(pull)) = (&seen.job.state, seen.job.past.pull) else {
            return false;
        };
        match self.ctx.gitea.pull(repo, pull).await {
            Ok(Some(found)) => found.state != gitea::PullState::Open,
            Ok(None) => false,
            // It is asked again when the question is looked at.
            Err(_) => true,
        }
    }
}

/// Again if something was told.
pub(super) fn told(is_told: bool) -> NextLook {
    if is_told { NextLook::Again } else { NextLook::Idle }
}
