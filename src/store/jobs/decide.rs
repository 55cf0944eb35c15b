//! Questions of jobs to people: one is put, answered, or void. What a job asks no more is closed
//! with the step that it went on by.

use rusqlite::{Connection, Transaction};

use super::advance::{Advanced, advance};
use super::speech::refresh_card;
use super::{crew, load, reviews};
use crate::core::command::value::{DecisionId, JobId};
use crate::core::decisions::{CoveredHead, Decision, DecisionStatus, VoidReason};
use crate::core::jobs::{
    GivenReview, JobAction, JobEvent, PersonAnswer, Question, StepTime, ToldText, standing,
};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::store::decisions::{self, NewDecision, StoredDecision};
use crate::store::error::Error;
use crate::store::{covered_text, crews, splits};

/// What a person said to a decision.
#[derive(Debug, Clone, Copy)]
pub struct GivenAnswer<'a> {
    pub answer: PersonAnswer,
    /// What the agent is told with it.
    pub told: Option<&'a ToldText>,
    pub by: &'a Account,
    /// Whether only a right that is lent let them.
    pub is_lent: bool,
}

/// Puts a question to people, if the job still asks it and it was not put yet.
pub fn put_question(
    tx: &Transaction<'_>,
    new: &NewDecision,
    says: impl FnOnce(DecisionId) -> String,
    now: StepTime,
) -> Result<Option<DecisionId>, Error> {
    let asks = JobAction::Ask(new.number, new.question);
    let stored = load::get(tx, new.job)?;
    let still_asks = stored.is_some_and(|stored| standing(&stored.job).contains(&asks));
    if !still_asks || decisions::of_question(tx, new.job, new.number)?.is_some() {
        return Ok(None);
    }
    let id = decisions::put(tx, new, says, now.at)?;
    // It names the line that answers.
    refresh_card(tx, new.job, now.at)?;
    Ok(id)
}

/// A person answered a decision. None if it is not open any more, or the job does not ask that any
/// more: then nothing changed, if the transaction is given up.
pub fn decide(
    tx: &Transaction<'_>,
    id: DecisionId,
    given: GivenAnswer<'_>,
    now: StepTime,
) -> Result<Option<Advanced>, Error> {
    let Some(StoredDecision { decision, .. }) = decisions::get(tx, id)? else { return Ok(None) };
    let GivenAnswer { answer, told, by, is_lent } = given;
    if answer == PersonAnswer::Yes
        && !(is_proposal_as_shown(tx, &decision)? && is_reviewed_as_shown(tx, &decision)?)
    {
        return Ok(None);
    }
    let decided = DecisionStatus::Decided { by: by.clone(), answer, at: now.at };
    if !decisions::close(tx, id, &decided)? {
        return Ok(None);
    }
    if is_lent {
        decisions::rests_on_a_lent_right(tx, id)?;
    }
    if let Some(told) = told {
        let told = JobEvent::Told(told.clone());
        if advance(tx, decision.job, None, told, now)?.is_err() {
            return Ok(None);
        }
    }
    let decided = JobEvent::Decided(decision.number, answer);
    Ok(advance(tx, decision.job, None, decided, now)?.ok())
}

/// More may be spent on the issue of a job: whether it may begin is asked anew, if it still has to be.
/// Whoever said so is told in the answer.
pub fn budget_raised(tx: &Transaction<'_>, id: JobId, now: StepTime) -> Result<(), Error> {
    let Some(stored) = load::get(tx, id)? else { return Ok(()) };
    let number = stored.job.past.asked;
    if !standing(&stored.job).contains(&JobAction::Ask(number, Question::Dispatch)) {
        return Ok(());
    }
    match decisions::of_question(tx, id, number)? {
        Some(asked) => {
            void(tx, asked.decision.id, VoidReason::OtherBudget, true, now)?;
        }
        // It was not put yet.
        None => {
            let _ = advance(tx, id, None, JobEvent::AskAgain(number), now)?;
        }
    }
    Ok(())
}

/// Whether an issue and what was proposed for it are what was shown, where that is asked: once more in the
/// act, as far as the ledger knows.
fn is_proposal_as_shown(conn: &Connection, decision: &Decision) -> Result<bool, Error> {
    let covers = &decision.covers;
    let is_as_shown = match decision.question {
        Question::Plan => {
            let crew = crews::get(conn, decision.job)?;
            crew.and_then(|crew| crew.plan) == covers.plan
        }
        Question::Split => splits::proposal(conn, decision.job)? == covers.split,
        _ => return Ok(true),
    };
    let text = covered_text::digest(conn, decision.thread)?;
    let is_same_text = text.zip(covers.text).is_none_or(|(now, then)| now == then);
    Ok(is_same_text && is_as_shown)
}

/// Whether none of the reviews was dismissed on which it stands that a crew's result is to be accepted: as
/// [`is_proposal_as_shown`].
fn is_reviewed_as_shown(conn: &Connection, decision: &Decision) -> Result<bool, Error> {
    let head = decision.covers.head.as_ref().filter(|_| decision.question == Question::Accept);
    let (Some(CoveredHead { pull, commit, .. }), Some(stored)) =
        (head, load::get(conn, decision.job)?)
    else {
        return Ok(true);
    };
    let Some(crew) = crew::crew_of(conn, &stored.job)? else { return Ok(true) };
    let pull = ThreadId { repo: decision.thread.repo, number: *pull };
    let given = reviews::reviews_of_pull(conn, pull)?;
    let stands = |job| GivenReview::last_of(&given, job).is_none_or(|review| !review.is_dismissed);
    Ok(crew.reviews_of(commit).into_iter().all(|(_, job)| stands(job)))
}

/// What a decision covers is not as it was shown: it is void, and the job looks again, or asks anew.
/// `is_told`: whoever answered it is told in the answer to that. None if it is not open any more.
pub fn void(
    tx: &Transaction<'_>,
    id: DecisionId,
    why: VoidReason,
    is_told: bool,
    now: StepTime,
) -> Result<Option<Advanced>, Error> {
    let Some(StoredDecision { decision, .. }) = decisions::get(tx, id)? else { return Ok(None) };
    if !decision.is_open() {
        return Ok(None);
    }
    let event = match &why {
        // What is asked before work begins is made of what there is: it is looked at anew.
        _ if decision.question == Question::Dispatch => JobEvent::AskAgain(decision.number),
        // What is proposed is judged anew: by the issue, by all that is there and the agents as they are.
        _ if matches!(decision.question, Question::Plan | Question::Split) => JobEvent::Recheck,
        VoidReason::Pushed { .. }
        | VoidReason::Retargeted { .. }
        | VoidReason::Edited
        | VoidReason::Answered => JobEvent::Recheck,
        VoidReason::OtherAgent
        | VoidReason::OtherBudget
        | VoidReason::QuestionChanged
        | VoidReason::Restored
        | VoidReason::Reviewed { .. }
        | VoidReason::Dismissed { .. }
        | VoidReason::PullClosed { .. }
        | VoidReason::WentOn => JobEvent::AskAgain(decision.number),
    };
    match is_told {
        true => {
            decisions::close(tx, id, &DecisionStatus::Void { why, at: now.at })?;
        }
        false => decisions::void(tx, &decision, why, now.at)?,
    }
    Ok(advance(tx, decision.job, None, event, now)?.ok())
}
