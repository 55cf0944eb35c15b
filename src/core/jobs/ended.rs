//! Jobs that have ended: only `retry` leads out of that, of what a person accepted that it could
//! not be merged, or a person's review that asks for changes, and of what nobody had to accept an agent's.
//! What is done may still be merged.

use super::event::{JobEvent, JobStep};
use super::illegal::IllegalReason;
use super::merge_refusal::MergeRecovery;
use super::state::{Done, State, StateKind, WorkKind};
use super::turn::Turn;

pub(super) fn ended(
    turn: &mut Turn<'_>,
    state: &State,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let JobStep::Event(event) = step else { return Err(IllegalReason::Ended) };
    match event {
        JobEvent::Retry(agent) => {
            // What died goes on where it stood. Of the others, the branch has been dealt with, or
            // somebody may still push to it.
            if state.kind() != StateKind::Dead {
                turn.leave_branch();
                turn.past.commit = None;
            }
            turn.retry(agent);
            turn.begin_anew();
            Ok(turn.queue(WorkKind::Begin))
        }
        JobEvent::Pushed(push) => {
            turn.pushed(push, None);
            Ok(state.clone())
        }
        JobEvent::Merged(merge)
            if matches!(state, State::Done(Done::Verified | Done::Accepted)) =>
        {
            turn.merged(merge);
            Ok(State::Done(Done::Merged))
        }
        JobEvent::Reverted(_) if matches!(state, State::Done(Done::Merged)) => {
            Ok(State::Done(Done::Reverted))
        }
        // Of what was merged before it began once more.
        JobEvent::Reverted(_) if turn.past.retried => Ok(state.clone()),
        JobEvent::NotMerged(refusal) if matches!(state, State::Done(Done::Accepted)) => {
            Ok(match refusal.recovery() {
                MergeRecovery::Repaired => turn.repair(),
                MergeRecovery::Updated | MergeRecovery::JudgedAnew => turn.verify(),
                MergeRecovery::Soon | MergeRecovery::ByAPerson | MergeRecovery::Over => {
                    state.clone()
                }
            })
        }
        // A person asks for changes after another one said yes: what is not merged yet is mended first.
        JobEvent::Told(text)
            if matches!(state, State::Done(Done::Accepted))
                && turn.past.pull.is_some()
                && text.asks_for_changes() =>
        {
            turn.past.accepted = None;
            turn.told(text);
            Ok(turn.revise())
        }
        JobEvent::Reviewed(text) if matches!(state, State::Done(Done::Verified)) => {
            turn.reviewed(text);
            Ok(turn.repair())
        }
        JobEvent::Refund(fence) => turn.refund(*fence).map(|()| state.clone()),
        JobEvent::Restored => Ok(state.clone()),
        JobEvent::Attempt(..)
        | JobEvent::Due
        | JobEvent::Ready
        | JobEvent::Judged(_)
        | JobEvent::Merged(_)
        | JobEvent::Reverted(_)
        | JobEvent::NotMerged(_)
        | JobEvent::Decided(..)
        | JobEvent::AskAgain(_)
        | JobEvent::Recheck
        | JobEvent::Lifted
        | JobEvent::Told(_)
        | JobEvent::Reviewed(_)
        | JobEvent::Dismissed(_)
        | JobEvent::Cancel(_) => Err(IllegalReason::Ended),
    }
}
