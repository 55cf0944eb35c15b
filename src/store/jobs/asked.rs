//! What a job asks no more is closed in the transaction in which it went on.

use rusqlite::Transaction;

use crate::core::decisions::{DecisionStatus, VoidReason};
use crate::core::jobs::{
    CancelReason, Job, JobAction, JobEvent, JobStep, Question, StepTime, standing,
};
use crate::store::decisions;
use crate::store::error::Error;

/// A job moved from `before` to `after`: if it asked something that it asks no more, the decision
/// about that is closed, unless it was just decided.
pub(super) fn moved(
    tx: &Transaction<'_>,
    before: &Job,
    after: &Job,
    (step, actions): (&JobStep, &[JobAction]),
    now: StepTime,
) -> Result<(), Error> {
    let asked = standing(before).into_iter().find_map(|action| match action {
        JobAction::Ask(number, question) => Some((number, question)),
        _ => None,
    });
    let Some((number, question)) = asked else { return Ok(()) };
    if standing(after).contains(&JobAction::Ask(number, question)) {
        return Ok(());
    }
    let stored = decisions::of_question(tx, before.spec.id, number)?;
    let Some(decision) = stored.map(|stored| stored.decision).filter(|one| one.is_open()) else {
        return Ok(());
    };
    let why = match step {
        JobStep::Event(JobEvent::Due) => {
            decisions::close(tx, decision.id, &DecisionStatus::Expired { at: now.at })?;
            return Ok(());
        }
        JobStep::Event(JobEvent::Pushed(push)) => {
            VoidReason::Pushed { commit: push.commit.clone() }
        }
        JobStep::Event(JobEvent::Retry(Some(_))) if question == Question::Dispatch => {
            VoidReason::OtherAgent
        }
        JobStep::Event(JobEvent::Reviewed(text)) => VoidReason::Reviewed { by: text.by.clone() },
        JobStep::Event(JobEvent::Cancel(CancelReason::PullClosed { by, pull })) => {
            VoidReason::PullClosed { by: Some(by.clone()), pull: *pull }
        }
        // Whoever says no to the question decides it: here its pull request was closed.
        JobStep::Event(JobEvent::Cancel(CancelReason::Rejected(_))) => {
            let closed = |pull| VoidReason::PullClosed { by: None, pull };
            before.past.pull.map_or(VoidReason::WentOn, closed)
        }
        JobStep::Event(JobEvent::Restored) => VoidReason::Restored,
        JobStep::Event(JobEvent::AskAgain(_)) => VoidReason::QuestionChanged,
        JobStep::Event(_) | JobStep::Act(_) => VoidReason::WentOn,
    };
    // A late push is told in a comment of its own, which is enough.
    if actions.iter().any(|action| matches!(action, JobAction::TellLate(_))) {
        decisions::close(tx, decision.id, &DecisionStatus::Void { why, at: now.at })?;
        return Ok(());
    }
    decisions::void(tx, &decision, why, now.at)
}
