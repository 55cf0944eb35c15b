//! Sums up what happened since a moment, and what is on hold.
//!
//! It names only what all who read it could know when that was last seen. Whether they still may
//! only the forge knows.

use rusqlite::Connection;

use super::columns::{Json, Spelled, lane, thread};
use super::error::Error;
use super::{controls, decisions, jobs, repos};
use crate::core::command::value::DecisionId;
use crate::core::effect::BLOCKED;
use crate::core::model::ids::{Lane, RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::thread::{Hold, Snooze, ThreadState};
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::Audience;
use crate::core::policy::controls::{Pause, PauseScope};
use crate::core::reply::decisions::asked_in_short;
use crate::core::report::digest::{
    AskedThread, DeadEffect, Digest, NamedLane, NamedThread, RoutineWait,
};
use crate::core::report::{Outlook, Period};

/// The most entries of each list; nobody reads more.
const MOST: u32 = 100;

/// The repositories that may be named.
type Named = Json<Vec<RepoId>>;

/// What happened in a `period`, and what rests at `now`, as far as the `audience` may know. The
/// backlog is left to who ranks it.
pub fn of(
    conn: &Connection,
    audience: Audience,
    period: Period,
    now: Timestamp,
) -> Result<Digest, Error> {
    let mut repos = repos::all(conn)?;
    repos.retain(|repo| audience.may_name(repo));
    let named = Json(repos.iter().map(|repo| repo.id).collect());
    Ok(Digest {
        outcomes: outcomes(conn, &named, period)?,
        people: people(conn, &named, period)?,
        parked: parked(conn, &named, now)?,
        asked: asked(conn, &named)?,
        merged: merged(conn, &named, period)?,
        dead: dead(conn, &named, period)?,
        routines: waiting_routines(conn, &repos)?,
        repos: paused_repos(conn, &repos)?,
        outlook: Outlook::default(),
    })
}

fn outcomes(conn: &Connection, named: &Named, period: Period) -> Result<Vec<(String, u32)>, Error> {
    let outcomes = conn
        .prepare_cached(
            "SELECT outcome, count(*) FROM audit
             WHERE at >= ?2 AND at < ?3 AND repo IN (SELECT value FROM json_each(?1))
             GROUP BY outcome ORDER BY count(*) DESC, outcome",
        )?
        .query_map((named, period.since, period.until), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(outcomes)
}

fn people(conn: &Connection, named: &Named, period: Period) -> Result<u32, Error> {
    let people = conn
        .prepare_cached(
            "SELECT count(DISTINCT lower(actor)) FROM audit
             WHERE at >= ?2 AND at < ?3 AND repo IN (SELECT value FROM json_each(?1))",
        )?
        .query_row((named, period.since, period.until), |row| row.get(0))?;
    Ok(people)
}

fn parked(
    conn: &Connection,
    named: &Named,
    now: Timestamp,
) -> Result<Vec<(NamedThread, ThreadState)>, Error> {
    let parked = conn
        .prepare_cached(
            "SELECT repo, number, name, hold, snooze FROM threads JOIN repos ON repos.id = repo
             WHERE (hold IS NOT NULL OR snooze IS NOT NULL)
               AND repo IN (SELECT value FROM json_each(?1))
             ORDER BY name, number",
        )?
        .query_map([named], |row| {
            let hold: Option<Json<Hold>> = row.get("hold")?;
            let snooze: Option<Json<Snooze>> = row.get("snooze")?;
            let (hold, snooze) = (hold.map(|Json(hold)| hold), snooze.map(|Json(snooze)| snooze));
            let Spelled(repo) = row.get("name")?;
            Ok((
                NamedThread { thread: thread(row)?, repo },
                ThreadState { hold, snooze, ..ThreadState::default() },
            ))
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

fn asked(conn: &Connection, named: &Named) -> Result<Vec<AskedThread>, Error> {
    let open: Vec<(NamedThread, DecisionId)> = conn
        .prepare_cached(
            "SELECT decisions.id AS decision, repo, number, name
             FROM decisions JOIN repos ON repos.id = repo
             WHERE state = 'open' AND repo IN (SELECT value FROM json_each(?1))
             ORDER BY decisions.id LIMIT ?2",
        )?
        .query_map((named, MOST), |row| {
            let Spelled(repo) = row.get("name")?;
            Ok((NamedThread { thread: thread(row)?, repo }, row.get("decision")?))
        })?
        .collect::<Result<_, _>>()?;
    let mut asked = Vec::new();
    for (place, id) in open {
        let Some(decision) = decisions::get(conn, id)?.map(|stored| stored.decision) else {
            continue;
        };
        let Some(record) = jobs::record(conn, decision.job)? else { continue };
        let named = |number: i64| format!("{}#{number}", place.repo);
        let question = asked_in_short(&decision, &record, named);
        asked.push(AskedThread { place, id, question });
    }
    Ok(asked)
}

fn merged(conn: &Connection, named: &Named, period: Period) -> Result<Vec<NamedThread>, Error> {
    let merged = conn
        .prepare_cached(
            "SELECT repo, pull AS number, name FROM jobs JOIN repos ON repos.id = repo
             JOIN job_events ON job_events.job = jobs.id
             WHERE job_events.at >= ?2 AND job_events.at < ?3
               AND state = 'done' AND pull IS NOT NULL
               AND json_extract(step, '$.event.merged') IS NOT NULL
               AND json_extract(jobs.job, '$.state.done') IS 'merged'
               AND repo IN (SELECT value FROM json_each(?1))
             GROUP BY jobs.id ORDER BY max(job_events.at), jobs.id LIMIT ?4",
        )?
        .query_map((named, period.since, period.until, MOST), |row| {
            let Spelled(repo) = row.get("name")?;
            Ok(NamedThread { thread: thread(row)?, repo })
        })?
        .collect::<Result<_, _>>()?;
    Ok(merged)
}

fn dead(conn: &Connection, named: &Named, period: Period) -> Result<Vec<DeadEffect>, Error> {
    let dead = conn
        .prepare_cached(
            "SELECT repo, number, name, ended_at, reason FROM outbox JOIN repos ON repos.id = repo
             WHERE state = 'dead' AND ended_at >= ?2 AND ended_at < ?3 AND reason IS NOT ?5
               AND repo IN (SELECT value FROM json_each(?1))
             ORDER BY ended_at DESC, seq DESC LIMIT ?4",
        )?
        .query_map((named, period.since, period.until, MOST, BLOCKED), |row| {
            let (at, reason) = (row.get("ended_at")?, row.get("reason")?);
            let Spelled(repo) = row.get("name")?;
            Ok(DeadEffect { place: NamedLane { lane: lane(row)?, repo }, at, reason })
        })?
        .collect::<Result<_, _>>()?;
    Ok(dead)
}

/// Writes that were given up in one lane for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUpWrites {
    pub lane: Lane,
    pub reason: String,
    /// When the last one was.
    pub last: Timestamp,
    pub count: u32,
}

/// What was given up after this moment, but for what calls nobody: up to `limit`, the latest first, and
/// how many there are.
pub fn given_up(
    conn: &Connection,
    since: Timestamp,
    limit: u32,
) -> Result<(Vec<GivenUpWrites>, usize), Error> {
    let listed = conn
        .prepare_cached(
            "SELECT repo, number, reason, max(ended_at) AS last, count(*) AS count FROM outbox
             WHERE state = 'dead' AND ended_at > ?1 AND reason <> ?2
             GROUP BY repo, number, reason ORDER BY last DESC, repo, number, reason LIMIT ?3",
        )?
        .query_map((since, BLOCKED, limit), |row| {
            let (reason, last, count) = (row.get("reason")?, row.get("last")?, row.get("count")?);
            Ok(GivenUpWrites { lane: lane(row)?, reason, last, count })
        })?
        .collect::<Result<_, _>>()?;
    let all: u32 = conn
        .prepare_cached(
            "SELECT count(*) FROM (SELECT DISTINCT repo, number, reason FROM outbox
             WHERE state = 'dead' AND ended_at > ?1 AND reason <> ?2)",
        )?
        .query_row((since, BLOCKED), |row| row.get(0))?;
    Ok((listed, usize::try_from(all).unwrap_or(usize::MAX)))
}

fn waiting_routines(
    conn: &Connection,
    named: &[Repo],
) -> Result<Vec<(String, RoutineWait)>, Error> {
    let mut waiting = Vec::new();
    for (name, other) in jobs::routines_waiting(conn)? {
        let Some(repo) = named.iter().find(|repo| repo.id == other.repo) else { continue };
        let lane = other.pull.map_or(Lane::Repo(other.repo), Lane::Thread);
        let place = NamedLane { lane, repo: repo.name.clone() };
        waiting.push((name, RoutineWait { job: other.job, place }));
    }
    Ok(waiting)
}

fn paused_repos(conn: &Connection, named: &[Repo]) -> Result<Vec<(RepoId, RepoName)>, Error> {
    let is_paused = |pauses: &[Pause], repo: &Repo| {
        pauses.iter().any(|pause| pause.part == PauseScope::Repo(repo.id))
    };
    let pauses = controls::pauses(conn)?;
    let paused = named.iter().filter(|repo| is_paused(&pauses, repo));
    Ok(paused.map(|repo| (repo.id, repo.name.clone())).collect())
}
