//! Jobs whose agent is leased and looked at, before it is started.

use super::action::AttemptEnd;
use super::attempt;
use super::clocks::Deadlines;
use super::event::{Act, Event, NeverRan, Progress, Step};
use super::illegal::Why;
use super::money::Charge;
use super::state::{AgentStop, Attempt, Done, Leased, Phase, Preflight, Running, State};
use super::turn::Turn;

pub(super) fn preflight(
    turn: &mut Turn<'_>,
    preflight: &Preflight,
    step: &Step,
) -> Result<State, Why> {
    let Preflight { leased, until } = preflight;
    let same = || State::Preflight(preflight.clone());
    let event = match step {
        Step::Act(Act::Lease(_)) => return Err(Why::NotHere),
        Step::Act(Act::Start(fence)) if *fence != leased.fence() => return Err(Why::OldAttempt),
        Step::Act(Act::Start(_)) => return Ok(start(turn, leased)),
        Step::Event(event) => event,
    };
    match event {
        Event::Attempt(fence, _) if *fence != leased.fence() => Err(Why::OldAttempt),
        Event::Attempt(_, progress) => match progress {
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
            | Progress::Unclear => Err(Why::NotHere),
        },
        Event::Due if *until > turn.at() => Err(Why::NotDue),
        Event::Due => Ok(turn.did_not_run(leased, NeverRan::TooSlow)),
        Event::Pushed(push) => {
            turn.pushed(push, None);
            Ok(same())
        }
        Event::Merged(commit) => {
            turn.past.commit = Some(commit.clone());
            turn.release(leased.clone(), AttemptEnd::Stopped, Charge::NOTHING, None);
            Ok(State::Done(Done::Merged))
        }
        Event::Told(_) => {
            turn.told();
            Ok(same())
        }
        Event::Cancel(reason) => {
            turn.release(leased.clone(), AttemptEnd::Stopped, Charge::NOTHING, None);
            Ok(Turn::cancelled(reason, AgentStop::NoneRan))
        }
        Event::Refund(fence) => turn.refund(*fence).map(|()| same()),
        // Where the ledger came from, it may have been started.
        Event::Restored => {
            let attempt = started(turn, leased);
            let clocks = Deadlines::begin(&leased.grant.timeouts, turn.at());
            Ok(attempt::uncertain(turn, attempt, clocks.stand(turn.at())))
        }
        Event::Judged(_) | Event::Decided(..) => Err(Why::OutOfDate),
        Event::Ready | Event::Recheck | Event::Retry(_) => Err(Why::NotHere),
    }
}

fn start(turn: &Turn<'_>, leased: &Leased) -> State {
    let clocks = Deadlines::begin(&leased.grant.timeouts, turn.at());
    State::Running(Running { attempt: started(turn, leased), clocks })
}

fn started(turn: &Turn<'_>, leased: &Leased) -> Attempt {
    let phase = Phase::Starting { texts: turn.past.texts };
    let (leased, since) = (leased.clone(), turn.at());
    Attempt { leased, since, phase, pushed: false, answer: None, stopping: None }
}
