//! What traces are told from: histories of jobs, and texts with all that they led to.

use rusqlite::{Connection, OptionalExtension as _};

use super::columns::{Json, subject_columns};
use super::error::Error;
use super::jobs::{self, StoredStep};
use crate::core::jobs::{Job, JobId};
use crate::core::model::time::Timestamp;
use crate::core::trace::TextKey;

/// A job as it was made, and all that happened to it.
#[derive(Debug)]
pub struct JobStory {
    pub first: Job,
    pub created_at: Timestamp,
    pub steps: Vec<StoredStep>,
}

/// A text that was dealt with, and all of whose effects are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedText {
    pub received_at: Timestamp,
    pub handled_at: Timestamp,
    /// When the last of its effects was over; none if it had none.
    pub effects_over_at: Option<Timestamp>,
}

/// All of a job.
pub fn story(conn: &Connection, id: JobId) -> Result<Option<JobStory>, Error> {
    let made = conn
        .prepare_cached("SELECT first, created_at FROM jobs WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get::<_, Json<Job>>(0)?, row.get(1)?)))
        .optional()?;
    let Some((Json(first), created_at)) = made else { return Ok(None) };
    Ok(Some(JobStory { first, created_at, steps: jobs::history(conn, id)? }))
}

/// The job that put a decision.
pub fn job_of(conn: &Connection, decision: i64) -> Result<Option<JobId>, Error> {
    let job = conn
        .prepare_cached("SELECT job FROM decisions WHERE id = ?1")?
        .query_row([decision], |row| row.get(0))
        .optional()?;
    Ok(job)
}

/// A text, if it was dealt with and nothing of what it led to then is still to be done.
pub fn text(conn: &Connection, key: TextKey) -> Result<Option<TracedText>, Error> {
    let (kind, id) = subject_columns(key.subject);
    let text = conn
        .prepare_cached(
            "SELECT received_at, ended_at FROM inbox
             WHERE subject_kind = ?1 AND subject_id = ?2 AND ended_at IS NOT NULL
               AND (act = 'edited') = (?3 IS NOT NULL) AND (?3 IS NULL OR seq = ?3)
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((kind, id, key.edit), |row| {
            let (received_at, handled_at) = (row.get(0)?, row.get(1)?);
            Ok(TracedText { received_at, handled_at, effects_over_at: None })
        })
        .optional()?;
    let Some(text) = text else { return Ok(None) };
    // What was confirmed later is no part of it. An edit of the text is another one.
    let (from, to) = (format!("{key}."), format!("{key}/"));
    let (open, effects_over_at) = conn
        .prepare_cached(
            "SELECT count(*) - count(ended_at), max(ended_at) FROM outbox
             WHERE key > ?1 AND key < ?2 AND key NOT GLOB ?1 || 'e[0-9]*' AND created_at = ?3",
        )?
        .query_row((from, to, text.handled_at), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Timestamp>>(1)?))
        })?;
    Ok((open == 0).then_some(TracedText { effects_over_at, ..text }))
}
