//! What comes of a date of a routine: a job, in the transaction in which the date is settled. So no date
//! makes two, and none is lost.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::create::{NotCreated, create};
use crate::core::jobs::{JobId, NewJob, RoutineRun};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::store::error::Error;
use crate::store::{automatic, controls, incidents, routines};

/// A date that is due.
#[derive(Debug, Clone)]
pub struct RoutineStart {
    /// The calendar by which it was found to be due.
    pub calendar: String,
    /// What it is to make.
    pub new: NewJob,
    /// How many jobs may start on a day that nobody asked for, and when the present one began.
    pub starts_per_day: u32,
    pub day_began: Timestamp,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineEnd {
    Made(JobId),
    /// Nothing: what was made before is not dealt with.
    Passed(RoutineInTheWay),
    /// It is still due, and nothing starts by itself now.
    Held(RoutineHold),
    /// It was settled meanwhile, or is no date of the routine any more.
    Settled,
}

/// Why a date waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoutineHold {
    #[error("its repository or the fleet is paused")]
    Paused,
    #[error("as much was started today as may be (dispatch.starts_per_day)")]
    DayFull,
    #[error("another timmy works as the same account")]
    OtherLedger,
}

/// A job of a routine that is not over, or whose pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutineInTheWay {
    pub job: JobId,
    pub repo: RepoId,
    pub pull: Option<ThreadId>,
}

/// Settles a date of the routine for which `start` makes a job.
pub fn begin_routine(
    tx: &Transaction<'_>,
    start: &RoutineStart,
    run: &RoutineRun,
    now: Timestamp,
) -> Result<RoutineEnd, Error> {
    let (name, date) = (run.routine.as_str(), run.due);
    let kept = routines::all(tx)?.remove(name).map(|kept| kept.state);
    let is_due = kept.is_some_and(|it| it.calendar == start.calendar && it.settled_at < date);
    if !is_due {
        return Ok(RoutineEnd::Settled);
    }
    if let Some(other) = routine_in_the_way(tx, name)? {
        routines::passed(tx, name, date)?;
        return Ok(RoutineEnd::Passed(other));
    }
    if let Some(why) = held(tx, start, run.repo, now)? {
        return Ok(RoutineEnd::Held(why));
    }
    match create(tx, &start.new, now)? {
        Ok(job) => {
            let id = job.spec.id;
            routines::made(tx, name, date, id)?;
            tx.prepare_cached("UPDATE jobs SET automatic_at = ?2 WHERE id = ?1")?
                .execute((id, now))?;
            Ok(RoutineEnd::Made(id))
        }
        Err(NotCreated::Live(job)) => {
            routines::passed(tx, name, date)?;
            Ok(RoutineEnd::Passed(RoutineInTheWay { job, repo: run.repo, pull: None }))
        }
    }
}

fn held(
    tx: &Transaction<'_>,
    start: &RoutineStart,
    repo: RepoId,
    now: Timestamp,
) -> Result<Option<RoutineHold>, Error> {
    let noted = incidents::all(tx)?;
    let reasons = [
        (noted.iter().any(|one| one.incident == Incident::OtherLedger), RoutineHold::OtherLedger),
        (controls::at(tx, now)?.pause_over(repo).is_some(), RoutineHold::Paused),
        (
            automatic::started_since(tx, start.day_began)? >= start.starts_per_day,
            RoutineHold::DayFull,
        ),
    ];
    Ok(reasons.into_iter().find_map(|(holds, why)| holds.then_some(why)))
}

/// The routines whose last date made no job, with what they wait for still; by name.
pub fn routines_waiting(conn: &Connection) -> Result<Vec<(String, RoutineInTheWay)>, Error> {
    let passed = routines::all(conn)?.into_iter().filter(|(_, kept)| kept.passed_at.is_some());
    let mut waiting = Vec::new();
    for (name, _) in passed {
        let other = routine_in_the_way(conn, &name)?;
        waiting.extend(other.map(|other| (name, other)));
    }
    Ok(waiting)
}

/// What keeps a routine from making another job: the last one, as long as it is not over, or somebody may
/// still merge what it brought.
pub fn routine_in_the_way(
    conn: &Connection,
    routine: &str,
) -> Result<Option<RoutineInTheWay>, Error> {
    let found = conn
        .prepare_cached(
            "SELECT id, repo, pull FROM jobs
             WHERE routine = ?1 AND (
                 ended_at IS NULL OR pull_open = 1
                 OR EXISTS (SELECT 1 FROM backlog
                            WHERE backlog.repo = jobs.repo AND backlog.number = jobs.pull))
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([routine], |row| {
            let (repo, pull): (RepoId, Option<i64>) = (row.get(1)?, row.get(2)?);
            let pull = pull.map(|number| ThreadId { repo, number });
            Ok(RoutineInTheWay { job: row.get(0)?, repo, pull })
        })
        .optional()?;
    Ok(found)
}
