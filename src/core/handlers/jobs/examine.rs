//! verify, override: what a job brought is examined once more, or one guard says nothing of it.

use std::collections::BTreeSet;

use super::facts::JobRequest;
use super::place::one_job;
use crate::core::command::Note;
use crate::core::command::grammar::nearest;
use crate::core::command::value::{JobId, Word};
use crate::core::command::verb::Verb;
use crate::core::guards::{GuardGrade, GuardName};
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::jobs::KnownJob;
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{Commit, Job, JobEvent, JobStep, Phase, StateKind, Verdict, advance};
use crate::core::reply::{Answer, JobAnswer};

/// The longest reason that is told again in the line that was probably meant.
const LONGEST_REASON: usize = 100;

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
        let known = self.meant_job(None, Verb::Override);
        let speaks = |known: &KnownJob| speaking(known).contains(&guard);
        if !known.as_ref().is_ok_and(speaks) && !self.is_guard(&guard) {
            return self.no_guard(&guard, reason);
        }
        let known = match known {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        let now = self.step_time();
        let seen = &known.record.job;
        let Some(commit) = seen.past.commit.clone() else { return self.nothing_brought(&known) };
        let speaking = speaking(&known);
        let lifted = self.lifted(&known, &commit);
        let left: BTreeSet<GuardName> = speaking.difference(&lifted).cloned().collect();
        let is_mended = seen.state.leased().is_some();
        let Ok((after, _)) = advance(seen, &JobEvent::Lifted.into(), now) else {
            let others_speak = !speaking.is_empty() && !speaking.contains(&guard);
            return match is_mended && others_speak {
                true => nothing_lifted(&guard, &left),
                false => self.nothing_brought(&known),
            };
        };
        // What still waits for something has said nothing yet.
        let may_wait =
            seen.state.kind() == StateKind::Verifying && GuardName::is_built_in(guard.as_str());
        if !speaking.contains(&guard) && !may_wait {
            return nothing_lifted(&guard, &left);
        }
        if is_mended && !mends_guards(&known) {
            return goes_on(&known, &guard);
        }
        // Of several, all have to be lifted before there is nothing left to mend.
        let others = left.iter().filter(|other| **other != guard).map(ToString::to_string);
        let others: Vec<String> = others.filter(|_| is_mended).collect();
        let ends_round = others.is_empty();
        let said = JobAnswer::Lifted {
            guard: guard.to_string(),
            commit: short(&commit),
            agent: known.record.agent().map(str::to_owned),
            others,
        };
        if ends_round {
            self.jobs.insert(after.spec.id, after);
        }
        let (seen, reason) = (Box::new(seen.clone()), reason.to_owned());
        let lift = JobRequest::Lift { seen, guard, commit, reason, ends_round, now };
        self.changes.jobs.push(lift);
        said.into()
    }

    /// The guards that are lifted of a commit, by the lines before as well.
    fn lifted(&self, known: &KnownJob, commit: &Commit) -> BTreeSet<GuardName> {
        let stored = self.snapshot.jobs.lifted.get(&known.id()).into_iter().flatten().cloned();
        let here = self.changes.jobs.iter().filter_map(|request| match request {
            JobRequest::Lift { seen, guard, commit: of, .. } => {
                (seen.spec.id == known.id() && of == commit).then(|| guard.clone())
            }
            _ => None,
        });
        stored.chain(here).collect()
    }

    fn is_guard(&self, guard: &GuardName) -> bool {
        self.guards().any(|name| name == guard.as_str())
    }

    /// What `override` can name: the guards that are built in, and those of the configuration.
    pub(in crate::core::handlers) fn guards(&self) -> impl Iterator<Item = &str> {
        let built_in = GuardName::BUILT_IN.iter().map(GuardName::as_str);
        built_in.chain(self.snapshot.scripts.iter().map(String::as_str))
    }

    fn no_guard(&self, guard: &GuardName, reason: &str) -> Answer {
        let reason = if reason.chars().count() > LONGEST_REASON { "reason" } else { reason };
        let near = nearest(guard.as_str(), self.guards());
        JobAnswer::NoGuard {
            guard: guard.to_string(),
            instead: near.map(|near| format!("override {near} {reason}")),
            guards: self.guards().map(str::to_owned).collect(),
        }
        .into()
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

/// The round that goes on is for something else than guards.
fn goes_on(known: &KnownJob, guard: &GuardName) -> Answer {
    let answer = JobAnswer::RoundGoesOn {
        guard: guard.to_string(),
        agent: known.record.agent().map(str::to_owned),
        is_told: is_told(known),
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

/// Whether the round of repair that goes on is there for what guards found: one that a person asked
/// for, or that mends a conflict, goes on.
fn mends_guards(known: &KnownJob) -> bool {
    let mut judged = known.record.steps.iter().rev().filter(|(step, _)| is_judged(step));
    let blocked = judged.next().is_some_and(|(step, _)| {
        matches!(step, JobStep::Event(JobEvent::Judged(judged)) if judged.verdict == Verdict::Block)
    });
    blocked && !is_told(known)
}

/// Whether a person said what the round that goes on shall do, and its agent hears that.
fn is_told(known: &KnownJob) -> bool {
    let (mut text, mut is_told) = (0, false);
    for (step, _) in &known.record.steps {
        match step {
            step if is_judged(step) => is_told = false,
            JobStep::Event(JobEvent::Decided(..)) => is_told = true,
            JobStep::Event(JobEvent::Told(_) | JobEvent::Reviewed(_)) => {
                is_told |= is_heard(&known.record.job, text);
                text += 1;
            }
            JobStep::Event(_) | JobStep::Act(_) => {}
        }
    }
    is_told
}

/// Whether the text with this number reached the agent that works, or still does.
fn is_heard(job: &Job, text: u32) -> bool {
    let Some(attempt) = job.state.attempt() else { return true };
    let in_its_start = match attempt.phase {
        Phase::Starting { texts } => text < texts,
        Phase::Working => !job.past.unheard.contains(&text),
    };
    in_its_start || attempt.leased.grant.can_be_told
}

fn is_judged(step: &JobStep) -> bool {
    matches!(step, JobStep::Event(JobEvent::Judged(_)))
}

/// The first letters of a commit, as the forge shows it.
fn short(commit: &Commit) -> String {
    commit.to_string().chars().take(7).collect()
}
