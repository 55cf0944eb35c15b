//! Crews and their histories. What moves one is a job of its own: `jobs` calls these in the transaction
//! in which that job moves.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::crew::{Crew, CrewEvent};
use crate::core::jobs::JobId;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::TextDigest;
use crate::core::model::time::Timestamp;

/// Makes a crew on a thread.
pub(super) fn make(
    tx: &Transaction<'_>,
    crew: &Crew,
    thread: ThreadId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO crews (job, repo, number, state, made_at, first, crew)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?
    .execute((crew.id.0, thread.repo, thread.number, crew.state.name(), now, Json(crew)))?;
    Ok(())
}

/// The crew for which this job plans.
pub fn get(conn: &Connection, id: JobId) -> Result<Option<Crew>, Error> {
    let crew = conn
        .prepare_cached("SELECT crew FROM crews WHERE job = ?1")?
        .query_row([id.0], |row| row.get(0).map(|Json(crew)| crew))
        .optional()?;
    Ok(crew)
}

/// Keeps what the issue of a crew said when its plan was judged.
pub(super) fn keep_text(tx: &Transaction<'_>, id: JobId, text: TextDigest) -> Result<(), Error> {
    tx.prepare_cached("UPDATE crews SET text = ?2 WHERE job = ?1")?.execute((id.0, text.0))?;
    Ok(())
}

/// What the issue of a crew said when its plan was judged.
pub fn text(conn: &Connection, id: JobId) -> Result<Option<TextDigest>, Error> {
    let text: Option<Option<[u8; 32]>> = conn
        .prepare_cached("SELECT text FROM crews WHERE job = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(text.flatten().map(TextDigest))
}

/// The crew on a thread that was made last.
pub fn latest_in(conn: &Connection, thread: ThreadId) -> Result<Option<JobId>, Error> {
    let id = conn
        .prepare_cached("SELECT max(job) FROM crews WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get::<_, Option<i64>>(0))?;
    Ok(id.map(JobId))
}

/// Something happened to a crew: the crew after it. None if there is no such crew.
pub(super) fn happen(
    tx: &Transaction<'_>,
    id: JobId,
    event: &CrewEvent,
    now: Timestamp,
) -> Result<Option<Crew>, Error> {
    let Some(before) = get(tx, id)? else { return Ok(None) };
    let after = before.advance(event);
    if after == before {
        return Ok(Some(after));
    }
    tx.prepare_cached(
        "INSERT INTO crew_events (crew, seq, at, event)
         SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3 FROM crew_events WHERE crew = ?1",
    )?
    .execute((id.0, now, Json(event)))?;
    let ended_at = after.state.is_end().then_some(now);
    tx.prepare_cached(
        "UPDATE crews SET state = ?2, crew = ?3, steps = steps + 1,
                ended_at = iif(?4 IS NULL, NULL, ifnull(ended_at, ?4))
         WHERE job = ?1",
    )?
    .execute((id.0, after.state.name(), Json(&after), ended_at))?;
    Ok(Some(after))
}

/// The crews whose history makes another one than what is stored.
pub fn rebuilt(conn: &Connection) -> Result<Vec<JobId>, Error> {
    let stored: Vec<(i64, Crew, Crew)> = conn
        .prepare_cached("SELECT job, first, crew FROM crews ORDER BY job")?
        .query_map([], |row| {
            let (Json(first), Json(crew)) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, first, crew))
        })?
        .collect::<Result<_, _>>()?;
    let mut wrong = Vec::new();
    for (id, first, crew) in stored {
        let history: Vec<CrewEvent> = conn
            .prepare_cached("SELECT event FROM crew_events WHERE crew = ?1 ORDER BY seq")?
            .query_map([id], |row| row.get(0).map(|Json(event)| event))?
            .collect::<Result<_, _>>()?;
        if history.iter().fold(first, |crew, event| crew.advance(event)) != crew {
            wrong.push(JobId(id));
        }
    }
    Ok(wrong)
}
