//! What each routine of the configuration has come to. Its jobs are rows of their own ([`jobs`](super::jobs)).

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::RoutineState;

/// A routine, as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoutine {
    pub state: RoutineState,
    /// The job that it made last.
    pub job: Option<JobId>,
    /// Since then a date made none, because what it made before was not dealt with.
    pub passed_at: Option<Timestamp>,
}

/// All of them, by name.
pub fn all(conn: &Connection) -> Result<BTreeMap<String, StoredRoutine>, Error> {
    let all = conn
        .prepare_cached("SELECT name, calendar, settled_at, job, passed_at FROM routines")?
        .query_map([], |row| Ok((row.get(0)?, stored(row)?)))?
        .collect::<Result<_, _>>()?;
    Ok(all)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredRoutine> {
    let state = RoutineState { calendar: row.get("calendar")?, settled_at: row.get("settled_at")? };
    Ok(StoredRoutine { state, job: row.get("job")?, passed_at: row.get("passed_at")? })
}

/// The dates of a routine are counted from `now` on, by this calendar: none of before is due.
pub fn count_anew(
    tx: &Transaction<'_>,
    name: &str,
    calendar: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO routines (name, calendar, settled_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET calendar = ?2, settled_at = ?3, passed_at = NULL",
    )?
    .execute((name, calendar, now))?;
    Ok(())
}

/// No date of a routine up to this moment is due any more.
pub fn settle(tx: &Transaction<'_>, name: &str, until: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE routines SET settled_at = max(settled_at, ?2) WHERE name = ?1")?
        .execute((name, until))?;
    Ok(())
}

/// The same of all routines.
pub(super) fn settle_all(tx: &Transaction<'_>, until: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE routines SET settled_at = max(settled_at, ?1)")?.execute([until])?;
    Ok(())
}

/// A date made a job.
pub(super) fn made(
    tx: &Transaction<'_>,
    name: &str,
    date: Timestamp,
    job: JobId,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE routines SET settled_at = ?2, job = ?3, passed_at = NULL WHERE name = ?1",
    )?
    .execute((name, date, job))?;
    Ok(())
}

/// A date made no job, because what it made before is not dealt with.
pub(super) fn passed(tx: &Transaction<'_>, name: &str, date: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE routines SET settled_at = ?2, passed_at = ?2 WHERE name = ?1")?
        .execute((name, date))?;
    Ok(())
}

/// Forgets all that have none of these names: whoever writes one of them down again begins anew.
pub fn forget_others(tx: &Transaction<'_>, names: &[String]) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM routines WHERE name NOT IN (SELECT value FROM json_each(?1))")?
        .execute([Json(names)])?;
    Ok(())
}
