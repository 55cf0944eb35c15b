//! Jobs for which nothing runs and nothing is looked at: queued, backing off, or waiting for
//! something that has to be there first.

use super::clocks::Timeouts;
use super::event::{Act, CancelReason, JobEvent, JobStep, LeaseTerms, NeverRan, PersonAnswer};
use super::illegal::IllegalReason;
use super::state::{
    AgentStop, AwaitedStart, BackingOff, DeadReason, Done, IdleWait, Leased, Preflight, Queued,
    State, WaitReason, Waiting, WorkKind,
};
use super::turn::Turn;

pub(super) fn queued(
    turn: &mut Turn<'_>,
    queued: &Queued,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let Queued { work, until } = queued;
    match step {
        JobStep::Act(Act::Lease(grant)) => lease(turn, *work, grant),
        JobStep::Act(Act::Propose(proposal)) => {
            turn.past.asked += 1;
            let (work, proposal) = (*work, (**proposal).clone());
            let until = turn.at().after(turn.spec.limits.begin);
            Ok(State::Waiting(Waiting::Start(Box::new(AwaitedStart { work, proposal, until }))))
        }
        JobStep::Event(JobEvent::Due) if *until > turn.at() => Err(IllegalReason::NotDue),
        JobStep::Event(JobEvent::Due) => {
            Ok(State::Dead(DeadReason::NeverRan(NeverRan::NobodyFree)))
        }
        JobStep::Event(JobEvent::Ready) => Err(IllegalReason::NotHere),
        other @ (JobStep::Act(_) | JobStep::Event(_)) => {
            without_attempt(turn, *work, &State::Queued(queued.clone()), other)
        }
    }
}

fn lease(turn: &mut Turn<'_>, work: WorkKind, grant: &LeaseTerms) -> Result<State, IllegalReason> {
    if turn.past.fence.is_some_and(|newest| grant.fence <= newest) {
        return Err(IllegalReason::OldFence);
    }
    turn.past.fence = Some(grant.fence);
    let Timeouts { start, .. } = grant.timeouts;
    let leased = Leased { grant: grant.clone(), work, branch: turn.past.branch };
    Ok(State::Preflight(Preflight { leased, until: turn.at().after(start) }))
}

pub(super) fn backing_off(
    turn: &mut Turn<'_>,
    backing_off: &BackingOff,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let BackingOff { work, until } = backing_off;
    match step {
        JobStep::Event(JobEvent::Due) if *until > turn.at() => Err(IllegalReason::NotDue),
        JobStep::Event(JobEvent::Due) => Ok(turn.queue(*work)),
        JobStep::Act(Act::Lease(_)) | JobStep::Event(JobEvent::Ready) => {
            Err(IllegalReason::NotHere)
        }
        other @ (JobStep::Act(_) | JobStep::Event(_)) => {
            without_attempt(turn, *work, &State::BackingOff(backing_off.clone()), other)
        }
    }
}

pub(super) fn waiting(
    turn: &mut Turn<'_>,
    idle: &IdleWait,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let IdleWait { work, for_what, until } = idle;
    match (step, for_what) {
        (JobStep::Event(JobEvent::Due), _) if *until > turn.at() => Err(IllegalReason::NotDue),
        // If nobody answered, the next attempt has to do without.
        (JobStep::Event(JobEvent::Due), _) => Ok(turn.queue(*work)),
        (
            JobStep::Event(JobEvent::Ready),
            WaitReason::Host | WaitReason::Pool | WaitReason::GreenBranch,
        ) => Ok(turn.queue(*work)),
        (JobStep::Event(JobEvent::Decided(asked, _)), WaitReason::Person) => {
            match *asked == turn.past.asked {
                true => {
                    turn.past.outcomes.clear();
                    Ok(turn.queue(*work))
                }
                false => Err(IllegalReason::OutOfDate),
            }
        }
        (JobStep::Event(JobEvent::AskAgain(asked)), WaitReason::Person)
            if *asked == turn.past.asked =>
        {
            turn.past.asked += 1;
            Ok(State::Waiting(Waiting::Idle(idle.clone())))
        }
        (JobStep::Event(JobEvent::Ready), WaitReason::Person)
        | (JobStep::Act(Act::Lease(_)), _) => Err(IllegalReason::NotHere),
        (other, _) => {
            let same = State::Waiting(Waiting::Idle(idle.clone()));
            without_attempt(turn, *work, &same, other)
        }
    }
}

/// A person is asked whether it may begin.
pub(super) fn awaiting_start(
    turn: &mut Turn<'_>,
    awaited: &AwaitedStart,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let AwaitedStart { work, proposal, until } = awaited;
    let declined = |why: CancelReason| Ok(Turn::cancelled(&why, AgentStop::NoneRan));
    match step {
        JobStep::Event(JobEvent::Due) if *until > turn.at() => Err(IllegalReason::NotDue),
        JobStep::Event(JobEvent::Due) => declined(CancelReason::NotAllowed),
        JobStep::Event(JobEvent::Decided(asked, _) | JobEvent::AskAgain(asked))
            if *asked != turn.past.asked =>
        {
            Err(IllegalReason::OutOfDate)
        }
        JobStep::Event(JobEvent::Decided(_, PersonAnswer::Yes)) => {
            turn.past.allowed = Some(proposal.terms.clone());
            Ok(turn.queue(*work))
        }
        JobStep::Event(JobEvent::Decided(_, PersonAnswer::No(_))) => {
            declined(CancelReason::Declined)
        }
        // What is asked is made of what there is: that is looked at anew.
        JobStep::Event(JobEvent::AskAgain(_)) => Ok(turn.queue(*work)),
        JobStep::Event(JobEvent::Restored) => {
            turn.leave_branch();
            Ok(turn.queue(*work))
        }
        // To want it once more is not yet the yes that is asked for.
        JobStep::Event(JobEvent::Decided(_, PersonAnswer::Revise) | JobEvent::Retry(None))
        | JobStep::Event(JobEvent::Ready)
        | JobStep::Act(_) => Err(IllegalReason::NotHere),
        other @ JobStep::Event(_) => {
            let same = State::Waiting(Waiting::Start(Box::new(awaited.clone())));
            without_attempt(turn, *work, &same, other)
        }
    }
}

/// What happens in the same way wherever nothing runs.
fn without_attempt(
    turn: &mut Turn<'_>,
    work: WorkKind,
    same: &State,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let JobStep::Event(event) = step else { return Err(IllegalReason::NotHere) };
    match event {
        JobEvent::Attempt(..) => Err(IllegalReason::OldAttempt),
        JobEvent::Pushed(push) => {
            turn.pushed(push, None);
            Ok(same.clone())
        }
        JobEvent::Merged(merge) => {
            turn.merged(merge);
            Ok(State::Done(Done::Merged))
        }
        JobEvent::Recheck | JobEvent::Lifted => match work {
            WorkKind::Repair(_) => {
                turn.without_round(|_| {});
                Ok(turn.verify())
            }
            WorkKind::Begin => Err(IllegalReason::NotHere),
        },
        JobEvent::Told(text) => {
            turn.told(text);
            Ok(same.clone())
        }
        JobEvent::Reviewed(text) => {
            turn.reviewed(text);
            Ok(same.clone())
        }
        JobEvent::Dismissed(text) => {
            turn.forget(*text)?;
            if !turn.is_for_nothing(work) {
                return Ok(same.clone());
            }
            turn.without_round(|_| {});
            Ok(turn.verify())
        }
        JobEvent::Cancel(reason) => Ok(Turn::cancelled(reason, AgentStop::NoneRan)),
        JobEvent::Retry(agent) => {
            turn.retry(agent);
            Ok(turn.queue(work))
        }
        JobEvent::Refund(fence) => turn.refund(*fence).map(|()| same.clone()),
        // The next attempt may have begun elsewhere.
        JobEvent::Restored => {
            turn.leave_branch();
            Ok(same.clone())
        }
        // Of what was merged before it began once more.
        JobEvent::Reverted(_) if turn.past.retried => Ok(same.clone()),
        JobEvent::Judged(_) => Err(IllegalReason::OutOfDate),
        JobEvent::Decided(..)
        | JobEvent::AskAgain(_)
        | JobEvent::NotMerged(_)
        | JobEvent::Reverted(_) => Err(IllegalReason::OutOfDate),
        JobEvent::Due | JobEvent::Ready => Err(IllegalReason::NotHere),
    }
}
