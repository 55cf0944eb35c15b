//! The spans of a job, told from its history: how long it was in which state, its attempts, and all
//! of it once it ends. One that goes on after that has a span from there to its next end.

use super::ids::TraceSubject;
use super::span::Span;
use super::tree::Trace;
use crate::core::jobs::{
    AttemptEnd, Done, Fence, IllegalEvent, Job, JobAction, JobEvent, JobStep, Purpose, State,
    StateKind, StepTime, Verdict, WorkKind, advance,
};
use crate::core::model::ids::JobId;
use crate::core::model::time::Timestamp;

/// The spans that were finished by the steps of `history` behind the first `known` ones. `first`: the
/// job as it was made, and when that was.
///
/// # Errors
/// If a step cannot have happened.
pub fn job_spans<'h>(
    ledger: &str,
    (first, created_at): (Job, Timestamp),
    history: impl IntoIterator<Item = (&'h JobStep, StepTime)>,
    known: usize,
) -> Result<Vec<Span>, IllegalEvent> {
    let mut spans = Vec::new();
    let mut walk = Walk::begin(ledger, first, created_at);
    for (index, (step, now)) in history.into_iter().enumerate() {
        let finished = walk.go(index, step, now)?;
        if index >= known {
            spans.extend(finished);
        }
    }
    Ok(spans)
}

/// A part of an attempt that whoever drives its agent saw.
pub fn attempt_span(
    ledger: &str,
    (job, fence): (JobId, Fence),
    name: &'static str,
    times: (Timestamp, Timestamp),
) -> Span {
    let trace = Trace::of(ledger, TraceSubject::Job(job));
    let what = format!("{name}/{}", times.0.micros());
    let parent = trace.span_id(&attempt_key(fence));
    trace.span(name, &what, Some(parent), times).number("timmy.attempt", fence.0)
}

/// What a guard, or what `name` says, took of this look at the result of a job. `key` tells apart what
/// is part of the same one.
pub fn guard_span(
    ledger: &str,
    (job, look): (JobId, u32),
    (name, key): (&'static str, &str),
    times: (Timestamp, Timestamp),
) -> Span {
    let trace = Trace::of(ledger, TraceSubject::Job(job));
    let parent = trace.span_id(&verification_key(look));
    trace.span(name, &format!("{name}/{look}/{key}"), Some(parent), times)
}

fn attempt_key(fence: Fence) -> String {
    format!("attempt/{fence}")
}

fn verification_key(look: u32) -> String {
    format!("verify/{look}")
}

/// In which state a job is, as far as that is a span of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stage {
    kind: StateKind,
    fence: Option<Fence>,
    /// Each judgement of a result is one.
    look: Option<u32>,
}

impl Stage {
    fn of(job: &Job) -> Self {
        let kind = job.state.kind();
        let look = (kind == StateKind::Verifying).then_some(job.past.look);
        Self { kind, fence: fence(job), look }
    }

    /// What it is called; none once a job has ended.
    fn name(self) -> Option<&'static str> {
        match self.kind {
            StateKind::Queued => Some("match"),
            StateKind::Preflight => Some("preflight"),
            StateKind::Running => Some("run"),
            StateKind::Verifying => Some("verify"),
            StateKind::Deciding => Some("question"),
            StateKind::BackingOff => Some("back off"),
            StateKind::Waiting => Some("wait"),
            StateKind::Uncertain => Some("look for the attempt"),
            StateKind::Done | StateKind::NoChange | StateKind::Cancelled | StateKind::Dead => None,
        }
    }
}

fn fence(job: &Job) -> Option<Fence> {
    job.state.leased().map(|leased| leased.fence())
}

/// A walk over a history.
struct Walk {
    trace: Trace,
    job: Job,
    created_at: Timestamp,
    /// Which step began the state that it is in, and when.
    stage: (usize, Timestamp),
    leased_at: Timestamp,
    /// How often it has ended.
    ends: u32,
    /// When it went on after its last end.
    reopened_at: Timestamp,
}

impl Walk {
    fn begin(ledger: &str, job: Job, created_at: Timestamp) -> Self {
        let trace = Trace::of(ledger, TraceSubject::Job(job.spec.id));
        Self {
            trace,
            job,
            created_at,
            stage: (0, created_at),
            leased_at: created_at,
            ends: 0,
            reopened_at: created_at,
        }
    }

    /// One step further: what that finishes, the parts before the whole.
    fn go(
        &mut self,
        index: usize,
        step: &JobStep,
        now: StepTime,
    ) -> Result<Vec<Span>, IllegalEvent> {
        let (after, actions) = advance(&self.job, step, now)?;
        let mut finished = Vec::new();
        if Stage::of(&self.job) != Stage::of(&after) {
            finished.extend(self.stage_span(step, now.at));
        }
        if fence(&self.job) != fence(&after) {
            finished.extend(self.whole_attempt(&actions, now.at));
            self.leased_at = now.at;
        }
        finished.extend(self.end_span(&after, now.at));
        match (is_over(&self.job), is_over(&after)) {
            (false, true) => self.ends += 1,
            (true, false) => self.reopened_at = now.at,
            (true, true) | (false, false) => {}
        }
        let is_other =
            Stage::of(&self.job) != Stage::of(&after) || ends_otherwise(&self.job, &after);
        if is_other {
            self.stage = (index + 1, now.at);
        }
        self.job = after;
        Ok(finished)
    }

    /// The state that `step` led out of.
    fn stage_span(&self, step: &JobStep, ended: Timestamp) -> Option<Span> {
        let Self { trace, job, stage: (began, since), .. } = self;
        let stage = Stage::of(job);
        let name = stage.name()?;
        let what = match stage.look {
            Some(look) => verification_key(look),
            None => format!("{name}/{began}"),
        };
        let times = (*since, ended);
        let span = match stage.fence {
            Some(fence) => {
                let parent = trace.span_id(&attempt_key(fence));
                trace.span(name, &what, Some(parent), times).number("timmy.attempt", fence.0)
            }
            None => trace.below_root(name, &what, times),
        };
        let span = span.word("timmy.state", stage.kind.name());
        Some(match (&job.state, step) {
            (State::Deciding(deciding), _) => span
                .word("timmy.question", deciding.question.name())
                .number("timmy.question.number", job.past.asked),
            (State::Verifying(_), JobStep::Event(JobEvent::Judged(judgement))) => span
                .word("timmy.verdict", verdict(judgement.verdict))
                .failed(is_failure(judgement.verdict)),
            _ => span,
        })
    }

    /// The attempt that is over, if one was.
    fn whole_attempt(&self, actions: &[JobAction], ended: Timestamp) -> Option<Span> {
        let leased = self.job.state.leased()?;
        let fence = leased.fence();
        let end = actions.iter().find_map(|action| match action {
            JobAction::Release { fence: of, end, .. } if *of == fence => Some(*end),
            _ => None,
        });
        let round = match leased.work {
            WorkKind::Begin => 0,
            WorkKind::Repair(round) => round,
        };
        let span = self.trace.below_root("attempt", &attempt_key(fence), (self.leased_at, ended));
        let span = span
            .number("timmy.attempt", fence.0)
            .number("timmy.repair_round", round)
            .configured("timmy.agent", &leased.grant.agent);
        Some(match end {
            Some(end) => span.word("timmy.end", end.name()).failed(has_failed(end)),
            None => span,
        })
    }

    /// All of the job, if it has ended now for the first time; or what became of it since then. What was
    /// told of its first end stays as it is: collectors keep what they have.
    fn end_span(&self, after: &Job, ended: Timestamp) -> Option<Span> {
        if !is_over(after) {
            return None;
        }
        let span = match (is_over(&self.job), &after.state) {
            (false, _) if self.ends == 0 => self.trace.root("job", (self.created_at, ended)),
            (false, _) => {
                let key = self.ends.to_string();
                self.trace.keyed_step("reopened", &key, (self.reopened_at, ended))
            }
            (true, State::Done(done)) if ends_otherwise(&self.job, after) => {
                let name = match done {
                    Done::Merged => "merge",
                    Done::Reverted => "revert",
                    Done::Verified | Done::Accepted => return None,
                };
                self.trace.keyed_step(name, &ended.micros().to_string(), (self.stage.1, ended))
            }
            (true, _) => return None,
        };
        let spec = &after.spec;
        let span = span
            .number("timmy.job", spec.id.0)
            .number("timmy.repository", spec.repo().0)
            .word("timmy.purpose", purpose(spec.purpose))
            .word("timmy.state", after.state.kind().name())
            .number("timmy.attempts.charged", after.past.spent())
            .number("timmy.repair_rounds", after.past.rounds)
            .failed(matches!(after.state, State::Dead(_) | State::Done(Done::Reverted)));
        let span = match spec.given() {
            Some(thread) => span.number("timmy.thread", thread.number),
            None => span,
        };
        Some(match after.past.pull {
            Some(pull) => span.number("timmy.pull", pull),
            None => span,
        })
    }
}

fn is_over(job: &Job) -> bool {
    job.state.kind().is_end()
}

/// Whether an end became another one.
fn ends_otherwise(before: &Job, after: &Job) -> bool {
    match (&before.state, &after.state) {
        (State::Done(before), State::Done(after)) => before != after,
        (before, after) => {
            before.kind().is_end() && after.kind().is_end() && before.kind() != after.kind()
        }
    }
}

fn has_failed(end: AttemptEnd) -> bool {
    match end {
        AttemptEnd::Failed
        | AttemptEnd::TimedOut(_)
        | AttemptEnd::Lost
        | AttemptEnd::Uncertain
        | AttemptEnd::NeverRan(_) => true,
        AttemptEnd::Ended | AttemptEnd::Stopped | AttemptEnd::CutOff | AttemptEnd::Asked => false,
    }
}

fn is_failure(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Block | Verdict::Stuck | Verdict::Nothing | Verdict::Unfit => true,
        Verdict::Pass { .. } | Verdict::NoChange { .. } | Verdict::Ask | Verdict::HeadMoved => {
            false
        }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::NoChange { .. } => "no_change",
        Verdict::Ask => "ask",
        Verdict::Block => "block",
        Verdict::Stuck => "stuck",
        Verdict::Nothing => "nothing",
        Verdict::HeadMoved => "head_moved",
        Verdict::Unfit => "unfit",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Code => "code",
        Purpose::Repair => "repair",
        Purpose::Review => "review",
        Purpose::Research => "research",
        Purpose::Ops => "ops",
        Purpose::Plan => "plan",
        Purpose::Split => "split",
    }
}

#[cfg(test)]
mod tests;
