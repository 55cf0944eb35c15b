//! Jobs for which nothing runs and nothing is looked at: queued, backing off, or waiting for
//! something that has to be there first.

use super::clocks::Timeouts;
use super::event::{Act, Event, Grant, NeverRan, Step};
use super::illegal::Why;
use super::state::{
    AgentStop, BackingOff, DeadReason, Done, Idle, Leased, Preflight, Queued, State, Waiting,
    WaitsFor, Work,
};
use super::turn::Turn;

pub(super) fn queued(turn: &mut Turn<'_>, queued: &Queued, step: &Step) -> Result<State, Why> {
    let Queued { work, until } = queued;
    match step {
        Step::Act(Act::Lease(grant)) => lease(turn, *work, grant),
        Step::Event(Event::Due) if *until > turn.at() => Err(Why::NotDue),
        Step::Event(Event::Due) => Ok(State::Dead(DeadReason::NeverRan(NeverRan::NobodyFree))),
        Step::Event(Event::Ready) => Err(Why::NotHere),
        other @ (Step::Act(_) | Step::Event(_)) => {
            without_attempt(turn, *work, &State::Queued(queued.clone()), other)
        }
    }
}

fn lease(turn: &mut Turn<'_>, work: Work, grant: &Grant) -> Result<State, Why> {
    if turn.past.fence.is_some_and(|newest| grant.fence <= newest) {
        return Err(Why::OldFence);
    }
    turn.past.fence = Some(grant.fence);
    let Timeouts { start, .. } = grant.timeouts;
    let leased = Leased { grant: grant.clone(), work, branch: turn.past.branch };
    Ok(State::Preflight(Preflight { leased, until: turn.at().after(start) }))
}

pub(super) fn backing_off(
    turn: &mut Turn<'_>,
    backing_off: &BackingOff,
    step: &Step,
) -> Result<State, Why> {
    let BackingOff { work, until } = backing_off;
    match step {
        Step::Event(Event::Due) if *until > turn.at() => Err(Why::NotDue),
        Step::Event(Event::Due) => Ok(turn.queue(*work)),
        Step::Act(Act::Lease(_)) | Step::Event(Event::Ready) => Err(Why::NotHere),
        other @ (Step::Act(_) | Step::Event(_)) => {
            without_attempt(turn, *work, &State::BackingOff(backing_off.clone()), other)
        }
    }
}

pub(super) fn waiting(turn: &mut Turn<'_>, idle: &Idle, step: &Step) -> Result<State, Why> {
    let Idle { work, for_what, until } = idle;
    match (step, for_what) {
        (Step::Event(Event::Due), _) if *until > turn.at() => Err(Why::NotDue),
        // If nobody answered, the next attempt has to do without.
        (Step::Event(Event::Due), _) => Ok(turn.queue(*work)),
        (Step::Event(Event::Ready), WaitsFor::Host | WaitsFor::Pool | WaitsFor::GreenBranch) => {
            Ok(turn.queue(*work))
        }
        (Step::Event(Event::Decided(asked, _)), WaitsFor::Person) => {
            match *asked == turn.past.asked {
                true => {
                    turn.past.outcomes.clear();
                    Ok(turn.queue(*work))
                }
                false => Err(Why::OutOfDate),
            }
        }
        (Step::Event(Event::Ready), WaitsFor::Person) | (Step::Act(Act::Lease(_)), _) => {
            Err(Why::NotHere)
        }
        (other, _) => {
            let same = State::Waiting(Waiting::Idle(idle.clone()));
            without_attempt(turn, *work, &same, other)
        }
    }
}

/// What happens in the same way wherever nothing runs.
fn without_attempt(
    turn: &mut Turn<'_>,
    work: Work,
    same: &State,
    step: &Step,
) -> Result<State, Why> {
    let Step::Event(event) = step else { return Err(Why::NotHere) };
    match event {
        Event::Attempt(..) => Err(Why::OldAttempt),
        Event::Pushed(push) => {
            turn.pushed(push, None);
            Ok(same.clone())
        }
        Event::Merged(commit) => {
            turn.past.commit = Some(commit.clone());
            Ok(State::Done(Done::Merged))
        }
        // A guard was lifted before its repair began.
        Event::Recheck => match work {
            Work::Repair(_) => {
                turn.past.rounds = turn.past.rounds.saturating_sub(1);
                Ok(turn.verify())
            }
            Work::Begin => Err(Why::NotHere),
        },
        Event::Told(_) => {
            turn.told();
            Ok(same.clone())
        }
        Event::Cancel(reason) => Ok(Turn::cancelled(reason, AgentStop::NoneRan)),
        Event::Retry(agent) => {
            turn.retry(agent);
            Ok(turn.queue(work))
        }
        Event::Refund(fence) => turn.refund(*fence).map(|()| same.clone()),
        // The next attempt may have begun elsewhere.
        Event::Restored => {
            turn.leave_branch();
            Ok(same.clone())
        }
        Event::Judged(_) => Err(Why::OutOfDate),
        Event::Decided(..) => Err(Why::OutOfDate),
        Event::Due | Event::Ready => Err(Why::NotHere),
    }
}
