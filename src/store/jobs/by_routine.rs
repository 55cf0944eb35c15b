//! What comes of a date of a routine: a job, in the transaction in which the date is settled. So no date
//! makes two, and none is lost.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::create::{NotCreated, create};
use super::load;
use crate::core::jobs::{Job, JobId, NewJob, RoutineRun};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::store::error::Error;
use crate::store::{automatic, backlog, controls, incidents, routines};

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
    /// What was found of the job of the date before, if that had to be looked at.
    pub left: Option<LeftOpen>,
}

/// What the forge shows of the branches of a job of which no pull request is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOpen {
    pub job: JobId,
    /// The pull request of one of them that is open.
    pub pull: Option<i64>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutineEnd {
    Made(JobId),
    /// Nothing: what was made before is not dealt with.
    Passed(RoutineInTheWay),
    /// It is still due, and nothing starts by itself now.
    Held(RoutineHold),
    /// It is still due: the last job ended without a pull request that is known, and may have left one
    /// open on these branches. That is to be looked at first.
    Doubtful {
        job: JobId,
        branches: Vec<String>,
    },
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
    #[error("what is open in its repository was not read yet")]
    Unread,
}

/// A job of a routine that is not over, or whose pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutineInTheWay {
    pub job: JobId,
    pub repo: RepoId,
    pub pull: Option<ThreadId>,
    /// Whether that is open, so that it is in the way though the job is over.
    pub is_open: bool,
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
    if let Some(other) = routine_in_the_way(tx, name, None)? {
        routines::passed(tx, name, date)?;
        return Ok(RoutineEnd::Passed(other));
    }
    if let Some(why) = held(tx, start, run.repo, now)? {
        return Ok(RoutineEnd::Held(why));
    }
    if let Some(last) = ended_without_pull(tx, name)? {
        let id = last.spec.id;
        match start.left.filter(|left| left.job == id) {
            None => return Ok(RoutineEnd::Doubtful { job: id, branches: branches_of(&last) }),
            Some(LeftOpen { pull: Some(number), .. }) => {
                found_pull(tx, id, number)?;
                routines::passed(tx, name, date)?;
                let repo = last.spec.repo();
                let pull = Some(ThreadId { repo, number });
                let other = RoutineInTheWay { job: id, repo, pull, is_open: true };
                return Ok(RoutineEnd::Passed(other));
            }
            Some(LeftOpen { pull: None, .. }) => {}
        }
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
            let other = RoutineInTheWay { job, repo: run.repo, pull: None, is_open: false };
            Ok(RoutineEnd::Passed(other))
        }
    }
}

/// The job of a routine that ended last, if an agent was given it, and no pull request is known of it.
fn ended_without_pull(conn: &Connection, routine: &str) -> Result<Option<Job>, Error> {
    let last = load::list(
        conn,
        "SELECT job, created_at, ended_at FROM (
             SELECT job, created_at, ended_at, pull FROM jobs
             WHERE routine = ?1 AND ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT 1)
         WHERE pull IS NULL",
        [routine],
    )?;
    Ok(last.into_iter().map(|stored| stored.job).find(|job| job.past.fence.is_some()))
}

/// All branches on which a job ever worked.
fn branches_of(job: &Job) -> Vec<String> {
    (1..=job.past.branch).map(|number| job.branch_numbered(number).to_string()).collect()
}

/// An agent opened it, and its job ended before that was judged.
fn found_pull(tx: &Transaction<'_>, job: JobId, pull: i64) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET pull = ?2 WHERE id = ?1 AND number IS NULL")?
        .execute((job, pull))?;
    Ok(())
}

fn held(
    tx: &Transaction<'_>,
    start: &RoutineStart,
    repo: RepoId,
    now: Timestamp,
) -> Result<Option<RoutineHold>, Error> {
    let noted = incidents::all(tx)?;
    let reasons = [
        (backlog::is_unread(tx, repo)?, RoutineHold::Unread),
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
        let other = routine_in_the_way(conn, &name, None)?;
        waiting.extend(other.map(|other| (name, other)));
    }
    Ok(waiting)
}

/// What keeps a routine from making another job, or one that ended, `except`, from going on: the last
/// other one, as long as it is not over, or somebody may still merge what it brought, from whichever of
/// its branches.
pub fn routine_in_the_way(
    conn: &Connection,
    routine: &str,
    except: Option<JobId>,
) -> Result<Option<RoutineInTheWay>, Error> {
    let found = conn
        .prepare_cached(
            "SELECT id, repo, ifnull(open, pull), open IS NOT NULL OR pull_open = 1 FROM (
                 SELECT id, repo, pull, ended_at, pull_open,
                        (SELECT backlog.number FROM backlog
                         WHERE backlog.repo = jobs.repo AND (backlog.number = jobs.pull
                             OR (json_extract(jobs.job, '$.past.branch') > 1
                                 AND backlog.number IN (
                                     SELECT json_extract(step, '$.event.judged.pull')
                                     FROM job_events WHERE job_events.job = jobs.id)))
                         ORDER BY backlog.number = jobs.pull DESC, backlog.number DESC
                         LIMIT 1) AS open
                 FROM jobs WHERE routine = ?1 AND id IS NOT ?2)
             WHERE ended_at IS NULL OR pull_open = 1 OR open IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row((routine, except), |row| {
            let (repo, pull): (RepoId, Option<i64>) = (row.get(1)?, row.get(2)?);
            let pull = pull.map(|number| ThreadId { repo, number });
            Ok(RoutineInTheWay { job: row.get(0)?, repo, pull, is_open: row.get(3)? })
        })
        .optional()?;
    Ok(found)
}
