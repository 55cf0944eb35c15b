//! What came of jobs, as it is counted: for and against agents, in the report, and as what is watched
//! since it may be taken back.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::merged_before::{Earlier, merged_before};
use super::merged_job::MergedJob;
use crate::core::command::verb::{Group, Verb};
use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;
use crate::core::report::{EndedJob, Touches};
use crate::core::scheduling::{AgentRecords, Outcome};
use crate::store::columns::Json;
use crate::store::error::Error;

/// `?1`: since when; `?2`: the verbs that steer; `?3`: the issues of what was merged before.
pub(super) const TOUCHES: &str = "WITH merged AS (
        SELECT DISTINCT repo, number FROM jobs
        WHERE ended_at >= ?1 AND json_extract(job, '$.state.done') IS 'merged'
          AND json_extract(job, '$.past.merged_by') IS NULL
          AND number IS NOT NULL
        UNION SELECT value ->> 0, value ->> 1 FROM json_each(?3)),
    of_them AS (SELECT id, repo, number, pull FROM jobs JOIN merged USING (repo, number))
    SELECT (SELECT count(*) FROM merged),
           (SELECT count(*) FROM decisions
            WHERE state = 'decided' AND job IN (SELECT id FROM of_them))
           + (SELECT count(*) FROM audit
              WHERE outcome = 'done' AND verb IN (SELECT value FROM json_each(?2))
                AND EXISTS (SELECT 1 FROM of_them WHERE of_them.repo = audit.repo
                            AND audit.number IN (of_them.number, of_them.pull)))";

/// Whoever brought it last of those who began.
macro_rules! brought_by {
    () => {
        "(SELECT agent FROM attempts WHERE attempts.job = jobs.id AND started_at IS NOT NULL
          ORDER BY fence DESC LIMIT 1)"
    };
}

/// Whether a person did not want what was brought since it is wrong.
macro_rules! is_wrong {
    () => {
        "ifnull(json_extract(jobs.job, '$.state.cancelled.reason.rejected') = 'wrong', 0)"
    };
}

/// Whether what came of a job is held for or against who brought it: the one rule for all that is
/// counted of agents.
macro_rules! weighs {
    () => {
        concat!(
            "(NOT jobs.is_review
              AND (json_extract(jobs.job, '$.past.merged_by') IS NULL
                   OR json_extract(jobs.job, '$.state.done') IS 'reverted')
              AND (json_extract(jobs.job, '$.state.done') IS NOT 'verified' OR jobs.pull IS NULL)
              AND NOT (jobs.routine IS NOT NULL AND jobs.state = 'no_change')
              AND (jobs.state IN ('done', 'no_change')
                   OR ifnull(json_extract(jobs.job, '$.state.dead')
                             IN ('attempts_spent', 'loop', 'bad_request', 'no_proposal'), 0)
                   OR ",
            is_wrong!(),
            "))"
        )
    };
}

/// Whether it is held for them.
macro_rules! is_good {
    () => {
        "(jobs.state IN ('done', 'no_change')
          AND json_extract(jobs.job, '$.state.done') IS NOT 'reverted')"
    };
}

/// `?1`: since when.
pub(super) const OUTCOMES: &str = concat!(
    "SELECT agent, role, repo, is_good, ended_at FROM (SELECT ",
    brought_by!(),
    " AS agent, json_extract(job, '$.spec.role') AS role, repo, ",
    is_good!(),
    " AS is_good, ended_at FROM jobs WHERE ended_at >= ?1 AND ",
    weighs!(),
    ") WHERE agent IS NOT NULL AND role IS NOT NULL"
);

/// `?1`: since when; `?2`: the last attempt of what was merged before, by job.
pub(super) const RESULTS: &str = concat!(
    "SELECT ",
    weighs!(),
    " AND count(started_at) > 0, ",
    is_good!(),
    " AND json_extract(jobs.job, '$.past.merged_by') IS NULL,
        jobs.ended_at,
        count(started_at) FILTER (WHERE ending IS NULL
            OR ending ->> '$' NOT IN ('cut_off', 'asked')
               AND json_type(ending, '$.never_ran') IS NULL),
        min(started_at),
        sum(min(micro_usd, 1000000000000)),
        ifnull(",
    brought_by!(),
    ", (SELECT agent FROM attempts WHERE attempts.job = jobs.id ORDER BY fence DESC LIMIT 1)),
        json_extract(jobs.job, '$.state.done') IS 'merged'
            AND json_extract(jobs.job, '$.past.merged_by') IS NULL
     FROM jobs JOIN attempts ON attempts.job = jobs.id
     WHERE jobs.ended_at >= ?1
       AND fence > ifnull((SELECT max(value ->> 1) FROM json_each(?2)
                           WHERE value ->> 0 = jobs.id), 0)
     GROUP BY jobs.ended_at, jobs.id ORDER BY jobs.ended_at, jobs.id"
);

/// How often people had to do something for the issues that were merged since a moment, and are
/// still so, routines apart, which have none: what they decided, and what they said to steer or to overrule.
/// What an agent's account merged, nobody had to look at: it is none of them.
pub fn touches(conn: &Connection, since: Timestamp) -> Result<Touches, Error> {
    let before = merged_before(conn, since)?;
    let by_people = |one: &&Earlier| one.is_kept_since(since) && one.merged.by_agent.is_none();
    let before = before.iter().filter(by_people);
    let before: Vec<(i64, i64)> = before.filter_map(|one| one.place()).collect();
    let verbs: Vec<&str> = Verb::all().filter(|verb| steers(*verb)).map(Verb::name).collect();
    let touches =
        conn.prepare_cached(TOUCHES)?.query_row((since, Json(verbs), Json(before)), |row| {
            let (merged, touches): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Touches { touches: touches.unsigned_abs(), merged: merged.unsigned_abs() })
        })?;
    Ok(touches)
}

/// Whether a verb does something for one issue. What answers a question is counted by the question.
fn steers(verb: Verb) -> bool {
    (verb.group() == Group::Steer && verb != Verb::Dead) || verb == Verb::Override
}

/// How the jobs ended for which an agent was leased, since a moment; and which of that [`outcomes`] counts.
/// What was cancelled, or not wanted, is paid for like anything else, and says nothing of an agent. What was
/// merged before a job began once more is a result of its own, with the attempts that brought it.
pub fn results(conn: &Connection, since: Timestamp) -> Result<Vec<EndedJob>, Error> {
    let before = merged_before(conn, since)?;
    let last = before.iter().map(|one| (one.record.job.spec.id.0, one.merged.fence.map(|f| f.0)));
    let last: Vec<_> = last.collect();
    let mut results: Vec<EndedJob> = conn
        .prepare_cached(RESULTS)?
        .query_map((since, Json(last)), |row| {
            let (ended, began): (Timestamp, Option<Timestamp>) = (row.get(2)?, row.get(4)?);
            Ok(EndedJob {
                agent: row.get(6)?,
                weighs: row.get(0)?,
                is_verified: row.get(1)?,
                is_merged: row.get(7)?,
                at: ended,
                tries: row.get(3)?,
                micro_usd: row.get::<_, i64>(5)?.try_into().unwrap_or_default(),
                took: began.map(|began| ended.since(began)),
            })
        })?
        .collect::<Result<_, _>>()?;
    results.extend(before.iter().filter(|one| one.merged.at >= since).filter_map(Earlier::ended));
    results.sort_by_key(|ended| ended.at);
    Ok(results)
}

/// Those whose results were merged since a moment, and are still so. Of a job that began once more
/// it is what was merged last.
pub fn merged_since(conn: &Connection, since: Timestamp) -> Result<Vec<MergedJob>, Error> {
    let mut merged: Vec<MergedJob> = conn
        .prepare_cached(
            "SELECT jobs.id, repo, max(job_events.at),
                    ifnull(json_extract(step, '$.event.merged.commit'),
                           json_extract(step, '$.event.merged')),
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
    let mut before = merged_before(conn, since)?;
    before.retain(|one| one.is_kept_since(since));
    for one in before.iter().rev() {
        let id = one.record.job.spec.id;
        if merged.iter().all(|job| job.id != id) {
            let target = merged_into_of(conn, id)?;
            merged.push(one.watched(target));
        }
    }
    Ok(merged)
}

fn merged_into_of(conn: &Connection, id: JobId) -> Result<Option<String>, Error> {
    let target = conn
        .prepare_cached("SELECT merged_into FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(target)
}

/// Keeps which branch it was that the result of a job was merged into.
pub fn merged_into(tx: &Transaction<'_>, id: JobId, branch: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET merged_into = ?2 WHERE id = ?1")?.execute((id, branch))?;
    Ok(())
}

/// How far back results tell how well an agent fits: what is older weighs next to nothing.
const REMEMBERED: Duration = Duration::from_secs(180 * 24 * 3600);

/// What agents proved up to `now`. A result is held for or against whoever brought it last; what
/// never ran, was cut off by timmy or waited for a person in vain says nothing of an agent, nor does a
/// review that was given: what that is worth its findings show. That an agent's account merged
/// something proves nothing, until that is taken back; nor does a pull request that nobody had to
/// accept before it is merged, and none that is closed: that was not wanted; nor that a routine found
/// nothing, as it does most days, whoever looks. What was merged before a
/// job began once more counts beside what comes of that.
pub fn outcomes(conn: &Connection, now: Timestamp) -> Result<AgentRecords, Error> {
    let mut ended = conn.prepare_cached(OUTCOMES)?;
    let since = now.before(REMEMBERED);
    let mut outcomes = ended
        .query_map([since], |row| {
            let (agent, role, repo) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Outcome { agent, role, repo, is_good: row.get(3)?, at: row.get(4)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let before = merged_before(conn, since)?;
    outcomes
        .extend(before.iter().filter(|one| one.merged.at >= since).filter_map(Earlier::outcome));
    Ok(AgentRecords::weigh(outcomes, now))
}
