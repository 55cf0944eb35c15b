//! Jobs with a result: it is compared with the forge, or a person decides about it.

use super::action::Action;
use super::event::{Answer, CancelReason, Event, Judgement, Step, Verdict};
use super::illegal::Why;
use super::state::{AgentStop, DeadReason, Deciding, Done, Question, State, Verifying, Work};
use super::turn::Turn;

pub(super) fn verifying(
    turn: &mut Turn<'_>,
    verifying: &Verifying,
    step: &Step,
) -> Result<State, Why> {
    match step {
        Step::Event(Event::Judged(judgement)) => judged(turn, judgement),
        Step::Event(Event::Due) if verifying.until > turn.at() => Err(Why::NotDue),
        // What cannot be judged is not passed.
        Step::Event(Event::Due) => Ok(turn.ask(Question::Guard)),
        Step::Event(Event::Decided(..)) => Err(Why::OutOfDate),
        other @ (Step::Act(_) | Step::Event(_)) => {
            with_result(turn, &State::Verifying(verifying.clone()), other)
        }
    }
}

fn judged(turn: &mut Turn<'_>, judgement: &Judgement) -> Result<State, Why> {
    let Judgement { look, commit, pull, verdict, digest } = judgement;
    if *look != turn.past.look {
        return Err(Why::OutOfDate);
    }
    let last = turn.past.last.clone();
    if let Some(last) = &last {
        let left = !matches!(verdict, Verdict::Nothing);
        turn.once.push(Action::Left { fence: last.fence(), left });
        if left {
            turn.past.never_ran = 0;
        }
    }
    if commit.is_some() {
        turn.past.commit.clone_from(commit);
    }
    turn.past.pull = pull.or(turn.past.pull);
    Ok(match verdict {
        // Late work may be good, and is never trusted unseen.
        Verdict::Pass { .. } | Verdict::NoChange { .. } | Verdict::Ask
            if turn.past.late.is_some() =>
        {
            turn.ask(Question::Guard)
        }
        Verdict::Ask => turn.ask(Question::Guard),
        Verdict::Pass { ask } => {
            if turn.past.branch > 1 {
                turn.once.push(Action::CloseBefore(turn.past.branch));
            }
            if *ask { turn.ask(Question::Accept) } else { State::Done(Done::Verified) }
        }
        Verdict::NoChange { ask: true } => turn.ask(Question::NoChange),
        Verdict::NoChange { ask: false } => State::NoChange,
        Verdict::Block | Verdict::Stuck if turn.is_loop(None, digest.clone()) => {
            State::Dead(DeadReason::Loop)
        }
        Verdict::Block => turn.repair(),
        Verdict::Stuck => turn.ask(Question::Stuck),
        Verdict::Nothing => match last {
            Some(last) => turn.spend(&last, Some(digest.clone())),
            None => return Err(Why::NotHere),
        },
    })
}

pub(super) fn deciding(
    turn: &mut Turn<'_>,
    deciding: &Deciding,
    step: &Step,
) -> Result<State, Why> {
    let Deciding { question, until } = deciding;
    match step {
        Step::Event(Event::Decided(asked, answer)) => match *asked == turn.past.asked {
            true => Ok(decided(turn, *question, *answer)),
            false => Err(Why::OutOfDate),
        },
        Step::Event(Event::Due) => match until {
            None => Err(Why::NotHere),
            Some(until) if *until > turn.at() => Err(Why::NotDue),
            Some(_) => Ok(State::Dead(DeadReason::Unanswered)),
        },
        Step::Event(Event::Judged(_)) => Err(Why::OutOfDate),
        other @ (Step::Act(_) | Step::Event(_)) => {
            with_result(turn, &State::Deciding(deciding.clone()), other)
        }
    }
}

fn decided(turn: &mut Turn<'_>, question: Question, answer: Answer) -> State {
    // A person has looked, and knows what was late.
    turn.past.outcomes.clear();
    turn.past.late = None;
    match (question, answer) {
        (Question::Accept, Answer::Yes) => State::Done(Done::Accepted),
        (Question::NoChange, Answer::Yes) => State::NoChange,
        // The finding passes: the others are looked at once more.
        (Question::Guard, Answer::Yes) => turn.verify(),
        (Question::Repair, Answer::Yes) => {
            turn.past.rounds_allowed = turn.past.rounds + turn.spec.limits.repairs.max(1);
            turn.repair()
        }
        (Question::Accept | Question::Guard | Question::Repair, Answer::Revise) => {
            turn.past.rounds_allowed = turn.past.rounds_allowed.max(turn.past.rounds + 1);
            turn.repair()
        }
        (Question::NoChange, Answer::Revise)
        | (Question::Stuck, Answer::Yes | Answer::Revise)
        | (Question::Permission | Question::Uncertain, Answer::Yes | Answer::Revise) => {
            turn.queue(Work::Begin)
        }
        (
            Question::Accept | Question::NoChange | Question::Guard | Question::Repair,
            Answer::No(cause),
        ) => Turn::cancelled(&CancelReason::Rejected(cause), AgentStop::Seen),
        (Question::Stuck | Question::Permission | Question::Uncertain, Answer::No(_)) => {
            State::Dead(DeadReason::Unanswered)
        }
    }
}

/// What happens in the same way wherever there is a result and no attempt.
fn with_result(turn: &mut Turn<'_>, same: &State, step: &Step) -> Result<State, Why> {
    let Step::Event(event) = step else { return Err(Why::NotHere) };
    match event {
        Event::Attempt(..) => Err(Why::OldAttempt),
        // A new head: what was found of the one before, and what was asked about it, is void.
        Event::Pushed(push) => match turn.pushed(push, None) {
            true => Ok(turn.verify()),
            false => Ok(same.clone()),
        },
        Event::Merged(commit) => {
            turn.past.commit = Some(commit.clone());
            Ok(State::Done(Done::Merged))
        }
        Event::Recheck => Ok(turn.verify()),
        Event::Told(_) => {
            turn.told();
            Ok(same.clone())
        }
        Event::Cancel(reason) => Ok(Turn::cancelled(reason, AgentStop::Seen)),
        Event::Refund(fence) => turn.refund(*fence).map(|()| same.clone()),
        // Open questions are void, and the forge may show more by now.
        Event::Restored => Ok(turn.verify()),
        Event::Judged(_) | Event::Decided(..) => Err(Why::OutOfDate),
        Event::Due | Event::Ready | Event::Retry(_) => Err(Why::NotHere),
    }
}
