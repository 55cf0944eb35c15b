//! What a review makes of the job that works on what was reviewed.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::advance::{Advanced, advance};
use super::{load, record};
use crate::core::jobs::{GivenReview, JobEvent, StateKind, StepTime, ToldText};
use crate::core::model::ids::ThreadId;
use crate::store::error::Error;

/// The agents that worked on a pull request, or may have.
pub fn worked_on(conn: &Connection, pull: ThreadId) -> Result<BTreeSet<String>, Error> {
    let worked = match record::latest_in(conn, pull)? {
        Some(id) => record::record(conn, id)?,
        None => None,
    };
    let started = worked.iter().flat_map(|record| record.started());
    Ok(started.map(|attempt| attempt.agent.clone()).collect())
}

/// Tells the job that works on a pull request, or whose result there nobody had to accept yet, what a
/// review asks for; once for each review. None if there is no such job.
pub fn tell_reviewed(
    tx: &Transaction<'_>,
    pull: ThreadId,
    (review, told): (&GivenReview, ToldText),
    now: StepTime,
) -> Result<Option<Advanced>, Error> {
    let Some(id) = record::latest_in(tx, pull)? else { return Ok(None) };
    let Some(works) = load::get(tx, id)?.map(|stored| stored.job) else { return Ok(None) };
    // What it brought by now may be something else than what was reviewed.
    let is_at_rest =
        matches!(works.state.kind(), StateKind::Verifying | StateKind::Deciding | StateKind::Done);
    if is_at_rest && works.past.commit.as_ref() != Some(&review.head) {
        return Ok(None);
    }
    let key = format!("review.attempt.{}", review.attempt.0);
    Ok(advance(tx, id, Some(&key), JobEvent::Reviewed(told), now)?.ok())
}
