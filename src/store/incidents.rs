//! Open incidents: what is wrong with the world, since when, how often met.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::error::Error;
use crate::core::model::time::Timestamp;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What, and where: `token`, `forge`, `archived 12`.
    pub key: String,
    /// In a sentence, with what to do.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was met last.
    pub last: Timestamp,
    /// How often it was met.
    pub count: u32,
}

/// Notes that it was met. Whether it is new.
pub fn note(tx: &Transaction<'_>, key: &str, text: &str, now: Timestamp) -> Result<bool, Error> {
    let count: u32 = tx
        .prepare_cached(
            "INSERT INTO incidents (key, text, since, last, count) VALUES (?1, ?2, ?3, ?3, 1)
             ON CONFLICT (key) DO UPDATE SET text = ?2, last = ?3, count = count + 1
             RETURNING count",
        )?
        .query_row((key, text, now), |row| row.get(0))?;
    Ok(count == 1)
}

/// It is over; what it was, if it was there.
pub fn over(tx: &Transaction<'_>, key: &str) -> Result<Option<Incident>, Error> {
    let was = tx
        .prepare_cached("DELETE FROM incidents WHERE key = ?1 RETURNING *")?
        .query_row([key], incident)
        .optional()?;
    Ok(was)
}

/// Forgets all whose key begins with `prefix`.
pub fn forget(tx: &Transaction<'_>, prefix: &str) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM incidents WHERE substr(key, 1, length(?1)) = ?1")?
        .execute([prefix])?;
    Ok(())
}

/// All that is wrong, the oldest first.
pub fn all(conn: &Connection) -> Result<Vec<Incident>, Error> {
    let incidents = conn
        .prepare_cached("SELECT * FROM incidents ORDER BY since, key")?
        .query_map([], incident)?
        .collect::<Result<_, _>>()?;
    Ok(incidents)
}

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    Ok(Incident {
        key: row.get("key")?,
        text: row.get("text")?,
        since: row.get("since")?,
        last: row.get("last")?,
        count: row.get("count")?,
    })
}
