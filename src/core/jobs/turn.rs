//! One step of a job while it is made: the moves that several states have in common.

use std::time::Duration;

use super::accepted::AcceptedChange;
use super::action::{AttemptEnd, JobAction};
use super::event::{CancelReason, NeverRan, OutcomeDigest, Push, Pusher};
use super::ids::Fence;
use super::illegal::IllegalReason;
use super::job::{Past, PastOutcome, Ran, Tried};
use super::merge::JobMerge;
use super::moment::{StepTime, pause};
use super::money::Charge;
use super::spec::Spec;
use super::state::{
    AgentStop, Attempt, BackingOff, Cancelled, DeadReason, Deciding, Done, IdleWait, Late, Leased,
    Phase, Question, Queued, State, Then, Verifying, WaitReason, Waiting, WorkKind,
};
use crate::core::model::time::Timestamp;

/// How far the moment of a push may be off: the forge tells it, and its own present, in whole
/// seconds.
pub(super) const WHOLE_SECONDS: Duration = Duration::from_secs(1);

pub(super) struct Turn<'a> {
    pub(super) spec: &'a Spec,
    pub(super) past: &'a mut Past,
    pub(super) now: StepTime,
    /// What is to be told once.
    pub(super) once: Vec<JobAction>,
}

impl Turn<'_> {
    pub(super) fn at(&self) -> Timestamp {
        self.now.at
    }

    /// What was leased is over: from here on its agent has no lease.
    pub(super) fn release(
        &mut self,
        leased: Leased,
        end: AttemptEnd,
        charge: Charge,
        left: Option<bool>,
    ) {
        self.once.push(JobAction::Release { fence: leased.fence(), end, charge, left });
        self.past.last = Some(leased);
    }

    /// The same, of an attempt that may have run.
    pub(super) fn release_ran(&mut self, attempt: &Attempt, end: AttemptEnd, charge: Charge) {
        let left = match end {
            AttemptEnd::Failed | AttemptEnd::TimedOut(_) => Some(attempt.pushed),
            AttemptEnd::Ended
            | AttemptEnd::Stopped
            | AttemptEnd::Lost
            | AttemptEnd::Uncertain
            | AttemptEnd::NeverRan(_)
            | AttemptEnd::CutOff
            | AttemptEnd::Asked => None,
        };
        let is_begun = attempt.phase == Phase::Working || !matches!(end, AttemptEnd::NeverRan(_));
        if is_begun && attempt.leased.work != WorkKind::Begin {
            self.past.begun = Some(attempt.leased.work);
        }
        let (from, until) = (attempt.since, self.at());
        self.past.ran.push(Ran { branch: attempt.leased.branch, from, until });
        self.release(attempt.leased.clone(), end, charge, left);
    }

    /// What follows an attempt that may still push gets a branch of its own. Who goes on with a pull
    /// request has nothing but that: whatever is pushed there is judged, and shown to a person.
    pub(super) fn leave_branch(&mut self) {
        if self.spec.adopts.is_some() {
            return;
        }
        self.past.branch += 1;
        // A routine's job has no other thread.
        if self.spec.given().is_none() {
            self.past.home_pull = self.past.pull.or(self.past.home_pull);
        }
        (self.past.pull, self.past.late) = (None, None);
        // What was said of the other pull request is a text like any other for the next one.
        self.past.reviews.clear();
    }

    /// An attempt ended without anything to judge: it is spent, and another one follows if there
    /// may be one.
    pub(super) fn spend(&mut self, leased: &Leased, outcome: Option<OutcomeDigest>) -> State {
        self.past.out_of_quota_since = None;
        if !self.past.charged.contains(&leased.fence()) {
            self.past.charged.push(leased.fence());
        }
        let (agent, family) = (leased.grant.agent.clone(), leased.grant.family.clone());
        self.past.tried.push(Tried { fence: leased.fence(), agent, family });
        if outcome.is_some_and(|outcome| self.is_loop(Some(leased.fence()), outcome)) {
            return State::Dead(DeadReason::Loop);
        }
        if self.past.never_ran >= self.spec.limits.never_ran {
            return State::Dead(DeadReason::NeverRan(NeverRan::LeftNothing));
        }
        if self.past.spent() >= self.spec.limits.attempts {
            return State::Dead(DeadReason::AttemptsSpent);
        }
        self.back_off(leased.work, self.past.spent())
    }

    /// The attempt did not even run.
    pub(super) fn did_not_run(&mut self, leased: &Leased, why: NeverRan) -> State {
        self.release(leased.clone(), AttemptEnd::NeverRan(why), Charge::NOTHING, None);
        self.never_ran(leased.work, why)
    }

    /// An attempt that was charged is charged no more: it says nothing of the job, and counts as
    /// one that never ran.
    pub(super) fn refund(&mut self, fence: Fence) -> Result<(), IllegalReason> {
        let charged = self.past.charged.len();
        self.past.charged.retain(|other| *other != fence);
        if self.past.charged.len() == charged {
            return Err(IllegalReason::Again);
        }
        self.past.tried.retain(|tried| tried.fence != fence);
        self.past.outcomes.retain(|outcome| outcome.of != Some(fence));
        self.past.never_ran += 1;
        Ok(())
    }

    /// Keeps how a result or a failure looked. Whether it looked so too often.
    pub(super) fn is_loop(&mut self, of: Option<Fence>, digest: OutcomeDigest) -> bool {
        let is_equal = |other: &&PastOutcome| other.digest == digest;
        let equal = 1 + self.past.outcomes.iter().filter(is_equal).count();
        self.past.outcomes.push(PastOutcome { of, digest });
        equal >= usize::try_from(self.spec.limits.equal_outcomes).unwrap_or(usize::MAX)
    }

    pub(super) fn back_off(&self, work: WorkKind, failures: u32) -> State {
        let limits = &self.spec.limits;
        let pause = pause(limits.first_pause, limits.longest_pause, failures, self.now.chance);
        State::BackingOff(BackingOff { work, until: self.at().after(pause) })
    }

    /// The attempt never ran. It costs none, but not for ever.
    pub(super) fn never_ran(&mut self, work: WorkKind, why: NeverRan) -> State {
        let is_too_much = match (why, self.spec.limits.out_of_quota) {
            // Short times that are told in vain are many: what ends such a job is how long it waited.
            (NeverRan::PoolSpent { .. }, Some(most)) => {
                let now = self.now.at;
                // By a clock that was set back since, it begins anew.
                let since = self.past.out_of_quota_since.filter(|since| *since <= now);
                let since = *self.past.out_of_quota_since.insert(since.unwrap_or(now));
                since.after(most) <= now
            }
            _ => {
                self.past.never_ran += 1;
                self.past.never_ran >= self.spec.limits.never_ran
            }
        };
        if is_too_much {
            return State::Dead(DeadReason::NeverRan(why));
        }
        let wait =
            |for_what, until| State::Waiting(Waiting::Idle(IdleWait { work, for_what, until }));
        let absent = self.at().after(self.spec.limits.absent);
        match why {
            NeverRan::HostAway => wait(WaitReason::Host, absent),
            NeverRan::PoolSpent { until } => wait(WaitReason::Pool, until.max(self.at())),
            NeverRan::RedBranch => wait(WaitReason::GreenBranch, absent),
            NeverRan::GatewayDown
            | NeverRan::NoAccess
            | NeverRan::BadKey
            | NeverRan::ModelGone
            | NeverRan::NobodyFree
            | NeverRan::LeftNothing
            | NeverRan::TooSlow
            | NeverRan::NoWorkplace
            | NeverRan::NoProgram
            | NeverRan::Stopped
            | NeverRan::Moved => self.back_off(work, self.past.never_ran),
        }
    }

    /// timmy's own stop ended it: the next one goes on with what it left.
    pub(super) fn cut_off(&mut self, work: WorkKind) -> State {
        self.past.cut_off += 1;
        match self.past.cut_off >= self.spec.limits.cut_off {
            true => State::Dead(DeadReason::CutOff),
            false => self.queue(work),
        }
    }

    /// What an attempt has to do that goes on with what the last one left open: within a round of
    /// repair, that round.
    pub(super) fn same_work(&self) -> WorkKind {
        self.past.last.as_ref().map_or(WorkKind::Begin, |last| last.work)
    }

    /// It waits for an agent.
    pub(super) fn queue(&self, work: WorkKind) -> State {
        State::Queued(Queued { work, until: self.at().after(self.spec.limits.queued) })
    }

    /// An attempt that was asked to stop is over: seen, or nobody waits for it any longer.
    pub(super) fn stopped(
        &mut self,
        attempt: &Attempt,
        then: &Then,
        seen: bool,
        charge: Charge,
    ) -> State {
        let stop = if seen { AgentStop::Seen } else { AgentStop::NotSeen };
        match then {
            Then::Cancel(reason) => {
                self.release_ran(attempt, AttemptEnd::Stopped, charge);
                State::Cancelled(Cancelled { reason: reason.clone(), agent: stop })
            }
            Then::Merged => {
                self.release_ran(attempt, AttemptEnd::Stopped, charge);
                State::Done(Done::Merged)
            }
            Then::TimedOut(clock) => {
                self.release_ran(attempt, AttemptEnd::TimedOut(*clock), charge);
                if !seen {
                    self.leave_branch();
                }
                self.spend(&attempt.leased, Some(OutcomeDigest(clock.name().to_owned())))
            }
            Then::Lifted => {
                self.without_round(|turn| turn.release_ran(attempt, AttemptEnd::Stopped, charge));
                // One that may still push is nobody's to build on unasked.
                if seen { self.verify() } else { self.ask(Question::Guard) }
            }
        }
    }

    /// A round of repair is taken back: what is judged is what was there before it, and how that
    /// looked does not count twice.
    pub(super) fn without_round(&mut self, release: impl FnOnce(&mut Self)) {
        let last = self.past.last.take();
        release(self);
        self.past.last = last;
        // The next one has its number.
        self.past.begun = None;
        self.past.outcomes.pop_if(|outcome| outcome.of.is_none());
        self.past.rounds = self.past.rounds.saturating_sub(1);
    }

    pub(super) fn cancelled(reason: &CancelReason, agent: AgentStop) -> State {
        State::Cancelled(Cancelled { reason: reason.clone(), agent })
    }

    /// What the forge shows is judged, anew if it was before.
    pub(super) fn verify(&mut self) -> State {
        self.past.look += 1;
        State::Verifying(Verifying { until: self.at().after(self.spec.limits.judging) })
    }

    /// A person is asked something new.
    pub(super) fn ask(&mut self, question: Question) -> State {
        self.past.asked += 1;
        self.past.accepted = None;
        let until = match question {
            Question::Stuck => Some(self.at().after(self.spec.limits.question)),
            Question::Plan | Question::Split => Some(self.at().after(self.spec.limits.begin)),
            Question::Dispatch
            | Question::Accept
            | Question::NoChange
            | Question::Guard
            | Question::Repair
            | Question::Permission
            | Question::Uncertain => None,
        };
        State::Deciding(Deciding { question, until })
    }

    /// A person took the result: what is in its pull request, if that is it.
    pub(super) fn take_over(&mut self) {
        let commit = self.past.commit.clone().filter(|_| self.past.pull.is_some());
        let change = commit.clone().zip(self.past.change);
        self.past.accepted = change.map(|(commit, digest)| AcceptedChange { commit, digest });
        self.once.push(JobAction::TakeOver { pull: self.past.pull, commit });
    }

    /// Whether no round of repair is left.
    pub(super) fn are_rounds_spent(&self) -> bool {
        self.past.rounds >= self.past.rounds_allowed
    }

    /// The next round of repair, or, when all are used, a person is asked for more.
    pub(super) fn repair(&mut self) -> State {
        if self.are_rounds_spent() {
            return self.ask(Question::Repair);
        }
        self.past.rounds += 1;
        self.back_off(WorkKind::Repair(self.past.rounds), 1)
    }

    /// The next round of repair at once: a person asked for it, and waits.
    pub(super) fn repair_now(&mut self) -> State {
        self.past.rounds += 1;
        let work = WorkKind::Repair(self.past.rounds);
        State::BackingOff(BackingOff { work, until: self.at() })
    }

    /// One round more than there may be, since a person wants it.
    pub(super) fn revise(&mut self) -> State {
        self.past.rounds_allowed = self.past.rounds_allowed.max(self.past.rounds + 1);
        self.repair_now()
    }

    /// Somebody pushed; `since`: an attempt runs since then. What an agent or nobody pushed while none
    /// ran is late, and kept until a person has looked. Whether it is a new head of the present
    /// branch.
    pub(super) fn pushed(&mut self, push: &Push, since: Option<Timestamp>) -> bool {
        let Push { branch, commit, by, at } = push;
        let late = Late { branch: *branch, commit: commit.clone() };
        let is_present = *branch == self.past.branch;
        if (is_present && self.past.commit.as_ref() == Some(commit))
            || self.past.late.as_ref() == Some(&late)
        {
            return false;
        }
        let begun = |from: Timestamp| from.second().before(WHOLE_SECONDS) <= *at;
        let ran_then = |ran: &Ran| {
            ran.branch == *branch && begun(ran.from) && *at <= ran.until.after(WHOLE_SECONDS)
        };
        let is_leased =
            (is_present && since.is_some_and(begun)) || self.past.ran.iter().any(ran_then);
        if *by != Pusher::Known && !is_leased {
            self.once.push(JobAction::TellLate(late.clone()));
            if is_present {
                self.past.late = Some(late);
            }
        }
        // While an attempt runs, heads come and go.
        if is_present && since.is_none() {
            self.past.commit = Some(commit.clone());
        }
        is_present
    }

    /// A person wants it once more, by this agent if one is named.
    pub(super) fn retry(&mut self, agent: &Option<String>) {
        self.past.retried = true;
        self.past.accepted = None;
        if agent.is_some() {
            self.past.agent.clone_from(agent);
        }
    }

    /// Everything is counted anew.
    pub(super) fn begin_anew(&mut self) {
        let past = &mut *self.past;
        past.allowed = None;
        past.charged.clear();
        past.outcomes.clear();
        past.begun = None;
        (past.rounds, past.rounds_allowed) = (0, self.spec.limits.repairs);
        (past.never_ran, past.cut_off) = (0, 0);
        past.out_of_quota_since = None;
        past.merged_by = None;
    }

    /// What it brought was merged.
    pub(super) fn merged(&mut self, merge: &JobMerge) {
        let JobMerge { commit, by_agent, .. } = merge.clone();
        (self.past.commit, self.past.merged_by) = (Some(commit), by_agent);
    }
}
