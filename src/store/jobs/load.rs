//! Jobs as they stand.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Params, Row, Transaction};

use super::attempts;
use crate::core::jobs::{DeadReason, Done, Fence, Job, JobId, State, Tried};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{IssueFacts, TriedAgent, WorkState};
use crate::store::backlog;
use crate::store::columns::{Json, integer_column};
use crate::store::error::Error;

integer_column!(JobId);
integer_column!(Fence);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    pub job: Job,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str = "job, created_at, ended_at";

/// The latest job that has not ended, on the thread `?2` of the repository `?1`: of each of its two
/// threads by itself, so that an index finds it among however many.
pub(super) const LIVE_BESIDE: &str = "SELECT job, created_at, ended_at FROM (
        SELECT id, job, created_at, ended_at FROM jobs
        WHERE repo = ?1 AND number = ?2 AND is_review = ?3 AND ended_at IS NULL
        UNION ALL
        SELECT id, job, created_at, ended_at FROM jobs
        WHERE repo = ?1 AND pull = ?2 AND is_review = ?3 AND ended_at IS NULL)
    ORDER BY id DESC LIMIT 1";

pub fn get(conn: &Connection, id: JobId) -> Result<Option<StoredJob>, Error> {
    let job = conn
        .prepare_cached("SELECT job, created_at, ended_at FROM jobs WHERE id = ?1")?
        .query_row([id], stored)
        .optional()?;
    Ok(job)
}

/// The job that works on a thread and has not ended: on an issue, or the pull request that it brought.
pub fn live_in(conn: &Connection, thread: ThreadId) -> Result<Option<StoredJob>, Error> {
    live_beside(conn, thread, false)
}

/// The job that reviews a pull request and has not ended.
pub fn live_review_in(conn: &Connection, thread: ThreadId) -> Result<Option<StoredJob>, Error> {
    live_beside(conn, thread, true)
}

/// The one of both that is no review, or is one.
pub(super) fn live_beside(
    conn: &Connection,
    thread: ThreadId,
    is_review: bool,
) -> Result<Option<StoredJob>, Error> {
    let job = conn
        .prepare_cached(LIVE_BESIDE)?
        .query_row((thread.repo, thread.number, is_review), stored)
        .optional()?;
    Ok(job)
}

/// The job of a routine that has not ended.
pub(super) fn live_of_routine(
    conn: &Connection,
    routine: &str,
) -> Result<Option<StoredJob>, Error> {
    let job = conn
        .prepare_cached(
            "SELECT job, created_at, ended_at FROM jobs
             WHERE routine = ?1 AND ended_at IS NULL",
        )?
        .query_row([routine], stored)
        .optional()?;
    Ok(job)
}

/// All that have not ended, the oldest first: what a runner that starts has to look after.
pub fn live(conn: &Connection) -> Result<Vec<StoredJob>, Error> {
    list(conn, &format!("SELECT {COLUMNS} FROM jobs WHERE ended_at IS NULL ORDER BY id"), [])
}

/// Up to `limit` jobs of which something is due at `now`, in order of time.
pub fn due(conn: &Connection, now: Timestamp, limit: u32) -> Result<Vec<StoredJob>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2");
    list(conn, &sql, (now, limit))
}

/// The first moment after `now` at which something is due.
pub fn next_due_after(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let next = conn
        .prepare_cached("SELECT min(due_at) FROM jobs WHERE due_at > ?1")?
        .query_row([now], |row| row.get(0))?;
    Ok(next)
}

/// What agents did and do about a thread, as far as jobs know: no question, no review, and of its
/// failures those of its latest job.
pub fn work(conn: &Connection, thread: ThreadId) -> Result<WorkState, Error> {
    others_work(conn, thread, None)
}

/// The same without one job.
pub(super) fn others_work(
    conn: &Connection,
    thread: ThreadId,
    except: Option<JobId>,
) -> Result<WorkState, Error> {
    let latest = conn
        .prepare_cached(
            "SELECT job, created_at, ended_at, settled FROM jobs
             WHERE repo = ?1 AND number = ?2 AND is_review = 0 AND id IS NOT ?3
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row((thread.repo, thread.number, except), |row| {
            Ok(work_of(stored(row)?, row.get(3)?))
        })
        .optional()?;
    Ok(latest.unwrap_or_default())
}

/// Adds to what is known of issues what agents did and do about them.
pub fn add_work(conn: &Connection, issues: &mut [IssueFacts]) -> Result<(), Error> {
    let mut work: HashMap<ThreadId, WorkState> = conn
        .prepare_cached(
            "SELECT job, created_at, ended_at, settled FROM jobs
             WHERE id IN (SELECT max(id) FROM jobs WHERE is_review = 0 AND number IS NOT NULL
                          GROUP BY repo, number)",
        )?
        .query_map([], |row| {
            let stored = stored(row)?;
            let thread = stored.job.spec.given();
            Ok(thread.zip(Some(work_of(stored, row.get(3)?))))
        })?
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    for issue in issues {
        issue.work = match work.remove(&issue.thread) {
            None => WorkState::default(),
            Some(work) => {
                let spent = attempts::spent_on(conn, issue.thread)?.micro_usd;
                WorkState { spent, ..work }
            }
        };
    }
    Ok(())
}

/// What the latest job of a thread says about it.
fn work_of(latest: StoredJob, is_settled: bool) -> WorkState {
    let StoredJob { job, ended_at, .. } = latest;
    let attempts = job.past.spent();
    let is_dead = matches!(job.state, State::Dead(DeadReason::AttemptsSpent | DeadReason::Loop));
    WorkState {
        is_live: ended_at.is_none(),
        is_asked: false,
        is_settled: ended_at.is_some() && is_settled,
        attempts: if is_dead && is_settled { attempts } else { 0 },
        fails: attempts,
        tried: job.past.tried.into_iter().map(tried).collect(),
        spent: 0,
    }
}

fn tried(Tried { agent, family, .. }: Tried) -> TriedAgent {
    TriedAgent { agent, family }
}

/// Somebody gave a reason to work on a thread again.
pub fn unsettle(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    let changed = tx
        .prepare_cached("UPDATE jobs SET settled = 0 WHERE repo = ?1 AND number = ?2 AND settled")?
        .execute((thread.repo, thread.number))?;
    if changed > 0 { backlog::moved(tx) } else { Ok(()) }
}

/// Puts `job` in place of what it was. A routine's is found by the last pull request that is known of
/// it, though it left the branch of that: it has no other thread.
pub(super) fn save(tx: &Transaction<'_>, job: &Job, now: Timestamp) -> Result<(), Error> {
    let kind = job.state.kind();
    let ended_at = kind.is_end().then_some(now);
    tx.prepare_cached(
        "UPDATE jobs SET state = ?2, due_at = ?3, job = ?5, steps = steps + 1,
                pull = coalesce(?6, iif(number IS NULL, pull, NULL)),
                ended_at = iif(?4 IS NULL, NULL, ifnull(ended_at, ?4)),
                pull_open = ?7,
                settled = iif(ended_at IS NULL AND ?4 IS NOT NULL, 1, settled)
         WHERE id = ?1",
    )?
    .execute((
        job.spec.id,
        kind.name(),
        job.state.due_at(),
        ended_at,
        Json(job),
        job.past.pull,
        is_delivered(job),
    ))?;
    Ok(())
}

/// Whether it is done, and nobody is known to have merged what it brought.
fn is_delivered(job: &Job) -> bool {
    matches!(job.state, State::Done(Done::Verified | Done::Accepted)) && job.past.pull.is_some()
}

/// Nobody merges any more what a job brought: it was closed, or is gone.
pub fn pull_closed(tx: &Transaction<'_>, id: JobId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET pull_open = 0 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(super) fn list(
    conn: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<StoredJob>, Error> {
    let jobs = conn.prepare_cached(sql)?.query_map(values, stored)?.collect::<Result<_, _>>()?;
    Ok(jobs)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredJob> {
    let Json(job) = row.get(0)?;
    Ok(StoredJob { job, created_at: row.get(1)?, ended_at: row.get(2)? })
}
