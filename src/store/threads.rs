//! What people said about a thread as a whole, and what its labels cannot say.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::backlog;
use super::columns::{Json, Spelled};
use super::error::Error;
use super::scope_questions;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::thread::{Hold, Snooze, ThreadState};
use crate::core::model::time::Timestamp;

/// What is known of `thread`.
pub fn state(conn: &Connection, thread: ThreadId) -> Result<ThreadState, Error> {
    let state = conn
        .prepare_cached(
            "SELECT hold, snooze, refused_on FROM threads WHERE repo = ?1 AND number = ?2",
        )?
        .query_row((thread.repo, thread.number), |row| {
            let hold: Option<Json<Hold>> = row.get(0)?;
            let snooze: Option<Json<Snooze>> = row.get(1)?;
            let refused_on: Option<Spelled<Date>> = row.get(2)?;
            Ok(ThreadState {
                hold: hold.map(|Json(hold)| hold),
                snooze: snooze.map(|Json(snooze)| snooze),
                refused_on: refused_on.map(|Spelled(day)| day),
                asked: None,
            })
        })
        .optional()?;
    let asked = scope_questions::open(conn, thread)?;
    Ok(ThreadState { asked, ..state.unwrap_or_default() })
}

/// The numbers of the threads of a repository that are on hold.
pub fn held(conn: &Connection, repo: RepoId) -> Result<BTreeSet<i64>, Error> {
    let held = conn
        .prepare_cached("SELECT number FROM threads WHERE repo = ?1 AND hold IS NOT NULL")?
        .query_map([repo], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(held)
}

/// Puts `state` in place of what was known of `thread`.
pub fn save(tx: &Transaction<'_>, thread: ThreadId, state: &ThreadState) -> Result<(), Error> {
    if ranked(&self::state(tx, thread)?) != ranked(state) {
        backlog::moved(tx)?;
    }
    tx.prepare_cached(
        "INSERT OR REPLACE INTO threads (repo, number, hold, snooze, refused_on)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        thread.repo,
        thread.number,
        state.hold.as_ref().map(Json),
        state.snooze.as_ref().map(Json),
        state.refused_on.map(Spelled),
    ))?;
    Ok(())
}

/// Forgets what was known of `thread`.
pub fn forget(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    if ranked(&state(tx, thread)?) != ranked(&ThreadState::default()) {
        backlog::moved(tx)?;
    }
    tx.prepare_cached("DELETE FROM threads WHERE repo = ?1 AND number = ?2")?
        .execute((thread.repo, thread.number))?;
    Ok(())
}

/// What a ranking reads of it: whether it is held, and until when it is snoozed.
fn ranked(state: &ThreadState) -> (bool, Option<Timestamp>) {
    let ThreadState { hold, snooze, refused_on: _, asked: _ } = state;
    (hold.is_some(), snooze.as_ref().map(|snooze| snooze.until))
}
