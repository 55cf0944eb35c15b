//! What a review says as a whole, where that says something to a job.

use crate::core::command::grammar::Reading;
use crate::core::command::verb::Right;
use crate::core::handlers::{needed_right, right_to_review};
use crate::core::jobs::Question;
use crate::core::model::text::{InboundText, TextEvent};
use crate::core::model::verdict::{Opinion, ReviewVerdict};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::store::{Connection, decisions, jobs};

/// What somebody said of the pull request of a job.
#[derive(Debug, Clone)]
pub(super) struct HeardVerdict {
    pub(super) verdict: ReviewVerdict,
    /// Whether it is asked if that pull request is accepted.
    is_asked: bool,
}

impl HeardVerdict {
    /// Whether the forge still shows the same.
    pub(super) fn is_shown(&self, now: Option<&ReviewVerdict>) -> bool {
        now.is_some_and(|now| {
            !now.is_dismissed
                && (now.opinion, &now.commit) == (self.verdict.opinion, &self.verdict.commit)
        })
    }

    /// Whether somebody with this right may expect an answer. Who approves what they have no say in
    /// expects one only where everybody sees a question.
    pub(super) fn is_answered(&self, right: Option<Right>) -> bool {
        let may = right >= Some(right_to_review(self.verdict.opinion));
        match self.verdict.opinion {
            Opinion::Approved => right.is_some() && (may || self.is_asked),
            Opinion::ChangesRequested => right.is_some(),
            Opinion::Comment => false,
        }
    }
}

/// The right that all of a text takes.
pub(super) fn right_needed(reading: &Reading, verdict: Option<&HeardVerdict>) -> Right {
    let of_review = verdict.map(|heard| right_to_review(heard.verdict.opinion));
    needed_right(reading).max(of_review.unwrap_or(Right::Reader))
}

/// What `inbound` says as a review of the pull request of a job, if that says something to it.
pub(super) async fn verdict_of(
    ctx: &Context,
    inbound: &InboundText,
) -> Result<Option<HeardVerdict>, EngineError> {
    let given = inbound.verdict.as_ref().filter(|verdict| {
        verdict.opinion != Opinion::Comment
            && !verdict.is_dismissed
            && inbound.act == TextEvent::Created
    });
    let Some(verdict) = given.cloned() else { return Ok(None) };
    let thread = inbound.thread();
    let read = move |conn: &Connection| {
        let job = match jobs::latest_in(conn, thread)? {
            Some(id) => jobs::get(conn, id)?,
            None => None,
        };
        let asked = decisions::in_thread(conn, thread)?.into_iter().any(|stored| {
            let decision = stored.decision;
            decision.is_open()
                && decision.question == Question::Accept
                && decision.pull == Some(thread.number)
        });
        Ok((job.map(|stored| stored.job), asked))
    };
    let (job, is_asked) = ctx.ledger.read(read).await?;
    let Some(job) = job else { return Ok(None) };
    // What is over may be approved by anybody, for the forge's own rules.
    let is_over = verdict.opinion == Opinion::Approved && job.state.kind().is_end();
    Ok((!is_over).then_some(HeardVerdict { verdict, is_asked }))
}
