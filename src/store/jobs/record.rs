//! A job with all that it went through, for those who are told of it.

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::load::{self, StoredJob};
use super::{attempts, history, reviews};
use crate::core::decisions::Decision;
use crate::core::jobs::{AttemptRecord, JobId, JobRecord, StateKind};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::store::error::Error;
use crate::store::{crews, decisions};

/// A job with its history.
pub fn record(conn: &Connection, id: JobId) -> Result<Option<JobRecord>, Error> {
    let Some(StoredJob { job, created_at, ended_at }) = load::get(conn, id)? else {
        return Ok(None);
    };
    let (doing, seen_at, waits_for) = present(conn, id)?;
    let reviews = match (job.spec.purpose.is_review(), job.pull()) {
        (true, _) => reviews::reviews_of_job(conn, id)?,
        (false, Some(pull)) => reviews::reviews_of_pull(conn, pull)?,
        (false, None) => Vec::new(),
    };
    let steps = history::history(conn, id)?;
    let asked = decisions::of_question(conn, id, job.past.asked)?.map(|stored| stored.decision);
    let asked = asked.filter(Decision::is_open).map(|decision| decision.id);
    let attempts = attempts::attempts(conn, id)?.into_iter().map(|stored| AttemptRecord {
        fence: stored.fence,
        agent: stored.agent,
        key: stored.key,
        run: stored.run.and_then(|run| serde_json::from_str(&run).ok()),
        findings: stored.findings,
        started_at: stored.started_at,
        ended: stored.ended,
        charge: stored.charge,
    });
    let in_review = match (job.state.kind(), job.spec.crew_place()) {
        (StateKind::Deciding, Some(place)) => crews::get(conn, place.crew)?.is_some_and(|crew| {
            job.spec.purpose.is_change() && crew.holds(job.past.commit.as_ref())
        }),
        (_, _) => false,
    };
    Ok(Some(JobRecord {
        job,
        in_review,
        created_at,
        ended_at,
        steps: steps.into_iter().map(|stored| (stored.step, stored.now)).collect(),
        attempts: attempts.collect(),
        doing: doing.filter(|words| !words.is_empty()),
        seen_at,
        waits_for,
        reviews,
        asked,
    }))
}

/// What the agent of a job said that it does and when it was last seen, and why the job waits.
type Present = (Option<String>, Option<Timestamp>, Option<String>);

fn present(conn: &Connection, id: JobId) -> Result<Present, Error> {
    let present = conn
        .prepare_cached(
            "SELECT doing, seen_at, waits_for FROM jobs
             LEFT JOIN leases ON leases.job = jobs.id LEFT JOIN attempts USING (fence)
             WHERE jobs.id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(present)
}

/// The job that works on a thread, on an issue or on the pull request that it brought: the one that
/// has not ended, else the latest.
pub fn latest_in(conn: &Connection, thread: ThreadId) -> Result<Option<JobId>, Error> {
    latest_beside(conn, thread, false)
}

/// The job that reviews a pull request: the one that has not ended, else the latest.
pub fn latest_review_in(conn: &Connection, thread: ThreadId) -> Result<Option<JobId>, Error> {
    latest_beside(conn, thread, true)
}

/// The latest job on the thread `?2` of the repository `?1`, one that has not ended before all others:
/// of each of its two threads by itself, so that an index finds it among however many.
pub(super) const LATEST_BESIDE: &str = "SELECT id FROM (
        SELECT id, ended_at FROM jobs WHERE repo = ?1 AND number = ?2 AND is_review = ?3
        UNION ALL
        SELECT id, ended_at FROM jobs WHERE repo = ?1 AND pull = ?2 AND is_review = ?3)
    ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1";

fn latest_beside(
    conn: &Connection,
    thread: ThreadId,
    is_review: bool,
) -> Result<Option<JobId>, Error> {
    let id = conn
        .prepare_cached(LATEST_BESIDE)?
        .query_row((thread.repo, thread.number, is_review), |row| row.get(0))
        .optional()?;
    Ok(id)
}

/// The jobs that a query names.
pub(super) fn ids(conn: &Connection, sql: &str, values: impl Params) -> Result<Vec<JobId>, Error> {
    let mut found = conn.prepare_cached(sql)?;
    let ids = found.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

/// All that have not ended, the oldest first.
pub fn live_ids(conn: &Connection) -> Result<Vec<JobId>, Error> {
    ids(conn, "SELECT id FROM jobs WHERE ended_at IS NULL ORDER BY id", [])
}

/// The last `limit` that were given up, the latest first.
pub fn dead_ids(conn: &Connection, limit: u32) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs WHERE state = 'dead' ORDER BY ended_at DESC, id DESC LIMIT ?1",
        [limit],
    )
}

/// Those that were given up after this moment, up to `limit`, the latest first, and how many there are.
/// Without those that somebody dealt with: that were taken up again, behind which another one came, or
/// whose thread is closed.
pub fn dead_since(
    conn: &Connection,
    since: Timestamp,
    limit: u32,
) -> Result<(Vec<JobId>, usize), Error> {
    const REST: &str = "FROM jobs WHERE state = 'dead' AND ended_at > ?1
        AND NOT EXISTS (SELECT 1 FROM jobs AS later
            WHERE later.repo = jobs.repo AND later.number = jobs.number
              AND later.is_review = jobs.is_review AND later.id > jobs.id)
        AND NOT EXISTS (SELECT 1 FROM jobs AS later
            WHERE later.routine = jobs.routine AND later.id > jobs.id)
        AND NOT EXISTS (SELECT 1 FROM closed
            WHERE closed.repo = jobs.repo AND closed.number = ifnull(jobs.number, jobs.pull))";
    let listed = format!("SELECT id {REST} ORDER BY ended_at DESC, id DESC LIMIT ?2");
    let listed = ids(conn, &listed, (since, limit))?;
    let all: u32 = conn
        .prepare_cached(&format!("SELECT count(*) {REST}"))?
        .query_row([since], |row| row.get(0))?;
    Ok((listed, usize::try_from(all).unwrap_or(usize::MAX)))
}

/// Those that have not ended and stand where a person may be needed, though no question of theirs is
/// open; the oldest first.
pub fn unasked_ids(conn: &Connection) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs WHERE state IN ('deciding', 'waiting') AND NOT EXISTS (
         SELECT 1 FROM decisions WHERE decisions.job = jobs.id AND decisions.state = 'open')
         ORDER BY id",
        [],
    )
}

/// The last `limit` that ended, the latest first.
pub fn ended_ids(conn: &Connection, limit: u32) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC
         LIMIT ?1",
        [limit],
    )
}

/// Up to `limit` that ended from the first of these moments on and before the other, in order.
pub fn ended_between(
    conn: &Connection,
    (since, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs WHERE ended_at >= ?1 AND ended_at < ?2
         AND state IN ('done', 'no_change', 'dead') ORDER BY ended_at, id LIMIT ?3",
        (since, until, limit),
    )
}

/// Up to `limit` whose results people accepted and the forge did not merge when it was asked to, the
/// oldest first.
pub fn refused_ids(conn: &Connection, limit: u32) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs WHERE pull_open = 1 AND EXISTS (
         SELECT 1 FROM job_events
         WHERE job = jobs.id AND json_extract(step, '$.event.not_merged') IS NOT NULL)
         ORDER BY id LIMIT ?1",
        [limit],
    )
}

/// Those whose results were merged and taken back, which was seen from the first of these moments on
/// and before the other; the oldest first.
pub fn reverted_between(
    conn: &Connection,
    (since, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<JobId>, Error> {
    ids(
        conn,
        "SELECT id FROM jobs
         WHERE state = 'done' AND json_extract(job, '$.state.done') = 'reverted'
         AND EXISTS (SELECT 1 FROM job_events WHERE job = jobs.id AND at >= ?1 AND at < ?2
         AND json_extract(step, '$.event.reverted') IS NOT NULL)
         ORDER BY id LIMIT ?3",
        (since, until, limit),
    )
}
