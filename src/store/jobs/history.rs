//! The history of a job: stored step by step, and folded again.

use rusqlite::{Connection, OptionalExtension as _};

use super::load;
use crate::core::jobs::{
    Draw, IllegalEvent, Job, JobAction, JobEvent, JobId, JobStep, StepTime, ToldText, fold,
};
use crate::store::columns::Json;
use crate::store::error::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStep {
    pub step: JobStep,
    pub now: StepTime,
    /// What it made a runner do.
    pub actions: Vec<JobAction>,
}

/// All steps of a job, in order.
pub fn history(conn: &Connection, id: JobId) -> Result<Vec<StoredStep>, Error> {
    let steps = conn
        .prepare_cached(
            "SELECT step, at, chance, actions FROM job_events WHERE job = ?1 ORDER BY seq",
        )?
        .query_map([id], |row| {
            let (Json(step), Json(actions)) = (row.get(0)?, row.get(3)?);
            let now = StepTime { at: row.get(1)?, chance: Draw(row.get(2)?) };
            Ok(StoredStep { step, now, actions })
        })?
        .collect::<Result<_, _>>()?;
    Ok(steps)
}

/// The texts that its agents are told, by number ([`JobAction::Tell`]).
pub fn texts(conn: &Connection, id: JobId) -> Result<Vec<ToldText>, Error> {
    let told = |stored: StoredStep| match stored.step {
        JobStep::Event(JobEvent::Told(text) | JobEvent::Reviewed(text)) => Some(text),
        JobStep::Event(_) | JobStep::Act(_) => None,
    };
    Ok(history(conn, id)?.into_iter().filter_map(told).collect())
}

/// What is wrong with a job and its history: one of them was not written by [`advance`](super::advance()).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// A step of it cannot have happened.
    #[error("the history of a job cannot have happened: {0}")]
    Illegal(#[from] IllegalEvent),
    #[error("the history of {job} makes another job of it than the one that is stored")]
    Other { job: JobId, rebuilt: Box<Job> },
    /// The lease that is stored is not the one that the job holds.
    #[error("{job} holds another lease than the one that is stored")]
    Lease { job: JobId },
}

/// Rebuilds each job from its history and compares: with what is stored of it, and with its lease.
pub fn rebuilt(conn: &Connection) -> Result<Vec<HistoryError>, Error> {
    let ids: Vec<JobId> = conn
        .prepare_cached("SELECT id FROM jobs ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut wrong = Vec::new();
    for id in ids {
        wrong.extend(rebuild(conn, id)?.err());
    }
    Ok(wrong)
}

fn rebuild(conn: &Connection, id: JobId) -> Result<Result<(), HistoryError>, Error> {
    let Json(first) = conn
        .prepare_cached("SELECT first FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, Json<Job>>(0))?;
    let history = history(conn, id)?;
    let job = match fold(first, history.iter().map(|stored| (&stored.step, stored.now))) {
        Ok(job) => job,
        Err(illegal) => return Ok(Err(illegal.into())),
    };
    if load::get(conn, id)?.is_none_or(|stored| stored.job != job) {
        return Ok(Err(HistoryError::Other { job: id, rebuilt: Box::new(job) }));
    }
    let lease = conn
        .prepare_cached("SELECT fence FROM leases WHERE job = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    match job.state.leased().map(|leased| leased.fence()) == lease {
        true => Ok(Ok(())),
        false => Ok(Err(HistoryError::Lease { job: id })),
    }
}
