//! Whether the card of a job stands on the forge: where nobody's comment did, it claims the thread.

use rusqlite::{Connection, OptionalExtension as _};

use crate::core::jobs::JobId;
use crate::store::error::Error;
use crate::store::outbox::{self, EffectState};

/// What became of the comment that is a job's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardPost {
    /// There is none.
    Missing,
    /// It is to be written, or it is not known yet whether it was.
    Waits,
    /// It is this comment.
    Posted(i64),
    /// It was given up.
    GivenUp,
}

/// What became of the card of a job.
pub fn card_post(conn: &Connection, id: JobId) -> Result<CardPost, Error> {
    let key: Option<Option<String>> = conn
        .prepare_cached("SELECT card FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let row = match key.flatten() {
        Some(key) => outbox::get(conn, &key)?,
        None => None,
    };
    Ok(match row.map(|row| (row.state, row.comment)) {
        None => CardPost::Missing,
        Some((EffectState::Queued | EffectState::Sending, _)) => CardPost::Waits,
        Some((EffectState::Done, Some(comment))) => CardPost::Posted(comment),
        Some((EffectState::Done, None) | (EffectState::Dead, _)) => CardPost::GivenUp,
    })
}

/// Whether the comment of this key was written by this ledger, or by the one that it was made of.
pub fn is_own_card(conn: &Connection, key: &str) -> Result<bool, Error> {
    let is_own = conn.prepare_cached("SELECT 1 FROM outbox WHERE key = ?1")?.exists([key])?;
    Ok(is_own)
}
