//! New jobs.

use rusqlite::Transaction;

use super::load;
use crate::core::crew::Crew;
use crate::core::jobs::{Job, JobId, JobThread, NewJob};
use crate::core::model::time::Timestamp;
use crate::store::columns::Json;
use crate::store::error::Error;
use crate::store::{backlog, crews};

/// Why there is no new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCreated {
    /// Another one that works there, of a review another one that reviews there, or of a routine
    /// another one of its.
    #[error("{0} is not over: cancel it first, or wait for it")]
    Live(JobId),
}

/// Makes a job that waits for an agent, because a person asked for it: who is asked is checked where
/// that is; or since a date of a routine is due. There is one for a thread at a time, and one review
/// beside it; and one for a routine. Of timmy's own match see [`dispatch`](super::dispatch).
pub fn create(
    tx: &Transaction<'_>,
    new: &NewJob,
    now: Timestamp,
) -> Result<Result<Job, NotCreated>, Error> {
    let (repo, is_review) = (new.thread.repo(), new.purpose.is_review());
    let live = match &new.thread {
        JobThread::Given(thread) => load::live_beside(tx, *thread, is_review)?,
        JobThread::Routine(run) => load::live_of_routine(tx, &run.routine)?,
    };
    if let Some(live) = live {
        return Ok(Err(NotCreated::Live(live.job.spec.id)));
    }
    let number = new.thread.given().map(|thread| thread.number);
    let routine = new.thread.routine().map(|run| &run.routine);
    tx.prepare_cached(
        "INSERT INTO jobs (repo, number, routine, is_review, state, created_at, first, job)
         VALUES (?1, ?2, ?3, ?4, 'queued', ?5, 'null', 'null')",
    )?
    .execute((repo, number, routine, is_review, now))?;
    let job = new.numbered(JobId(tx.last_insert_rowid()), now);
    tx.prepare_cached("UPDATE jobs SET first = ?2, job = ?2, due_at = ?3 WHERE id = ?1")?
        .execute((job.spec.id, Json(&job), job.state.due_at()))?;
    if let (Some(terms), Some(thread)) = (job.spec.crew_terms(), job.spec.given()) {
        crews::make(tx, &Crew::new(job.spec.id, terms.rounds), thread, now)?;
    }
    backlog::moved(tx)?;
    Ok(Ok(job))
}
