//! verify, override: what a job brought is examined once more, or one guard says nothing of it.

use std::collections::BTreeSet;

use super::facts::JobRequest;
use super::place::one_job;
use crate::core::command::Note;
use crate::core::command::value::{JobId, Word};
use crate::core::command::verb::Verb;
use crate::core::guards::{GuardGrade, GuardName};
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::jobs::KnownJob;
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{Commit, JobEvent, JobStep, StateKind, Verdict, advance};
use crate::core::reply::{Answer, JobAnswer};

pub(in crate::core::handlers) fn verify<'a>(job: Option<JobId>) -> Handler<'a> {
    Handler::new(one_job(job), move |context| context.verify(job))
}

pub(in crate::core::handlers) fn lift<'a>(guard: &'a Word, reason: &'a Note) -> Handler<'a> {
    let guard = GuardName::from(guard.as_str().to_lowercase());
    Handler::new(one_job(None), move |context| context.lift(guard, reason.as_str()))
}

impl CommandContext<'_> {
    fn verify(&mut self, job: Option<JobId>) -> Answer {
        let known = match self.meant_job(job, Verb::Verify) {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        match self.happen(&known.record, JobEvent::Recheck) {
            Ok(after) => Answer::from(JobAnswer::Rechecked {
                id: after.spec.id.to_string(),
                commit: after.past.commit.as_ref().map(short),
            }),
            Err(_) => self.nothing_brought(&known),
        }
    }

    fn lift(&mut self, guard: GuardName, reason: &str) -> Answer {
        let known = match self.meant_job(None, Verb::Override) {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        let now = self.step_time();
        let seen = &known.record.job;
        let Some(commit) = seen.past.commit.clone() else { return self.nothing_brought(&known) };
        let speaking = speaking(&known);
        let is_mended = seen.state.leased().is_some();
        let Ok((after, _)) = advance(seen, &JobEvent::Lifted.into(), now) else {
            let others_speak = !speaking.is_empty() && !speaking.contains(&guard);
            return match is_mended && others_speak {
                true => nothing_lifted(&guard, &speaking),
                false => self.nothing_brought(&known),
            };
        };
        // What still waits for something has said nothing yet.
        let may_wait =
            seen.state.kind() == StateKind::Verifying && GuardName::is_built_in(guard.as_str());
        if !speaking.contains(&guard) && !may_wait {
            return nothing_lifted(&guard, &speaking);
        }
        if is_mended && !mends_only(&known, &speaking, &guard) {
            return goes_on(&known, &speaking, &guard);
        }
        let said = JobAnswer::Lifted { guard: guard.to_string(), commit: short(&commit) };
        self.jobs.insert(after.spec.id, after);
        let (seen, reason) = (Box::new(seen.clone()), reason.to_owned());
        self.changes.jobs.push(JobRequest::Lift { seen, guard, commit, reason, now });
        said.into()
    }

    fn nothing_brought(&self, known: &KnownJob) -> Answer {
        let view = Box::new(self.job_view(known));
        match known.record.job.state.kind().is_end() {
            true => JobAnswer::Over { view }.into(),
            false => JobAnswer::NothingToCheck { view }.into(),
        }
    }
}

fn nothing_lifted(guard: &GuardName, speaking: &BTreeSet<GuardName>) -> Answer {
    let speaking = speaking.iter().map(ToString::to_string).collect();
    JobAnswer::NothingLifted { guard: guard.to_string(), speaking }.into()
}

/// The round that goes on is for more than this guard.
fn goes_on(known: &KnownJob, speaking: &BTreeSet<GuardName>, guard: &GuardName) -> Answer {
    let others = speaking.iter().filter(|other| *other != guard).map(ToString::to_string);
    let answer = JobAnswer::RoundGoesOn {
        guard: guard.to_string(),
        agent: known.record.agent().map(str::to_owned),
        is_told: is_told(known),
        others: others.collect(),
    };
    answer.into()
}

/// The guards that speak against what was brought last.
fn speaking(known: &KnownJob) -> BTreeSet<GuardName> {
    let found = known.record.findings().unwrap_or_default().iter();
    let guards = found.filter_map(|finding| match finding {
        Finding::Guard(found) if found.grade() > GuardGrade::Warn => Some(found.guard.clone()),
        _ => None,
    });
    guards.collect()
}

/// Whether the round of repair that goes on is there for this guard alone: one that a person asked
/// for, or that mends more than that, goes on.
fn mends_only(known: &KnownJob, speaking: &BTreeSet<GuardName>, guard: &GuardName) -> bool {
    let mut judged = known.record.steps.iter().rev().filter(|(step, _)| is_judged(step));
    let blocked = judged.next().is_some_and(|(step, _)| {
        matches!(step, JobStep::Event(JobEvent::Judged(judged)) if judged.verdict == Verdict::Block)
    });
    blocked && !is_told(known) && speaking.iter().eq([guard])
}

/// Whether a person said what the round that goes on shall do.
fn is_told(known: &KnownJob) -> bool {
    let steps = known.record.steps.iter().rev().map(|(step, _)| step);
    let told = |step: &JobStep| {
        matches!(
            step,
            JobStep::Event(JobEvent::Told(_) | JobEvent::Reviewed(_) | JobEvent::Decided(..))
        )
    };
    steps.take_while(|step| !is_judged(step)).any(told)
}

fn is_judged(step: &JobStep) -> bool {
    matches!(step, JobStep::Event(JobEvent::Judged(_)))
}

/// The first letters of a commit, as the forge shows it.
fn short(commit: &Commit) -> String {
    commit.to_string().chars().take(7).collect()
}
