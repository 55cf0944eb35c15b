//! New jobs.

use rusqlite::Transaction;

use super::load;
use crate::core::jobs::{Job, JobId, JobLimits, Origin, Purpose, Spec};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::store::backlog;
use crate::store::columns::Json;
use crate::store::error::Error;

/// A job to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub thread: ThreadId,
    pub purpose: Purpose,
    pub role: String,
    pub origin: Origin,
    /// The agent that a person named.
    pub agent: Option<String>,
    pub limits: JobLimits,
}

/// Why there is no new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCreated {
    #[error("{0} is not over: cancel it first, or wait for it")]
    Live(JobId),
}

/// Makes a job that waits for an agent, because a person asked for it: who is asked is checked where
/// that is. There is one for a thread at a time. Of timmy's own match see
/// [`dispatch`](super::dispatch).
pub fn create(
    tx: &Transaction<'_>,
    new: &NewJob,
    now: Timestamp,
) -> Result<Result<Job, NotCreated>, Error> {
    let NewJob { thread, purpose, role, origin, agent, limits } = new;
    if let Some(live) = load::live_in(tx, *thread)? {
        return Ok(Err(NotCreated::Live(live.job.spec.id)));
    }
    let made = |id| {
        let (role, origin) = (role.clone(), origin.clone());
        let spec = Spec { id, thread: *thread, purpose: *purpose, role, origin, limits: *limits };
        Job::new(spec, agent.clone(), now)
    };
    tx.prepare_cached(
        "INSERT INTO jobs (repo, number, state, created_at, first, job)
         VALUES (?1, ?2, 'queued', ?3, 'null', 'null')",
    )?
    .execute((thread.repo, thread.number, now))?;
    let job = made(JobId(tx.last_insert_rowid()));
    tx.prepare_cached("UPDATE jobs SET first = ?2, job = ?2, due_at = ?3 WHERE id = ?1")?
        .execute((job.spec.id, Json(&job), job.state.due_at()))?;
    backlog::moved(tx)?;
    Ok(Ok(job))
}
