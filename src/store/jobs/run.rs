//! What a runner keeps of an attempt beside what the job knows of it: the request that starts it,
//! how its agent finds it again, what it does, what it said in the end.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::load::{self, StoredJob};
use super::speech::refresh_card;
use crate::core::effect::LabelScope;
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{Commit, Fence, JobId};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::store::backlog;
use crate::store::columns::Json;
use crate::store::error::Error;

/// How long what an agent pushes is looked for that was not seen to stop.
const MAY_PUSH: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that is kept of an agent's last words, in bytes.
const LONGEST: usize = 64 << 10;

/// A job that is looked after, as far as it says when to look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedJob {
    pub id: JobId,
    /// When a deadline of its state is over.
    pub due_at: Option<Timestamp>,
    /// Whether it waits for a person to decide.
    pub waits_for_a_person: bool,
    /// How long its history is: it grows with each step, whoever told it.
    pub steps: i64,
    /// Whether its thread is known to be open; of a routine's, whether its repository is watched.
    pub is_thread_known: bool,
    /// Whether its card is still to be written, and claims its thread.
    pub card_waits: bool,
}

/// In no order: put in order by SQLite, each part would be looked for among all jobs that ever were. The
/// same is why it is told not to look for all that are done.
pub(super) const WATCHED: &str =
    "SELECT id, due_at, steps, is_asked, is_thread_known, card_waits FROM (
        SELECT id, due_at, steps, state,
               state = 'deciding'
               OR state = 'waiting'
               AND json_extract(job, '$.state.waiting.start') IS NOT NULL AS is_asked,
               iif(jobs.number IS NULL, EXISTS (
                   SELECT 1 FROM tracked_repos WHERE tracked_repos.repo = jobs.repo
               ), EXISTS (
                   SELECT 1 FROM backlog
                   WHERE backlog.repo = jobs.repo AND backlog.number = jobs.number
               )) AS is_thread_known,
               state = 'preflight' AND EXISTS (
                   SELECT 1 FROM outbox WHERE key = jobs.card AND ended_at IS NULL
               ) AS card_waits
        FROM jobs WHERE ended_at IS NULL)
    WHERE state <> 'queued' OR due_at <= ?1 OR NOT is_thread_known
    UNION ALL
    SELECT id, NULL, steps, 0, 1, 0 FROM jobs
    WHERE pull_open = 1 AND NOT EXISTS (
        SELECT 1 FROM backlog WHERE backlog.repo = jobs.repo AND number = jobs.pull)
    UNION ALL
    SELECT id, NULL, steps, 0, 1, 0 FROM jobs
    WHERE +state = 'done' AND id IN (
        SELECT job FROM agent_reviews AS given
        WHERE counted_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM backlog
            WHERE backlog.repo = given.repo AND number = given.pull))
    UNION ALL
    SELECT id, NULL, steps, 0, 1, 0 FROM jobs
    WHERE state = 'cancelled' AND ended_at > ?2
      AND json_extract(job, '$.state.cancelled.agent') = 'not_seen'";

/// All jobs that have not ended, but for those that wait for an agent and may do so longer, on a
/// thread that is known to be open; those that are done, and whose pull request, or what they
/// reviewed, is among the open ones no more; and for a day those whose agent may still push.
pub fn watched(conn: &Connection, now: Timestamp) -> Result<Vec<WatchedJob>, Error> {
    let mut jobs: Vec<WatchedJob> = conn
        .prepare_cached(WATCHED)?
        .query_map((now, now.before(MAY_PUSH)), |row| {
            Ok(WatchedJob {
                id: row.get(0)?,
                due_at: row.get(1)?,
                steps: row.get(2)?,
                waits_for_a_person: row.get(3)?,
                is_thread_known: row.get(4)?,
                card_waits: row.get(5)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// How long the history of a job is.
pub fn steps(conn: &Connection, id: JobId) -> Result<i64, Error> {
    let steps = conn
        .prepare_cached("SELECT steps FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(steps.unwrap_or_default())
}

/// The branch that the latest attempt of a job that was prepared is to be merged into.
pub fn base_branch(conn: &Connection, id: JobId) -> Result<Option<String>, Error> {
    let branch = conn
        .prepare_cached(
            "SELECT base_branch FROM attempts
             WHERE job = ?1 AND base_branch IS NOT NULL
             ORDER BY fence DESC LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(branch)
}

/// Up to `limit` jobs that wait for an agent, the oldest first.
pub fn queued(conn: &Connection, limit: u32) -> Result<Vec<StoredJob>, Error> {
    load::list(
        conn,
        "SELECT job, created_at, ended_at FROM jobs WHERE state = 'queued' ORDER BY id LIMIT ?1",
        [limit],
    )
}

/// Whether any job waits for an agent.
pub fn is_any_queued(conn: &Connection) -> Result<bool, Error> {
    let is_any =
        conn.prepare_cached("SELECT 1 FROM jobs WHERE state = 'queued' LIMIT 1")?.exists([])?;
    Ok(is_any)
}

/// Whether the thread is known to be open.
pub fn is_thread_open(conn: &Connection, thread: ThreadId) -> Result<bool, Error> {
    let is_open = conn
        .prepare_cached("SELECT 1 FROM backlog WHERE repo = ?1 AND number = ?2")?
        .exists((thread.repo, thread.number))?;
    Ok(is_open)
}

/// Whether the thread is labelled as little work.
pub fn is_small(conn: &Connection, thread: ThreadId) -> Result<bool, Error> {
    let labels: Option<Json<Vec<String>>> = conn
        .prepare_cached("SELECT labels FROM backlog WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    let labels = labels.map(|Json(labels)| labels).unwrap_or_default();
    let size = LabelScope::Size.value_among(labels.iter().map(String::as_str));
    Ok(matches!(size, Some("xs" | "s")))
}

/// How many open pull requests are of these accounts. Names ignore case.
pub fn pulls_of(conn: &Connection, logins: &[String]) -> Result<u32, Error> {
    let mut authors =
        conn.prepare_cached("SELECT author FROM backlog WHERE is_pull AND author IS NOT NULL")?;
    let mut rows = authors.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let Json(author): Json<Account> = row.get(0)?;
        count += u32::from(logins.iter().any(|login| author.is(login)));
    }
    Ok(count)
}

/// The open pull requests of the same repository that say they close `thread`, by number.
pub fn linked_pulls(conn: &Connection, thread: ThreadId) -> Result<Vec<i64>, Error> {
    let facts = backlog::issue(conn, thread)?;
    let pulls = facts.map(|facts| facts.pulls).unwrap_or_default();
    let here = pulls.iter().filter(|pull| pull.thread.repo == thread.repo);
    Ok(here.map(|pull| pull.thread.number).collect())
}

/// An agent takes work otherwise than before: what is matched may come out otherwise.
pub fn fleet_moved(tx: &Transaction<'_>) -> Result<(), Error> {
    backlog::moved(tx)
}

/// Why a job got no agent when it was last tried, in words; none if it was not yet.
pub fn waits_for(conn: &Connection, id: JobId) -> Result<Option<String>, Error> {
    let waits = conn
        .prepare_cached("SELECT waits_for FROM jobs WHERE id = ?1 AND state = 'queued'")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(waits.flatten())
}

/// Keeps why a job got no agent, and shows it on its card.
pub fn note_waiting(
    tx: &Transaction<'_>,
    id: JobId,
    why: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let changed = tx
        .prepare_cached("UPDATE jobs SET waits_for = ?2 WHERE id = ?1 AND waits_for IS NOT ?2")?
        .execute((id, why))?;
    match (changed, why) {
        (1.., Some(_)) => refresh_card(tx, id, now),
        _ => Ok(()),
    }
}

/// Keeps what starts an attempt, word for word, and what it begins at.
pub fn prepared(
    tx: &Transaction<'_>,
    fence: Fence,
    request: &str,
    base_branch: &str,
    base: &Commit,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE attempts SET request = ?2, base_branch = ?3, base = ?4 WHERE fence = ?1",
    )?
    .execute((fence, request, base_branch, base.to_string()))?;
    Ok(())
}

/// Keeps what was found of what an attempt brought.
pub fn keep_findings(
    tx: &Transaction<'_>,
    fence: Fence,
    findings: &[Finding],
) -> Result<(), Error> {
    tx.prepare_cached("UPDATE attempts SET findings = ?2 WHERE fence = ?1")?
        .execute((fence, Json(findings)))?;
    Ok(())
}

/// Keeps what an attempt asks a person for.
pub fn asks(tx: &Transaction<'_>, fence: Fence, question: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE attempts SET asks = ?2 WHERE fence = ?1")?
        .execute((fence, question))?;
    Ok(())
}

/// Whether `process` of an agent was seen to ask, and no other one of it worked since: systems give the
/// number of a process to another one later.
pub fn has_asked(conn: &Connection, agent: &str, process: &str) -> Result<bool, Error> {
    let asked = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM attempts AS asked
             WHERE agent = ?1 AND asks IS NOT NULL AND run ->> '$.process' = ?2
               AND NOT EXISTS (SELECT 1 FROM attempts AS later
                   WHERE later.agent = ?1 AND later.fence > asked.fence
                     AND later.run ->> '$.process' <> ?2))",
        )?
        .query_row((agent, process), |row| row.get(0))?;
    Ok(asked)
}

/// Keeps how the agent finds an attempt again.
pub fn found(tx: &Transaction<'_>, fence: Fence, run: &str, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE attempts SET run = ?2, seen_at = ?3 WHERE fence = ?1")?
        .execute((fence, run, now))?;
    Ok(())
}

/// Keeps a sign of life, and what the agent says that it does; without a word, what it said last.
pub fn seen(
    tx: &Transaction<'_>,
    fence: Fence,
    doing: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE attempts SET doing = ifnull(?2, doing), seen_at = ?3 WHERE fence = ?1",
    )?
    .execute((fence, doing, now))?;
    Ok(())
}

/// Keeps an agent's last words, or the end of them: the result stands there.
pub fn said(tx: &Transaction<'_>, fence: Fence, text: &str) -> Result<(), Error> {
    let from = text.len().saturating_sub(LONGEST);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    tx.prepare_cached("UPDATE attempts SET said = ?2 WHERE fence = ?1")?
        .execute((fence, &text[from..]))?;
    Ok(())
}
