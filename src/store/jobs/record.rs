//! A job with all that it went through, for those who are told of it.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Params, Transaction};

use super::load::{self, StoredJob};
use super::{attempts, history};
use crate::core::command::verb::{Group, Verb};
use crate::core::jobs::{AttemptRecord, Commit, JobId, JobRecord};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::report::{EndedJob, Touches};
use crate::core::scheduling::{AgentRecords, Outcome};
use crate::store::columns::Json;
use crate::store::error::Error;

/// A job with its history.
pub fn record(conn: &Connection, id: JobId) -> Result<Option<JobRecord>, Error> {
    let Some(StoredJob { job, created_at, ended_at }) = load::get(conn, id)? else {
        return Ok(None);
    };
    let (doing, seen_at, waits_for) = present(conn, id)?;
    let steps = history::history(conn, id)?;
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
    Ok(Some(JobRecord {
        job,
        created_at,
        ended_at,
        steps: steps.into_iter().map(|stored| (stored.step, stored.now)).collect(),
        attempts: attempts.collect(),
        doing: doing.filter(|words| !words.is_empty()),
        seen_at,
        waits_for,
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

/// The job of a thread, of an issue or of the pull request that it brought: the one that has not
/// ended, else the latest.
pub fn latest_in(conn: &Connection, thread: ThreadId) -> Result<Option<JobId>, Error> {
    let id = conn
        .prepare_cached(
            "SELECT id FROM jobs WHERE repo = ?1 AND (number = ?2 OR pull = ?2)
             ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1",
        )?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(id)
}

/// The jobs that a query names.
fn ids(conn: &Connection, sql: &str, values: impl Params) -> Result<Vec<JobId>, Error> {
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

/// How often people had to do something for the issues that were merged since a moment, and are
/// still so: what they decided, and what they said to steer or to overrule.
pub fn touches(conn: &Connection, since: Timestamp) -> Result<Touches, Error> {
    let verbs: Vec<&str> = Verb::all().filter(|verb| steers(*verb)).map(Verb::name).collect();
    let touches = conn
        .prepare_cached(
            "WITH merged AS (
                 SELECT DISTINCT repo, number FROM jobs
                 WHERE ended_at >= ?1 AND json_extract(job, '$.state.done') IS 'merged'),
             of_them AS (SELECT id, repo, number, pull FROM jobs JOIN merged USING (repo, number))
             SELECT (SELECT count(*) FROM merged),
                    (SELECT count(*) FROM decisions
                     WHERE state = 'decided' AND job IN (SELECT id FROM of_them))
                    + (SELECT count(*) FROM audit
                       WHERE outcome = 'done' AND verb IN (SELECT value FROM json_each(?2))
                         AND EXISTS (SELECT 1 FROM of_them WHERE of_them.repo = audit.repo
                                     AND audit.number IN (of_them.number, of_them.pull)))",
        )?
        .query_row((since, Json(verbs)), |row| {
            let (merged, touches): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Touches { touches: touches.unsigned_abs(), merged: merged.unsigned_abs() })
        })?;
    Ok(touches)
}

/// Whether a verb does something for one issue. What answers a question is counted by the question.
fn steers(verb: Verb) -> bool {
    (verb.group() == Group::Steer && verb != Verb::Dead) || verb == Verb::Override
}

/// How the jobs ended that were given up, or whose results were seen, since a moment.
pub fn results(conn: &Connection, since: Timestamp) -> Result<Vec<EndedJob>, Error> {
    let results = conn
        .prepare_cached(
            "SELECT state <> 'dead' AND json_extract(jobs.job, '$.state.done') IS NOT 'reverted',
                    jobs.ended_at, count(started_at), min(started_at),
                    sum(min(micro_usd, 1000000000000)),
                    (SELECT agent FROM attempts WHERE job = jobs.id ORDER BY fence DESC LIMIT 1),
                    json_extract(jobs.job, '$.state.done') IS 'merged'
             FROM jobs JOIN attempts ON attempts.job = jobs.id
             WHERE jobs.ended_at >= ?1 AND state IN ('done', 'no_change', 'dead')
             GROUP BY jobs.id ORDER BY jobs.ended_at",
        )?
        .query_map([since], |row| {
            let (ended, began): (Timestamp, Option<Timestamp>) = (row.get(1)?, row.get(3)?);
            Ok(EndedJob {
                agent: row.get(5)?,
                is_verified: row.get(0)?,
                is_merged: row.get(6)?,
                at: ended,
                tries: row.get(2)?,
                micro_usd: row.get::<_, i64>(4)?.try_into().unwrap_or_default(),
                took: began.map(|began| ended.since(began)),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(results)
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

/// A job whose result was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedJob {
    pub id: JobId,
    pub repo: RepoId,
    /// The pull request, if the job knows it.
    pub pull: Option<i64>,
    /// The branch that it was merged into, if that was asked.
    pub target: Option<String>,
    /// What was merged, and what the merge made.
    pub commits: Vec<Commit>,
    /// When that was known.
    pub at: Timestamp,
}

/// Those whose results were merged since a moment, and are still so.
pub fn merged_since(conn: &Connection, since: Timestamp) -> Result<Vec<MergedJob>, Error> {
    let merged = conn
        .prepare_cached(
            "SELECT jobs.id, repo, max(job_events.at), json_extract(step, '$.event.merged'),
                    (SELECT json_extract(judged.step, '$.event.judged.commit')
                     FROM job_events AS judged WHERE judged.job = jobs.id
                       AND json_extract(judged.step, '$.event.judged.commit') IS NOT NULL
                     ORDER BY judged.seq DESC LIMIT 1),
                    pull, merged_into
             FROM jobs JOIN job_events ON job_events.job = jobs.id
             WHERE state = 'done' AND json_extract(jobs.job, '$.state.done') = 'merged'
               AND json_extract(step, '$.event.merged') IS NOT NULL
             GROUP BY jobs.id HAVING max(job_events.at) >= ?1 ORDER BY jobs.id",
        )?
        .query_map([since], |row| {
            let commits: [Option<String>; 2] = [row.get(3)?, row.get(4)?];
            let commits = commits.into_iter().flatten().filter_map(|name| name.parse().ok());
            Ok(MergedJob {
                id: row.get(0)?,
                repo: row.get(1)?,
                pull: row.get(5)?,
                target: row.get(6)?,
                commits: commits.collect(),
                at: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(merged)
}

/// Keeps which branch it was that the result of a job was merged into.
pub fn merged_into(tx: &Transaction<'_>, id: JobId, branch: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET merged_into = ?2 WHERE id = ?1")?.execute((id, branch))?;
    Ok(())
}

/// How far back results tell how well an agent fits: what is older weighs next to nothing.
const REMEMBERED: Duration = Duration::from_secs(180 * 24 * 3600);

/// What agents proved up to `now`. A result is held for or against whoever brought it last; what
/// never ran, was cut off by timmy or waited for a person in vain says nothing of an agent.
pub fn outcomes(conn: &Connection, now: Timestamp) -> Result<AgentRecords, Error> {
    let mut ended = conn.prepare_cached(
        "SELECT agent, role, repo, is_good, ended_at FROM (
             SELECT (SELECT agent FROM attempts WHERE job = jobs.id AND started_at IS NOT NULL
                     ORDER BY fence DESC LIMIT 1) AS agent,
                    json_extract(job, '$.spec.role') AS role, repo,
                    state IN ('done', 'no_change')
                        AND json_extract(job, '$.state.done') IS NOT 'reverted' AS is_good,
                    ended_at
             FROM jobs
             WHERE ended_at >= ?1
               AND (state IN ('done', 'no_change')
                    OR json_extract(job, '$.state.dead')
                       IN ('attempts_spent', 'loop', 'bad_request')
                    OR json_extract(job, '$.state.cancelled.reason.rejected') = 'wrong'))
         WHERE agent IS NOT NULL AND role IS NOT NULL",
    )?;
    let outcomes = ended
        .query_map([now.before(REMEMBERED)], |row| {
            let (agent, role, repo) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Outcome { agent, role, repo, is_good: row.get(3)?, at: row.get(4)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(AgentRecords::weigh(outcomes, now))
}
