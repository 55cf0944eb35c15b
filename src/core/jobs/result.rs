//! Jobs with a result: it is compared with the forge, or a person decides about it.

use super::action::JobAction;
use super::event::{CancelReason, JobEvent, JobStep, PersonAnswer, ResultJudgement, Verdict};
use super::illegal::IllegalReason;
use super::job::SeenResult;
use super::spec::Purpose;
use super::state::{AgentStop, DeadReason, Deciding, Done, Question, State, Verifying, WorkKind};
use super::turn::Turn;

pub(super) fn verifying(
    turn: &mut Turn<'_>,
    verifying: &Verifying,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    match step {
        JobStep::Event(JobEvent::Judged(judgement)) => judged(turn, judgement),
        JobStep::Event(JobEvent::Due) if verifying.until > turn.at() => Err(IllegalReason::NotDue),
        // What cannot be judged is not passed.
        JobStep::Event(JobEvent::Due) => Ok(turn.ask(Question::Guard)),
        JobStep::Event(JobEvent::Decided(..)) => Err(IllegalReason::OutOfDate),
        other @ (JobStep::Act(_) | JobStep::Event(_)) => {
            with_result(turn, &State::Verifying(verifying.clone()), other)
        }
    }
}

fn judged(turn: &mut Turn<'_>, judgement: &ResultJudgement) -> Result<State, IllegalReason> {
    let ResultJudgement { look, commit, pull, verdict, digest, change, .. } = judgement;
    if *look != turn.past.look {
        return Err(IllegalReason::OutOfDate);
    }
    let last = turn.past.last.clone();
    if let Some(last) = &last {
        let left = !matches!(verdict, Verdict::Nothing);
        turn.once.push(JobAction::Left { fence: last.fence(), left });
        if left {
            turn.past.never_ran = 0;
            turn.past.out_of_quota_since = None;
        }
    }
    if commit.is_some() {
        turn.past.commit.clone_from(commit);
    }
    turn.past.pull = pull.or(turn.past.pull);
    turn.past.change = change.as_ref().map(|change| change.digest);
    // What is judged otherwise needs another yes.
    let accepted = turn.past.accepted.take();
    let is_accepted = accepted.zip(change.as_ref()).is_some_and(|(yes, change)| yes.covers(change));
    if *verdict == Verdict::Ask {
        turn.past.asked_about = Some(SeenResult::of(judgement));
    }
    Ok(match verdict {
        // Late work may be good, and is never trusted unseen.
        Verdict::Pass { .. } | Verdict::NoChange { .. } | Verdict::Block
            if turn.past.late.is_some() =>
        {
            turn.ask(Question::Guard)
        }
        Verdict::Pass { .. } | Verdict::NoChange { .. } | Verdict::Ask | Verdict::Block
            if turn.is_asked_for_changes() =>
        {
            let by_a_person = turn.is_asked_for_changes_by_a_person();
            if by_a_person {
                turn.past.outcomes.clear();
            }
            match turn.past.pull {
                None => turn.queue(WorkKind::Begin),
                Some(_) if by_a_person => turn.revise(),
                // What an agent asks for gets no more rounds than there may be.
                Some(_) => turn.repair(),
            }
        }
        Verdict::Ask => turn.ask(Question::Guard),
        Verdict::Pass { ask } => {
            if turn.past.branch > 1 {
                turn.once.push(JobAction::CloseBefore(turn.past.branch));
            }
            if !turn.past.reviews.is_empty() {
                let reviews = std::mem::take(&mut turn.past.reviews);
                turn.once.push(JobAction::AnswerRemarks(reviews));
            }
            match ask {
                true if is_accepted => {
                    turn.take_over();
                    State::Done(Done::Accepted)
                }
                true if turn.spec.purpose == Purpose::Plan => turn.ask(Question::Plan),
                true if turn.spec.purpose == Purpose::Split => turn.ask(Question::Split),
                true => turn.ask(Question::Accept),
                false => State::Done(Done::Verified),
            }
        }
        Verdict::NoChange { ask: true } => turn.ask(Question::NoChange),
        Verdict::NoChange { ask: false } => State::NoChange,
        Verdict::HeadMoved if turn.past.rounds == 0 => {
            turn.past.rounds = 1;
            turn.queue(WorkKind::Begin)
        }
        Verdict::HeadMoved => State::Done(Done::Verified),
        // Nobody has to say whether it may try more often: a note in a new `split` says more.
        Verdict::Block if turn.spec.purpose == Purpose::Split && turn.are_rounds_spent() => {
            State::Dead(DeadReason::NoProposal)
        }
        Verdict::Block | Verdict::Stuck if turn.is_loop(None, digest.clone()) => {
            State::Dead(DeadReason::Loop)
        }
        Verdict::Block => turn.repair(),
        Verdict::Stuck => turn.ask(Question::Stuck),
        Verdict::Nothing | Verdict::Unfit => match last {
            Some(last) => turn.spend(&last, Some(digest.clone())),
            None => return Err(IllegalReason::NotHere),
        },
    })
}

pub(super) fn deciding(
    turn: &mut Turn<'_>,
    deciding: &Deciding,
    step: &JobStep,
) -> Result<State, IllegalReason> {
    let Deciding { question, until } = deciding;
    match step {
        JobStep::Event(JobEvent::Decided(asked, answer)) => match *asked == turn.past.asked {
            true => Ok(decided(turn, *question, *answer)),
            false => Err(IllegalReason::OutOfDate),
        },
        JobStep::Event(JobEvent::Due) => match until {
            None => Err(IllegalReason::NotHere),
            Some(until) if *until > turn.at() => Err(IllegalReason::NotDue),
            Some(_) if matches!(question, Question::Plan | Question::Split) => {
                Ok(Turn::cancelled(&CancelReason::NotAllowed, AgentStop::Seen))
            }
            Some(_) => Ok(State::Dead(DeadReason::Unanswered)),
        },
        JobStep::Event(JobEvent::AskAgain(asked)) => match *asked == turn.past.asked {
            true => Ok(turn.ask(*question)),
            false => Err(IllegalReason::OutOfDate),
        },
        JobStep::Event(JobEvent::Judged(_)) => Err(IllegalReason::OutOfDate),
        // Nobody has to decide about what is mended first.
        JobStep::Event(JobEvent::Reviewed(text)) if is_about_a_change(*question) => {
            turn.reviewed(text);
            Ok(turn.repair())
        }
        // A person would rather have it done once more than answer.
        JobStep::Event(JobEvent::Retry(agent)) => {
            turn.past.late = None;
            turn.retry(agent);
            turn.begin_anew();
            Ok(turn.queue(WorkKind::Begin))
        }
        other @ (JobStep::Act(_) | JobStep::Event(_)) => {
            with_result(turn, &State::Deciding(deciding.clone()), other)
        }
    }
}

/// Whether a person is asked about what is in the pull request. That rounds are spent is asked as long
/// as nobody gives more.
fn is_about_a_change(question: Question) -> bool {
    match question {
        Question::Accept | Question::Guard => true,
        Question::Dispatch
        | Question::NoChange
        | Question::Repair
        | Question::Stuck
        | Question::Permission
        | Question::Uncertain
        | Question::Plan
        | Question::Split => false,
    }
}

fn decided(turn: &mut Turn<'_>, question: Question, answer: PersonAnswer) -> State {
    // A person has looked, and knows what was late.
    turn.past.outcomes.clear();
    turn.past.late = None;
    match (question, answer) {
        (Question::Accept, PersonAnswer::Yes) => {
            turn.take_over();
            State::Done(Done::Accepted)
        }
        (Question::NoChange, PersonAnswer::Yes) => {
            turn.once.push(JobAction::TakeOver { pull: None, commit: None });
            State::NoChange
        }
        // The finding passes: the others are looked at once more.
        (Question::Guard, PersonAnswer::Yes) => {
            turn.past.passed = turn.past.asked_about.take();
            turn.verify()
        }
        (Question::Repair, PersonAnswer::Yes) => {
            turn.past.rounds_allowed = turn.past.rounds + turn.spec.limits.repairs.max(1);
            turn.repair_now()
        }
        (Question::Accept | Question::Guard | Question::Repair, PersonAnswer::Revise) => {
            turn.revise()
        }
        (Question::Plan, PersonAnswer::Yes) => State::Done(Done::Accepted),
        (Question::Split, PersonAnswer::Yes) => {
            turn.once.push(JobAction::MakeIssues);
            State::Done(Done::Accepted)
        }
        // It is planned anew, and as often mended as the first time.
        (Question::Plan | Question::Split, PersonAnswer::Revise) => {
            turn.past.rounds_allowed = turn.past.rounds + turn.spec.limits.repairs;
            turn.queue(turn.same_work())
        }
        (Question::NoChange, PersonAnswer::Revise)
        | (Question::Stuck, PersonAnswer::Yes | PersonAnswer::Revise)
        | (
            Question::Dispatch | Question::Permission | Question::Uncertain,
            PersonAnswer::Yes | PersonAnswer::Revise,
        ) => turn.queue(turn.same_work()),
        (
            Question::Accept | Question::NoChange | Question::Guard | Question::Repair,
            PersonAnswer::No(cause),
        ) => {
            turn.once.push(JobAction::CloseAll);
            Turn::cancelled(&CancelReason::Rejected(cause), AgentStop::Seen)
        }
        (
            Question::Dispatch
            | Question::Stuck
            | Question::Permission
            | Question::Uncertain
            | Question::Plan
            | Question::Split,
            PersonAnswer::No(cause),
        ) => Turn::cancelled(&CancelReason::Rejected(cause), AgentStop::Seen),
    }
}

/// What happens in the same way wherever there is a result and no attempt.
fn with_result(turn: &mut Turn<'_>, same: &State, step: &JobStep) -> Result<State, IllegalReason> {
    let JobStep::Event(event) = step else { return Err(IllegalReason::NotHere) };
    match event {
        JobEvent::Attempt(..) => Err(IllegalReason::OldAttempt),
        // A new head: what was found of the one before, and what was asked about it, is void.
        JobEvent::Pushed(push) => match turn.pushed(push, None) {
            true => Ok(turn.verify()),
            false => Ok(same.clone()),
        },
        JobEvent::Merged(merge) => {
            turn.merged(merge);
            Ok(State::Done(Done::Merged))
        }
        JobEvent::Recheck | JobEvent::Lifted => Ok(turn.verify()),
        JobEvent::Told(text) => {
            turn.told(text);
            Ok(same.clone())
        }
        JobEvent::Reviewed(text) => {
            turn.reviewed(text);
            Ok(same.clone())
        }
        JobEvent::Cancel(reason) => Ok(Turn::cancelled(reason, AgentStop::Seen)),
        JobEvent::Refund(fence) => turn.refund(*fence).map(|()| same.clone()),
        // Open questions are void, and the forge may show more by now.
        JobEvent::Restored => {
            turn.past.accepted = None;
            Ok(turn.verify())
        }
        // Of what was merged before it began once more.
        JobEvent::Reverted(_) if turn.past.retried => Ok(same.clone()),
        JobEvent::Judged(_)
        | JobEvent::Decided(..)
        | JobEvent::AskAgain(_)
        | JobEvent::NotMerged(_)
        | JobEvent::Reverted(_) => Err(IllegalReason::OutOfDate),
        JobEvent::Due | JobEvent::Ready | JobEvent::Dismissed(_) | JobEvent::Retry(_) => {
            Err(IllegalReason::NotHere)
        }
    }
}
