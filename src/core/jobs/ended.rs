//! Jobs that have ended: only `retry` leads out of that.

use super::event::{Event, Step};
use super::illegal::Why;
use super::state::{State, StateKind, Work};
use super::turn::Turn;

pub(super) fn ended(turn: &mut Turn<'_>, state: &State, step: &Step) -> Result<State, Why> {
    let Step::Event(event) = step else { return Err(Why::Ended) };
    match event {
        Event::Retry(agent) => {
            // What died goes on where it stood. Of the others, the branch has been dealt with, or
            // somebody may still push to it.
            if state.kind() != StateKind::Dead {
                turn.leave_branch();
                turn.past.commit = None;
            }
            turn.retry(agent);
            turn.begin_anew();
            Ok(turn.queue(Work::Begin))
        }
        Event::Pushed(push) => {
            turn.pushed(push, None);
            Ok(state.clone())
        }
        Event::Refund(fence) => turn.refund(*fence).map(|()| state.clone()),
        Event::Restored => Ok(state.clone()),
        Event::Attempt(..)
        | Event::Due
        | Event::Ready
        | Event::Judged(_)
        | Event::Merged(_)
        | Event::Decided(..)
        | Event::Recheck
        | Event::Told(_)
        | Event::Cancel(_) => Err(Why::Ended),
    }
}
