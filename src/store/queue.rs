//! Lanes: what each thread or repository has to do next. They go their way side by side; within
//! one, effects are delivered in order, and a new text is read only when none of them is left.

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::{columns, inbox, outbox};
use crate::core::model::ids::Lane;
use crate::core::model::time::Timestamp;

/// The next thing to do in a lane.
#[derive(Debug, Clone)]
pub enum LaneWork {
    /// An effect to deliver.
    Effect(Box<outbox::OutboxRow>),
    /// A text to handle.
    Text(Box<inbox::InboxText>),
}

/// Up to `limit` lanes that have something to do at `now`; who waits longest comes first.
pub fn lanes_due(conn: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Lane>, Error> {
    let lanes = conn
        .prepare_cached(
            "SELECT repo, number FROM lanes WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
        )?
        .query_map((now, limit), columns::lane)?
        .collect::<Result<_, _>>()?;
    Ok(lanes)
}

/// The first moment after `now` at which any lane has something to do, if there is one.
pub fn next_after(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let next = conn
        .prepare_cached("SELECT min(due_at) FROM lanes WHERE due_at > ?1")?
        .query_row([now], |row| row.get(0))?;
    Ok(next)
}

/// What `lane` has to do at `now`.
pub fn next_in(conn: &Connection, lane: Lane, now: Timestamp) -> Result<Option<LaneWork>, Error> {
    match (outbox::next_in(conn, lane)?, lane) {
        (Some(effect), _) if effect.due_at <= now => Ok(Some(LaneWork::Effect(Box::new(effect)))),
        (None, Lane::Thread(thread)) => {
            Ok(inbox::next_in(conn, thread, now)?.map(Box::new).map(LaneWork::Text))
        }
        (Some(_), _) | (None, Lane::Repo(_) | Lane::Job(_) | Lane::Report) => Ok(None),
    }
}

/// What was put off because of failures is due at `now`: what caused them is over. Not what may
/// have been written by an earlier try, which may still land, nor a text that lets others pass.
pub fn hasten(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = ?1
         WHERE ended_at IS NULL AND state = 'queued' AND tries > 0 AND due_at > ?1",
    )?
    .execute([now])?;
    tx.prepare_cached(
        "UPDATE inbox SET due_at = ?1
         WHERE ended_at IS NULL AND NOT yields AND tries > 0 AND due_at > ?1",
    )?
    .execute([now])?;
    Ok(())
}

/// Whether nothing waits at all, due or not.
pub fn is_idle(conn: &Connection) -> Result<bool, Error> {
    Ok(!conn.prepare_cached("SELECT 1 FROM lanes LIMIT 1")?.exists([])?)
}
