//! What starts by itself: where, since when, how much of it there was, and what keeps it from that.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::backlog;
use super::error::Error;
use super::meta;
use crate::core::jobs::JobId;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AutoState, AutoTerms, Trial};

/// Where work starts by itself, and what was found that keeps it from that.
pub fn state(conn: &Connection) -> Result<AutoState, Error> {
    Ok(meta::get(conn, meta::AUTOMATIC)?.unwrap_or_default())
}

/// Keeps that, if it is another one than before.
pub fn set_state(tx: &Transaction<'_>, new: &AutoState) -> Result<(), Error> {
    if state(tx)? == *new {
        return Ok(());
    }
    meta::set(tx, meta::AUTOMATIC, new)?;
    backlog::moved(tx)
}

/// What was found of the default branch of a repository.
pub fn note_branch(tx: &Transaction<'_>, repo: RepoId, is_red: bool) -> Result<(), Error> {
    let mut new = state(tx)?;
    new.note_branch(repo, is_red);
    set_state(tx, &new)
}

/// The same with how much may start now, where `starts_per_day` may since `day_began`.
pub fn terms(
    conn: &Connection,
    starts_per_day: u32,
    day_began: Timestamp,
) -> Result<AutoTerms, Error> {
    let state = state(conn)?;
    if state.since.is_empty() {
        return Ok(AutoTerms::default());
    }
    let starts_left = starts_per_day.saturating_sub(started_since(conn, day_began)?);
    Ok(AutoTerms { state, starts_per_day, starts_left, trials: trials(conn)? })
}

/// How many jobs were begun without anybody asking for them since a moment.
pub fn started_since(conn: &Connection, since: Timestamp) -> Result<u32, Error> {
    let count = conn
        .prepare_cached("SELECT count(*) FROM jobs WHERE automatic_at >= ?1")?
        .query_row([since], |row| row.get(0))?;
    Ok(count)
}

/// How many of all that were begun so were small.
pub fn small_started(conn: &Connection) -> Result<u64, Error> {
    Ok(meta::get(conn, meta::AUTOMATIC_SMALL)?.unwrap_or_default())
}

/// What each agent did in each repository: a job is held for or against whoever had it last. Of what
/// brings no pull request, that a person accepted it counts as a merge does; what an agent's account
/// merged counts for nothing.
pub fn trials(conn: &Connection) -> Result<BTreeMap<String, BTreeMap<RepoId, Trial>>, Error> {
    trials_of(conn, None, None)
}

/// What an agent did in a repository, beside one job.
pub fn trial(conn: &Connection, agent: &str, repo: RepoId, except: JobId) -> Result<Trial, Error> {
    let trials = trials_of(conn, Some(except), Some(repo))?;
    let of_agent = trials.get(agent).and_then(|repos| repos.get(&repo));
    Ok(of_agent.copied().unwrap_or_default())
}

/// Where jobs that nobody asked for are not over.
pub fn at_work(conn: &Connection) -> Result<Vec<RepoId>, Error> {
    let repos = conn
        .prepare_cached(
            "SELECT DISTINCT repo FROM jobs WHERE automatic_at IS NOT NULL AND ended_at IS NULL",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(repos)
}

/// Where jobs of routines are not over.
pub fn routines_at_work(conn: &Connection) -> Result<Vec<RepoId>, Error> {
    let repos = conn
        .prepare_cached(
            "SELECT DISTINCT repo FROM jobs WHERE routine IS NOT NULL AND ended_at IS NULL",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(repos)
}

fn trials_of(
    conn: &Connection,
    except: Option<JobId>,
    only: Option<RepoId>,
) -> Result<BTreeMap<String, BTreeMap<RepoId, Trial>>, Error> {
    let mut trials: BTreeMap<String, BTreeMap<RepoId, Trial>> = BTreeMap::new();
    let mut jobs = conn.prepare_cached(
        "SELECT agent, repo, sum(is_merged), sum(is_open) FROM (
             SELECT (SELECT agent FROM attempts WHERE job = jobs.id ORDER BY fence DESC LIMIT 1)
                        AS agent,
                    repo,
                    (json_extract(job, '$.state.done') IS 'merged'
                     AND json_extract(job, '$.past.merged_by') IS NULL)
                        OR (json_extract(job, '$.state.done') IS 'accepted' AND pull IS NULL)
                        AS is_merged,
                    ended_at IS NULL OR pull_open = 1 AS is_open
             FROM jobs WHERE id IS NOT ?1 AND repo = ifnull(?2, repo))
         WHERE agent IS NOT NULL AND (is_merged OR is_open) GROUP BY agent, repo",
    )?;
    let mut rows = jobs.query((except, only))?;
    while let Some(row) = rows.next()? {
        let (agent, repo): (String, RepoId) = (row.get(0)?, row.get(1)?);
        let trial = Trial { merged: row.get(2)?, open: row.get(3)? };
        trials.entry(agent).or_default().insert(repo, trial);
    }
    Ok(trials)
}
