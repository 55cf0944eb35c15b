//! The course of a job, told attempt by attempt: how often agents were set to work on it, what came
//! of each result, why a branch was left. All of it follows from the history.
//!
//! Attempts are counted as the job counts them: a round of repair is none, and neither is what goes on
//! with the one before, since that was answered or cut off.

use std::collections::BTreeMap;

use super::advance::advance;
use super::event::{
    Act, CancelReason, Failure, JobEvent, JobStep, PersonAnswer, Progress, Verdict,
};
use super::ids::{Commit, Fence};
use super::job::Job;
use super::record::JobRecord;
use super::state::{Cancelled, Deciding, Done, Question, State, Stopping, Then, WorkKind};

/// What a job went through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Course {
    pub tries: Tries,
    /// What came of the attempts that brought something to judge.
    results: BTreeMap<Fence, AttemptResult>,
    /// Why it left its branches, in order.
    pub left: Vec<LeftBranch>,
}

/// How often agents were set to work. A round that was taken back counts nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    pub attempts: usize,
    /// Rounds of repair.
    pub rounds: usize,
}

impl Tries {
    pub fn all(self) -> usize {
        self.attempts + self.rounds
    }
}

/// What came of the result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptResult {
    /// How it was judged last.
    pub verdict: Verdict,
    pub sequel: Option<Sequel>,
}

/// What followed a result that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sequel {
    /// A person wanted it otherwise, or once more.
    WantedOtherwise,
    /// A person did not want it.
    Rejected,
    /// A person told the agent what it needed to know.
    Answered,
    /// A person accepted it, and the forge did not merge it.
    NotMerged,
    Merged,
    /// It was merged, and this commit took it back.
    Reverted(Commit),
}

/// Why a job went on with another branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftBranch {
    /// What worked there may still push.
    Lost,
    /// This person cancelled what was done there.
    Cancelled(String),
    /// A person did not want what was there.
    Rejected,
    /// It had ended otherwise, and was wanted once more.
    Over,
}

impl Course {
    pub fn of(record: &JobRecord) -> Self {
        let spec = record.job.spec.clone();
        let mut told = Telling {
            job: Job::new(spec, None, record.created_at),
            course: Self::default(),
            last_start: None,
            goes_on: false,
            merged: None,
        };
        for (step, now) in &record.steps {
            // What an older version took and this one does not is left out of the telling.
            if let Ok((after, _)) = advance(&told.job, step, *now) {
                told.tell(step, &after);
                told.job = after;
            }
        }
        told.course
    }

    /// What came of what this attempt brought, if that was judged.
    pub fn result(&self, attempt: Fence) -> Option<&AttemptResult> {
        self.results.get(&attempt)
    }
}

/// An attempt that was started last.
#[derive(Clone, Copy)]
struct LastStart {
    work: WorkKind,
    /// How many attempts were spent by then.
    spent: u32,
    /// How often agents were set to work before it.
    before: Tries,
}

/// A course while it is told, up to where `job` stands.
struct Telling {
    job: Job,
    course: Course,
    last_start: Option<LastStart>,
    /// The next attempt goes on with what the last one began.
    goes_on: bool,
    /// Whose result was merged last.
    merged: Option<Fence>,
}

impl Telling {
    fn tell(&mut self, step: &JobStep, after: &Job) {
        if after.past.branch > self.job.past.branch {
            self.course.left.push(left_branch(&self.job.state));
        }
        match step {
            JobStep::Act(Act::Start(_)) => self.started(after),
            JobStep::Act(Act::Lease(_) | Act::Propose(_)) => {}
            JobStep::Event(event) => {
                self.counted_back(event, after);
                self.judged(event, after);
            }
        }
    }

    fn started(&mut self, after: &Job) {
        let Some(work) = after.state.leased().map(|leased| leased.work) else { return };
        let (before, spent) = (self.course.tries, after.past.spent());
        let last = self.last_start.map(|last| (last.work, last.spent));
        let tries = &mut self.course.tries;
        match (work, last) {
            (WorkKind::Begin, _) => tries.attempts += usize::from(!self.goes_on),
            (WorkKind::Repair(_), Some((last, then))) if last == work => {
                tries.attempts += usize::from(spent > then);
            }
            (WorkKind::Repair(_), _) => tries.rounds += 1,
        }
        self.goes_on = false;
        self.last_start = Some(LastStart { work, spent, before });
    }

    /// What was counted and turns out to be none of its own.
    fn counted_back(&mut self, event: &JobEvent, after: &Job) {
        if let JobEvent::Attempt(_, progress) = event {
            self.goes_on |= match progress {
                Progress::NeverRan(_) | Progress::CutOff { .. } => true,
                Progress::Failed { failure, .. } => match failure {
                    Failure::NeedsAnswer
                    | Failure::PoolSpent { .. }
                    | Failure::Unable(_)
                    | Failure::NeverBegan(_) => true,
                    Failure::Agent(_) | Failure::BadRequest => false,
                },
                Progress::Accepted
                | Progress::Alive
                | Progress::Heard(_)
                | Progress::Asks
                | Progress::Answered
                | Progress::HostAway
                | Progress::HostBack
                | Progress::Ended { .. }
                | Progress::Stopped { .. }
                | Progress::Lost
                | Progress::Unclear => false,
            };
        }
        let Some(attempt) = self.job.state.attempt() else { return };
        let is_taken_back = match &attempt.stopping {
            Some(Stopping { then, .. }) => {
                matches!(then, Then::Cancel(_) | Then::Merged | Then::Lifted)
            }
            None => false,
        };
        let is_round = attempt.leased.work != WorkKind::Begin;
        let last = self.last_start.filter(|_| is_taken_back && is_round);
        if let Some(last) = last.filter(|_| after.state.attempt().is_none()) {
            self.course.tries = last.before;
            self.last_start = None;
        }
    }

    fn judged(&mut self, event: &JobEvent, after: &Job) {
        let last = self.job.past.last.as_ref().map(|last| last.fence());
        match event {
            JobEvent::Judged(judgement) => {
                let Some(last) = last else { return };
                let verdict = judgement.verdict;
                let goes_on = matches!(after.state, State::BackingOff(_) | State::Queued(_));
                let sequel = (is_good(verdict) && goes_on).then_some(Sequel::WantedOtherwise);
                self.course.results.insert(last, AttemptResult { verdict, sequel });
            }
            JobEvent::Decided(_, answer) => {
                let State::Deciding(Deciding { question, .. }) = &self.job.state else { return };
                let is_stuck = *question == Question::Stuck;
                self.goes_on |= is_stuck;
                let sequel = match answer {
                    PersonAnswer::No(_) => Some(Sequel::Rejected),
                    PersonAnswer::Yes | PersonAnswer::Revise if is_stuck => Some(Sequel::Answered),
                    PersonAnswer::Revise => Some(Sequel::WantedOtherwise),
                    PersonAnswer::Yes => None,
                };
                self.follows(last, sequel);
            }
            JobEvent::Retry(_) => {
                if matches!(self.job.state, State::Deciding(_)) || self.job.state.kind().is_end() {
                    (self.goes_on, self.last_start) = (false, None);
                }
                let result = last.and_then(|last| self.course.results.get(&last));
                let is_taken =
                    result.is_some_and(|one| is_good(one.verdict) && one.sequel.is_none());
                self.follows(last, is_taken.then_some(Sequel::WantedOtherwise));
            }
            // A person asks for changes of what another one had said yes to.
            JobEvent::Told(_) => {
                let is_mended = self.job.state.kind().is_end();
                self.follows(last, is_mended.then_some(Sequel::WantedOtherwise));
            }
            JobEvent::NotMerged(_) => {
                let is_repaired = matches!(after.state, State::BackingOff(_));
                self.follows(last, is_repaired.then_some(Sequel::NotMerged));
            }
            JobEvent::Merged(_) => {
                self.merged = last;
                self.follows(last, Some(Sequel::Merged));
            }
            JobEvent::Reverted(commit) => {
                self.follows(self.merged, Some(Sequel::Reverted(commit.clone())));
            }
            JobEvent::Attempt(..)
            | JobEvent::Due
            | JobEvent::Ready
            | JobEvent::Pushed(_)
            | JobEvent::AskAgain(_)
            | JobEvent::Recheck
            | JobEvent::Lifted
            | JobEvent::Reviewed(_)
            | JobEvent::Dismissed(_)
            | JobEvent::Cancel(_)
            | JobEvent::Refund(_)
            | JobEvent::Restored => {}
        }
    }

    fn follows(&mut self, attempt: Option<Fence>, sequel: Option<Sequel>) {
        let result = attempt.and_then(|attempt| self.course.results.get_mut(&attempt));
        if let (Some(result), Some(sequel)) = (result, sequel) {
            result.sequel = Some(sequel);
        }
    }
}

/// Whether nothing but a person's wish leads on from there.
fn is_good(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Pass { .. } | Verdict::NoChange { .. } | Verdict::Ask => true,
        Verdict::Block
        | Verdict::Stuck
        | Verdict::Nothing
        | Verdict::HeadMoved
        | Verdict::Unfit => false,
    }
}

fn left_branch(state: &State) -> LeftBranch {
    match state {
        State::Cancelled(Cancelled {
            reason: CancelReason::Person(login) | CancelReason::TakenOff(login),
            ..
        }) => LeftBranch::Cancelled(login.clone()),
        State::Cancelled(Cancelled {
            reason: CancelReason::Rejected(_) | CancelReason::PullClosed { .. },
            ..
        }) => LeftBranch::Rejected,
        State::Cancelled(_)
        | State::NoChange
        | State::Done(Done::Verified | Done::Accepted | Done::Merged | Done::Reverted) => {
            LeftBranch::Over
        }
        State::Queued(_)
        | State::Preflight(_)
        | State::Running(_)
        | State::Verifying(_)
        | State::Deciding(_)
        | State::BackingOff(_)
        | State::Waiting(_)
        | State::Uncertain(_)
        | State::Dead(_) => LeftBranch::Lost,
    }
}
