//! Jobs whose agent is leased and looked at, before it is started.

use super::action::AttemptEnd;
use super::attempt;
use super::clocks::Deadlines;
use super::event::{Act, JobEvent, JobStep, NeverRan, Progress};
use super::illegal::IllegalReason;
use super::money::Charge;
use super::state::{
    AgentStop, Attempt, Done, Leased, Phase, Preflight, RunningAttempt, State, WorkKind,
};
use super::turn::Turn;

pub(super) fn preflight(
    turn: &mut Turn<'_>,
    preflight: &Preflight,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let Preflight { leased, until } = preflight;
    let same = || State::Preflight(preflight.clone());
    let event = match step {
        JobStep::Act(Act::Lease(_) | Act::Propose(_)) => return Err(IllegalReason::NotHere),
        JobStep::Act(Act::Start(fence)) if *fence != leased.fence() => {
            return Err(IllegalReason::OldAttempt);
        }
        JobStep::Act(Act::Start(_)) => return Ok(start(turn, leased)),
        JobStep::Event(event) => event,
    };
    match event {
        JobEvent::Attempt(fence, _) if *fence != leased.fence() => Err(IllegalReason::OldAttempt),
        JobEvent::Attempt(_, progress) => match progress {
            Progress::NeverRan(why) => Ok(turn.did_not_run(leased, *why)),
            Progress::CutOff { .. } => {
                turn.release(leased.clone(), AttemptEnd::CutOff, Charge::NOTHING, None);
                Ok(turn.cut_off(leased.work))
            }
            Progress::Accepted
            | Progress::Alive
            | Progress::Heard(_)
            | Progress::Asks
            | Progress::Answered
            | Progress::HostAway
            | Progress::HostBack
            | Progress::Ended { .. }
            | Progress::Failed { .. }
            | Progress::Stopped { .. }
            | Progress::Lost
            | Progress::Unclear => Err(IllegalReason::NotHere),
        },
        JobEvent::Due if *until > turn.at() => Err(IllegalReason::NotDue),
        JobEvent::Due => Ok(turn.did_not_run(leased, NeverRan::TooSlow)),
        JobEvent::Pushed(push) => {
            turn.pushed(push, None);
            Ok(same())
        }
        JobEvent::Merged(merge) => {
            turn.merged(merge);
            turn.release(leased.clone(), AttemptEnd::Stopped, Charge::NOTHING, None);
            Ok(State::Done(Done::Merged))
        }
        JobEvent::Told(text) => {
            turn.told(text);
            Ok(same())
        }
        JobEvent::Reviewed(text) => {
            turn.reviewed(text);
            Ok(same())
        }
        JobEvent::Cancel(reason) => {
            turn.release(leased.clone(), AttemptEnd::Stopped, Charge::NOTHING, None);
            Ok(Turn::cancelled(reason, AgentStop::NoneRan))
        }
        JobEvent::Refund(fence) => turn.refund(*fence).map(|()| same()),
        // Where the ledger came from, it may have been started.
        JobEvent::Restored => {
            let attempt = started(turn, leased);
            let clocks = Deadlines::begin(&leased.grant.timeouts, turn.at());
            Ok(attempt::uncertain(turn, attempt, clocks.stand(turn.at())))
        }
        // Of what was merged before it began once more.
        JobEvent::Reverted(_) if turn.past.retried => Ok(same()),
        JobEvent::Judged(_)
        | JobEvent::Decided(..)
        | JobEvent::AskAgain(_)
        | JobEvent::NotMerged(_)
        | JobEvent::Reverted(_) => Err(IllegalReason::OutOfDate),
        JobEvent::Lifted if leased.work != WorkKind::Begin => {
            let (leased, end) = (leased.clone(), AttemptEnd::Stopped);
            turn.without_round(|turn| turn.release(leased, end, Charge::NOTHING, None));
            Ok(turn.verify())
        }
        JobEvent::Dismissed(text) => {
            turn.forget(*text)?;
            if !turn.is_for_nothing(leased.work) {
                return Ok(same());
            }
            let (leased, end) = (leased.clone(), AttemptEnd::Stopped);
            turn.without_round(|turn| turn.release(leased, end, Charge::NOTHING, None));
            Ok(turn.verify())
        }
        JobEvent::Ready | JobEvent::Recheck | JobEvent::Lifted | JobEvent::Retry(_) => {
            Err(IllegalReason::NotHere)
        }
    }
}

fn start(turn: &Turn<'_>, leased: &Leased) -> State {
    let clocks = Deadlines::begin(&leased.grant.timeouts, turn.at());
    State::Running(RunningAttempt { attempt: started(turn, leased), clocks })
}

fn started(turn: &Turn<'_>, leased: &Leased) -> Attempt {
    let phase = Phase::Starting { texts: turn.past.texts };
    let (leased, since) = (leased.clone(), turn.at());
    Attempt { leased, since, phase, pushed: false, answer: None, stopping: None }
}
