//! Sums up for a report what happened since a moment, and what rests.
//!
//! A report names only what all its readers may know: the repository `here` and those that were
//! public when they were last heard of. Whether they still are only the forge can tell.

use rusqlite::{Connection, Row};

use super::columns::{Json, Spelled, thread};
use super::error::Error;
use super::{fleet, repos};
use crate::core::digest::{Digest, Place};
use crate::core::fleet::Part;
use crate::core::ids::{RepoId, RepoName};
use crate::core::thread::{Hold, Snooze, ThreadState};
use crate::core::time::Timestamp;

/// The most entries of each list; nobody reads more.
const MOST: u32 = 100;

/// What happened since `since`, and what rests at `now`.
pub fn since(
    conn: &Connection,
    here: RepoId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Digest, Error> {
    Ok(Digest {
        outcomes: outcomes(conn, here, since)?,
        people: people(conn, here, since)?,
        parked: parked(conn, here, now)?,
        dead: dead(conn, here, since)?,
        repos: paused_repos(conn, here)?,
    })
}

fn outcomes(
    conn: &Connection,
    here: RepoId,
    since: Timestamp,
) -> Result<Vec<(String, u32)>, Error> {
    let outcomes = conn
        .prepare_cached(
            "SELECT outcome, count(*) FROM audit
             WHERE at >= ?2 AND repo IN (SELECT id FROM repos WHERE id = ?1 OR NOT private)
             GROUP BY outcome ORDER BY count(*) DESC, outcome",
        )?
        .query_map((here, since), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(outcomes)
}

fn people(conn: &Connection, here: RepoId, since: Timestamp) -> Result<u32, Error> {
    let people = conn
        .prepare_cached(
            "SELECT count(DISTINCT lower(actor)) FROM audit
             WHERE at >= ?2 AND repo IN (SELECT id FROM repos WHERE id = ?1 OR NOT private)",
        )?
        .query_row((here, since), |row| row.get(0))?;
    Ok(people)
}

fn parked(
    conn: &Connection,
    here: RepoId,
    now: Timestamp,
) -> Result<Vec<(Place, ThreadState)>, Error> {
    let parked = conn
        .prepare_cached(
            "SELECT repo, number, name, hold, snooze FROM threads JOIN repos ON repos.id = repo
             WHERE (hold IS NOT NULL OR snooze IS NOT NULL) AND (repo = ?1 OR NOT private)
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

fn dead(
    conn: &Connection,
    here: RepoId,
    since: Timestamp,
) -> Result<Vec<(Place, Timestamp)>, Error> {
    let dead = conn
        .prepare_cached(
            "SELECT repo, number, name, ended_at FROM outbox JOIN repos ON repos.id = repo
             WHERE state = 'dead' AND ended_at >= ?2 AND (repo = ?1 OR NOT private)
             ORDER BY ended_at DESC, seq DESC LIMIT ?3",
        )?
        .query_map((here, since, MOST), |row| Ok((place(row)?, row.get("ended_at")?)))?
        .collect::<Result<_, _>>()?;
    Ok(dead)
}

fn paused_repos(conn: &Connection, here: RepoId) -> Result<Vec<(RepoId, RepoName)>, Error> {
    let mut named = Vec::new();
    for pause in fleet::pauses(conn)? {
        if let Part::Repo(id) = pause.part
            && let Some(repo) = repos::name(conn, id)?
            && (id == here || !repo.private)
        {
            named.push((id, repo.name));
        }
    }
    Ok(named)
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    let Spelled(repo) = row.get("name")?;
    Ok(Place { thread: thread(row)?, repo })
}
