//! Sums up what happened since a moment, and what is on hold.
//!
//! A reply names only what all its readers may know: the repository in which it stands and those
//! that were public when they were last seen. Whether they still are only the forge knows.
//! The report may name everything.

use rusqlite::{Connection, Row};

use super::columns::{Json, Spelled, thread};
use super::error::Error;
use super::{controls, repos};
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::thread::{Hold, Snooze, ThreadState};
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::PauseScope;
use crate::core::report::digest::{Audience, DeadEffect, Digest, NamedThread};
use crate::core::report::{Outlook, Period};

/// The most entries of each list; nobody reads more.
const MOST: u32 = 100;

/// What happened in a `period`, and what rests at `now`, as far as the `audience` may know. The
/// backlog is left to who ranks it.
pub fn of(
    conn: &Connection,
    audience: Audience,
    period: Period,
    now: Timestamp,
) -> Result<Digest, Error> {
    let here = match audience {
        Audience::Everything => None,
        Audience::Of(repo) => Some(repo),
    };
    Ok(Digest {
        outcomes: outcomes(conn, here, period)?,
        people: people(conn, here, period)?,
        parked: parked(conn, here, now)?,
        dead: dead(conn, here, period)?,
        repos: paused_repos(conn, here)?,
        outlook: Outlook::default(),
    })
}

fn outcomes(
    conn: &Connection,
    here: Option<RepoId>,
    period: Period,
) -> Result<Vec<(String, u32)>, Error> {
    let outcomes = conn
        .prepare_cached(
            "SELECT outcome, count(*) FROM audit
             WHERE at >= ?2 AND at < ?3 AND repo IN
                   (SELECT id FROM repos WHERE ?1 IS NULL OR id = ?1 OR NOT private)
             GROUP BY outcome ORDER BY count(*) DESC, outcome",
        )?
        .query_map((here, period.since, period.until), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(outcomes)
}

fn people(conn: &Connection, here: Option<RepoId>, period: Period) -> Result<u32, Error> {
    let people = conn
        .prepare_cached(
            "SELECT count(DISTINCT lower(actor)) FROM audit
             WHERE at >= ?2 AND at < ?3 AND repo IN
                   (SELECT id FROM repos WHERE ?1 IS NULL OR id = ?1 OR NOT private)",
        )?
        .query_row((here, period.since, period.until), |row| row.get(0))?;
    Ok(people)
}

fn parked(
    conn: &Connection,
    here: Option<RepoId>,
    now: Timestamp,
) -> Result<Vec<(NamedThread, ThreadState)>, Error> {
    let parked = conn
        .prepare_cached(
            "SELECT repo, number, name, hold, snooze FROM threads JOIN repos ON repos.id = repo
             WHERE (hold IS NOT NULL OR snooze IS NOT NULL) AND (?1 IS NULL OR repo = ?1 OR NOT private)
             ORDER BY name, number",
        )?
        .query_map([here], |row| {
            let hold: Option<Json<Hold>> = row.get("hold")?;
            let snooze: Option<Json<Snooze>> = row.get("snooze")?;
            let (hold, snooze) = (hold.map(|Json(hold)| hold), snooze.map(|Json(snooze)| snooze));
            Ok((place(row)?, ThreadState { hold, snooze, refused_on: None }))
        })?
        .filter(|row| {
            // A snooze that is over still stands in its row.
            let rests = |state: &ThreadState| state.hold.is_some() || state.snoozed(now).is_some();
            row.as_ref().map_or(true, |(_, state)| rests(state))
        })
        .take(MOST as usize)
        .collect::<Result<_, _>>()?;
    Ok(parked)
}

fn dead(conn: &Connection, here: Option<RepoId>, period: Period) -> Result<Vec<DeadEffect>, Error> {
    let dead = conn
        .prepare_cached(
            "SELECT repo, number, name, ended_at, reason FROM outbox JOIN repos ON repos.id = repo
             WHERE state = 'dead' AND ended_at >= ?2 AND ended_at < ?3
               AND (?1 IS NULL OR repo = ?1 OR NOT private)
             ORDER BY ended_at DESC, seq DESC LIMIT ?4",
        )?
        .query_map((here, period.since, period.until, MOST), |row| {
            let (at, reason) = (row.get("ended_at")?, row.get("reason")?);
            Ok(DeadEffect { place: place(row)?, at, reason })
        })?
        .collect::<Result<_, _>>()?;
    Ok(dead)
}

fn paused_repos(conn: &Connection, here: Option<RepoId>) -> Result<Vec<(RepoId, RepoName)>, Error> {
    let mut named = Vec::new();
    for pause in controls::pauses(conn)? {
        if let PauseScope::Repo(id) = pause.part
            && let Some(repo) = repos::name(conn, id)?
            && (here.is_none_or(|here| id == here) || !repo.private)
        {
            named.push((id, repo.name));
        }
    }
    Ok(named)
}

fn place(row: &Row<'_>) -> rusqlite::Result<NamedThread> {
    let Spelled(repo) = row.get("name")?;
    Ok(NamedThread { thread: thread(row)?, repo })
}
