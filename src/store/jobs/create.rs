//! New jobs.

use rusqlite::Transaction;

use super::load;
use crate::core::crew::Crew;
use crate::core::jobs::{Job, JobId, NewJob};
use crate::core::model::time::Timestamp;
use crate::store::columns::Json;
use crate::store::error::Error;
use crate::store::{backlog, crews};

/// Why there is no new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCreated {
    /// Another one that works there, or of a review another one that reviews there.
    #[error("{0} is not over: cancel it first, or wait for it")]
    Live(JobId),
}

/// Makes a job that waits for an agent, because a person asked for it: who is asked is checked where
/// that is. There is one for a thread at a time, and one review beside it. Of timmy's own match see
/// [`dispatch`](super::dispatch).
pub fn create(
    tx: &Transaction<'_>,
    new: &NewJob,
    now: Timestamp,
) -> Result<Result<Job, NotCreated>, Error> {
    let (thread, is_review) = (new.thread, new.purpose.is_review());
    if let Some(live) = load::live_beside(tx, thread, is_review)? {
        return Ok(Err(NotCreated::Live(live.job.spec.id)));
    }
    tx.prepare_cached(
        "INSERT INTO jobs (repo, number, is_review, state, created_at, first, job)
         VALUES (?1, ?2, ?3, 'queued', ?4, 'null', 'null')",
    )?
    .execute((thread.repo, thread.number, is_review, now))?;
    let job = new.numbered(JobId(tx.last_insert_rowid()), now);
    tx.prepare_cached("UPDATE jobs SET first = ?2, job = ?2, due_at = ?3 WHERE id = ?1")?
        .execute((job.spec.id, Json(&job), job.state.due_at()))?;
    if let Some(terms) = job.spec.crew_terms() {
        crews::make(tx, &Crew::new(job.spec.id, terms.rounds), thread, now)?;
    }
    backlog::moved(tx)?;
    Ok(Ok(job))
}
