//! Jobs with an attempt that may be running: running, held by a host or a person, or uncertain.

use super::action::AttemptEnd;
use super::clocks::{DeadlineKind, Deadlines, TimeLeft};
use super::event::{CancelReason, JobEvent, JobStep, OutcomeDigest};
use super::illegal::IllegalReason;
use super::live::{Live, UNANSWERED, live, stopping};
use super::state::{
    AgentStop, Attempt, HeldAttempt, HeldBy, Phase, RunningAttempt, State, Then, Uncertain,
    WaitReason, Waiting, WorkKind,
};
use super::turn::Turn;
use crate::core::model::time::Timestamp;

pub(super) fn running(
    turn: &mut Turn<'_>,
    running: &RunningAttempt,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let RunningAttempt { attempt, clocks } = running;
    let at = turn.at();
    let with = |attempt| State::Running(RunningAttempt { attempt, ..running.clone() });
    if *step == JobStep::Event(JobEvent::Lifted) {
        return is_for_nothing(attempt)
            .then(|| with(stopping(turn, attempt, Then::Lifted)))
            .ok_or(IllegalReason::NotHere);
    }
    match live(turn, attempt, step)? {
        Live::Moved(state) => Ok(state),
        Live::Same(attempt) => Ok(with(attempt)),
        Live::Due => match &attempt.stopping {
            Some(stopping) => Ok(turn.stopped(attempt, &stopping.then, false, attempt.bound())),
            None if clocks.first() > at => Err(IllegalReason::NotDue),
            None => Ok(with(stopping(turn, attempt, Then::TimedOut(clock(attempt, *clocks, at))))),
        },
        Live::Works => {
            let timeouts = &attempt.leased.grant.timeouts;
            let clocks = match attempt.phase {
                Phase::Starting { .. } => clocks.accepted(timeouts, at),
                Phase::Working => clocks.alive(timeouts, at),
            };
            let attempt = accepted(turn, attempt);
            Ok(State::Running(RunningAttempt { attempt, clocks }))
        }
        Live::Asks if attempt.phase == Phase::Working && attempt.stopping.is_none() => {
            turn.past.asked += 1;
            let until = at.after(turn.spec.limits.question);
            let attempt = Attempt { answer: None, ..attempt.clone() };
            Ok(held(&attempt, clocks.stand(at), HeldBy::Person, until))
        }
        Live::Answered if attempt.answer.is_some() => {
            Ok(with(Attempt { answer: None, ..attempt.clone() }))
        }
        Live::HostAway => {
            let until = at.after(turn.spec.limits.absent);
            Ok(held(attempt, clocks.stand(at), HeldBy::Host, until))
        }
        Live::Unclear => Ok(uncertain(turn, attempt.clone(), clocks.stand(at))),
        Live::Asks | Live::Answered | Live::HostBack | Live::Decided(_) | Live::AskAgain => {
            Err(IllegalReason::NotHere)
        }
    }
}

/// Whether nobody needs it once what it mends is let pass: what it pushed already is judged when it
/// ends. (One that is held, or may have run, nobody can tell the end of.)
fn is_for_nothing(attempt: &Attempt) -> bool {
    let mends = attempt.leased.work != WorkKind::Begin;
    mends && attempt.stopping.is_none() && !attempt.pushed
}

/// Which clock ran out.
fn clock(attempt: &Attempt, clocks: Deadlines, at: Timestamp) -> DeadlineKind {
    match attempt.phase {
        _ if clocks.is_total_over(at) => DeadlineKind::Total,
        Phase::Starting { .. } => DeadlineKind::Start,
        Phase::Working => DeadlineKind::Silence,
    }
}

fn held(attempt: &Attempt, left: TimeLeft, by: HeldBy, until: Timestamp) -> State {
    State::Waiting(Waiting::Held(Box::new(HeldAttempt {
        attempt: attempt.clone(),
        left,
        by,
        until,
    })))
}

pub(super) fn waiting(
    turn: &mut Turn<'_>,
    held: &HeldAttempt,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let HeldAttempt { attempt, left, by, until } = held;
    let at = turn.at();
    let go_on = |attempt| State::Running(RunningAttempt { attempt, clocks: left.go_on(at) });
    let answered = |allowed| go_on(Attempt { answer: Some(allowed), ..attempt.clone() });
    match (live(turn, attempt, step)?, by) {
        // What it ended for is what it asks already.
        (Live::Moved(state), HeldBy::Person) if asks_a_person(&state) => {
            turn.past.asked -= 1;
            Ok(state)
        }
        (Live::Moved(state), _) => Ok(state),
        (Live::Same(attempt), _) => {
            Ok(State::Waiting(Waiting::Held(Box::new(HeldAttempt { attempt, ..held.clone() }))))
        }
        (Live::Due, _) => match (&attempt.stopping, by) {
            (Some(stopping), _) => {
                Ok(turn.stopped(attempt, &stopping.then, false, attempt.bound()))
            }
            (None, _) if *until > at => Err(IllegalReason::NotDue),
            (None, HeldBy::Host) => Ok(uncertain(turn, attempt.clone(), *left)),
            // One that asks for ever does nothing else.
            (None, HeldBy::Person) if turn.is_loop(None, OutcomeDigest(UNANSWERED.to_owned())) => {
                let attempt = stopping(turn, attempt, Then::TimedOut(DeadlineKind::Total));
                Ok(go_on(attempt))
            }
            (None, HeldBy::Person) => Ok(answered(false)),
        },
        // A host that is back, or an agent that did not wait for the answer.
        (Live::Works, _) => Ok(go_on(accepted(turn, attempt))),
        (Live::HostBack, HeldBy::Host) => Ok(go_on(attempt.clone())),
        (Live::Decided(allowed), HeldBy::Person) => {
            turn.past.outcomes.clear();
            Ok(answered(allowed))
        }
        (Live::AskAgain, HeldBy::Person) => {
            turn.past.asked += 1;
            Ok(State::Waiting(Waiting::Held(Box::new(held.clone()))))
        }
        (Live::Unclear, _) => Ok(uncertain(turn, attempt.clone(), *left)),
        (Live::HostBack, HeldBy::Person)
        | (Live::Decided(_) | Live::AskAgain, HeldBy::Host)
        | (Live::HostAway | Live::Asks | Live::Answered, _) => Err(IllegalReason::NotHere),
    }
}

/// Whether it goes on with the answer of a person.
fn asks_a_person(state: &State) -> bool {
    matches!(state, State::Waiting(Waiting::Idle(wait)) if wait.for_what == WaitReason::Person)
}

pub(super) fn uncertain_step(
    turn: &mut Turn<'_>,
    uncertain: &Uncertain,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let Uncertain { attempt, left, until } = uncertain;
    let given_up = || Turn::cancelled(&CancelReason::Uncertain, AgentStop::NotSeen);
    match live(turn, attempt, step)? {
        Live::Moved(state) => Ok(state),
        Live::Same(attempt) => Ok(State::Uncertain(Uncertain { attempt, ..uncertain.clone() })),
        Live::Due => match &attempt.stopping {
            Some(stopping) => Ok(turn.stopped(attempt, &stopping.then, false, attempt.bound())),
            None if *until > turn.at() => Err(IllegalReason::NotDue),
            None => {
                turn.release_ran(attempt, AttemptEnd::Uncertain, attempt.bound());
                Ok(given_up())
            }
        },
        Live::Works => {
            let attempt = accepted(turn, attempt);
            Ok(State::Running(RunningAttempt { attempt, clocks: left.go_on(turn.at()) }))
        }
        Live::Decided(again) => {
            turn.release_ran(attempt, AttemptEnd::Uncertain, attempt.bound());
            turn.leave_branch();
            Ok(match again {
                true => turn.queue(attempt.leased.work),
                false => given_up(),
            })
        }
        Live::AskAgain => {
            turn.past.asked += 1;
            Ok(State::Uncertain(uncertain.clone()))
        }
        Live::Unclear => Ok(State::Uncertain(uncertain.clone())),
        Live::Asks | Live::Answered | Live::HostAway | Live::HostBack => {
            Err(IllegalReason::NotHere)
        }
    }
}

pub(super) fn uncertain(turn: &mut Turn<'_>, attempt: Attempt, left: TimeLeft) -> State {
    turn.past.asked += 1;
    let until = turn.at().after(turn.spec.limits.uncertain);
    State::Uncertain(Uncertain { attempt, left, until })
}

/// The agent works: it has what its start said to it.
fn accepted(turn: &mut Turn<'_>, attempt: &Attempt) -> Attempt {
    if let Phase::Starting { texts } = attempt.phase {
        turn.past.unheard.retain(|text| *text >= texts);
    }
    Attempt { phase: Phase::Working, ..attempt.clone() }
}
