//! One look at a job: what is to be done for it is done, until it has to wait.

use super::Jobs;
use super::called::LookedJob;
use super::watches::JobWatch;
use crate::core::jobs::{
    Job, JobAction, JobEvent, JobId, MergedBefore, State, StateKind, WaitReason, Waiting, standing,
};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::job_speech::is_passing;
use crate::store::jobs::{self, Lease, StoredAttempt};
use crate::store::{Connection, Error, backlog, repos};

/// How many steps one look may take: whatever goes round in a circle does not go on for ever.
const MOST: usize = 24;

/// How long it is from one look at what a job waits for to the next.
const WAITS: std::time::Duration = std::time::Duration::from_secs(30);

/// How long it is from one look at a red default branch to the next.
const GREEN: std::time::Duration = std::time::Duration::from_secs(5 * 60);

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
    /// Where it has earlier branches: what they are to be merged into.
    pub(super) base_branch: Option<String>,
    /// What of it was merged before it began once more.
    pub(super) merged_before: Vec<MergedBefore>,
    /// When its card was written last.
    pub(super) card_at: Option<Timestamp>,
    /// Whether the backlog knows its thread as open; of a routine's, whether its repository is watched.
    pub(super) is_thread_known: bool,
    /// Whether its repository is one of those that are watched.
    pub(super) is_watched: bool,
}

impl SeenJob {
    fn read(conn: &Connection, id: JobId) -> Result<Option<Self>, Error> {
        let Some(job) = jobs::get(conn, id)?.map(|stored| stored.job) else { return Ok(None) };
        let fence = job.state.leased().map(|leased| leased.fence());
        let (attempt, lease) = match fence {
            Some(fence) => (jobs::attempt(conn, fence)?, jobs::lease_of(conn, fence)?),
            None => (None, None),
        };
        let is_watched = backlog::is_tracked(conn, job.spec.repo())?;
        Ok(Some(Self {
            steps: jobs::steps(conn, id)?,
            base_branch: match job.past.branch {
                1 => None,
                _ => jobs::base_branch(conn, id)?,
            },
            merged_before: jobs::merged_before_of(conn, &job)?,
            attempt,
            lease,
            repo: repos::name(conn, job.spec.repo())?,
            card_at: jobs::card_told_at(conn, id)?,
            is_thread_known: match job.spec.given() {
                Some(thread) => jobs::is_thread_open(conn, thread)?,
                None => is_watched,
            },
            is_watched,
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
    /// Looks at a job, and does what is to be done. Who called for it is told what came of it.
    pub(in crate::engine) async fn look(&self, id: JobId) -> Result<(), Error> {
        let mut looking = self.calls.begin(id);
        let looked = self.look_until_it_waits(id).await?;
        if looking.is_called_for() {
            looking.tell(self.unless_over(id, looked).await?);
        }
        Ok(())
    }

    /// `looked`; of a job that has ended and is not looked after any more, that it is over.
    async fn unless_over(&self, id: JobId, looked: LookedJob) -> Result<LookedJob, Error> {
        if !looked.state.is_some_and(StateKind::is_end) {
            return Ok(looked);
        }
        let now = self.ctx.now();
        let watched = self.ctx.ledger.read(move |conn| jobs::watched(conn, now)).await?;
        match watched.iter().any(|watched| watched.id == id) {
            true => Ok(looked),
            false => Ok(LookedJob { is_over: true, after: None, ..looked }),
        }
    }

    async fn look_until_it_waits(&self, id: JobId) -> Result<LookedJob, Error> {
        // What happens from here on is seen, or wakes it once more.
        self.watches.with(id, |watch| (watch.is_woken, watch.card_waits) = (false, false));
        for _ in 0..MOST {
            let Some(seen) = self.ctx.ledger.read(move |conn| SeenJob::read(conn, id)).await?
            else {
                return Ok(LookedJob::NONE);
            };
            let next = self.act(&seen).await?;
            let now = self.ctx.now();
            let at = match next {
                NextLook::Again => continue,
                NextLook::At(at) => at,
                NextLook::Idle => NEVER,
            };
            self.show_passing(&seen).await?;
            self.watches.looked(id, (seen.steps, seen.is_thread_known), now, at);
            return Ok(looked(&seen, now, at));
        }
        tracing::warn!(job = %id, "a job moves without rest: it is looked at again in a moment");
        let seen = self.ctx.ledger.read(move |conn| SeenJob::read(conn, id)).await?;
        let Some(seen) = seen else { return Ok(LookedJob::NONE) };
        let now = self.ctx.now();
        let at = now.after(WAITS);
        self.watches.looked(id, (seen.steps, seen.is_thread_known), now, at);
        Ok(looked(&seen, now, at))
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
        let mut next = self.thread_gone(seen).await?;
        if next == NextLook::Again {
            return Ok(next);
        }
        for action in standing(&seen.job) {
            next = next.or(self.carry_out(seen, &action).await?);
            if next == NextLook::Again {
                return Ok(next);
            }
        }
        if let State::Waiting(Waiting::Idle(_) | Waiting::Start(_)) = &seen.job.state {
            next = next.or(self.forget_while_it_waits(seen).await?);
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
            if matches!(seen.job.state, State::Verifying(_)) && self.waits_for_guards(seen) {
                return Ok(next);
            }
            let is_review = seen.job.spec.purpose.is_review();
            let told = match seen.job.state {
                State::Verifying(_) if is_review => self.not_seen_in_time(seen).await?,
                _ => self.tell(seen.id(), JobEvent::Due).await?.is_some(),
            };
            return Ok(if told { NextLook::Again } else { next });
        }
        Ok(next)
    }

    /// As with attempts, clocks stand while a host is away, for as long as that may be.
    fn waits_for_guards(&self, seen: &SeenJob) -> bool {
        let (now, absent) = (self.ctx.now(), seen.job.spec.limits.absent);
        let is_long = seen.job.state.due_at().is_some_and(|due| due.is_over(absent, now));
        !is_long && self.running.waits_for_host(seen.id())
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
            JobAction::Ask(number, question) => self.ask(seen, *number, *question).await,
            JobAction::Release { .. }
            | JobAction::Left { .. }
            | JobAction::CloseBefore(_)
            | JobAction::TakeOver { .. }
            | JobAction::CloseAll
            | JobAction::MakeIssues
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
            // Somebody may have it tried sooner, or an attempt may show that it is there.
            WaitReason::Pool => match self.has_quota(seen.id()).await? {
                Some(true) => Ok(told(self.tell(seen.id(), JobEvent::Ready).await?.is_some())),
                Some(false) => Ok(NextLook::At(self.ctx.now().after(WAITS))),
                None => Ok(NextLook::Idle),
            },
            WaitReason::Person => Ok(NextLook::Idle),
        }
    }

    /// Looks whether the default branch is red no more.
    async fn wait_for_green(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let looked = match &seen.repo {
            Some(repo) => self.forge.is_red(repo).await.ok(),
            None => None,
        };
        // Of which nobody can tell halts nothing.
        let Some(None | Some(false)) = looked else {
            return Ok(NextLook::At(self.ctx.now().after(GREEN)));
        };
        if looked == Some(Some(false)) {
            self.note_branch(seen.job.spec.repo(), false).await?;
        }
        Ok(told(self.tell(seen.id(), JobEvent::Ready).await?.is_some()))
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
}

/// How a job stands that is looked at again at this moment, or when a deadline of it is over.
fn looked(seen: &SeenJob, now: Timestamp, at: Timestamp) -> LookedJob {
    let state = seen.job.state.kind();
    let due = seen.job.state.due_at().filter(|due| *due > now);
    let at = due.map_or(at, |due| due.min(at));
    LookedJob {
        state: Some(state),
        steps: seen.steps,
        is_over: state.is_end() && at == NEVER,
        after: (at != NEVER).then(|| at.since(now)),
    }
}

/// Again if something was told.
pub(super) fn told(is_told: bool) -> NextLook {
    if is_told { NextLook::Again } else { NextLook::Idle }
}
