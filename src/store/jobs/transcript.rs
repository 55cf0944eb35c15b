//! What attempts were asked, what they did and what they said, for whoever wants to know.

use rusqlite::{Connection, Transaction};

use crate::core::jobs::{AttemptEnd, Fence, JobId};
use crate::core::model::time::Timestamp;
use crate::store::columns::Json;
use crate::store::error::Error;

/// What is kept of the words of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptLog {
    pub agent: String,
    /// The request that started it, word for word.
    pub asked: String,
    /// What it said and did, as JSON, if its agent could tell.
    pub transcript: Option<String>,
    /// Its last words.
    pub said: Option<String>,
    /// What it asked a person for last.
    pub asks: Option<String>,
    /// How it ended, once it did.
    pub ended: Option<AttemptEnd>,
}

/// Keeps what an attempt said and did, as JSON; told again, the later counts.
pub fn keep_transcript(
    tx: &Transaction<'_>,
    fence: Fence,
    transcript: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO transcripts (fence, kept_at, transcript) VALUES (?1, ?2, ?3)",
    )?
    .execute((fence, now, transcript))?;
    Ok(())
}

/// Up to `limit` attempts of an agent that are over since some moment, and of which it is not kept
/// what they did; the latest first.
pub fn without_transcript(
    conn: &Connection,
    agent: &str,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Fence>, Error> {
    let fences = conn
        .prepare_cached(
            "SELECT fence FROM attempts LEFT JOIN transcripts USING (fence)
             WHERE agent = ?1 AND ended_at >= ?2 AND run IS NOT NULL AND transcript IS NULL
             ORDER BY fence DESC LIMIT ?3",
        )?
        .query_map((agent, since, limit), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(fences)
}

/// What the attempts of a job were asked, did and said, in order; without those that were never
/// to start.
pub fn attempt_logs(conn: &Connection, id: JobId) -> Result<Vec<AttemptLog>, Error> {
    let logs = conn
        .prepare_cached(
            "SELECT agent, request, transcript, said, asks, ending FROM attempts
             LEFT JOIN transcripts USING (fence)
             WHERE job = ?1 AND request IS NOT NULL
             ORDER BY fence",
        )?
        .query_map([id], |row| {
            Ok(AttemptLog {
                agent: row.get(0)?,
                asked: row.get(1)?,
                transcript: row.get(2)?,
                said: row.get(3)?,
                asks: row.get(4)?,
                ended: row.get::<_, Option<Json<AttemptEnd>>>(5)?.map(|Json(ended)| ended),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(logs)
}
