//! Who wrote in a thread, and when last, by the forge's clock.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::version::moved;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::store::columns;
use crate::store::error::Error;

/// How long somebody who spoke counts as present.
const PRESENT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// That a person wrote something.
pub(in crate::store) struct Participation {
    /// The thread that it was written in.
    pub(in crate::store) thread: ThreadId,
    /// The number of the author's account.
    pub(in crate::store) account: i64,
    /// When, by the forge's clock.
    pub(in crate::store) said_at: Timestamp,
}

/// Stores that a person wrote; what is too old to count at the moment `now` is not kept.
pub(in crate::store) fn note_participation(
    tx: &Transaction<'_>,
    participation: Participation,
    now: Timestamp,
) -> Result<(), Error> {
    let Participation { thread, account, said_at } = participation;
    if said_at < now.before(PRESENT) {
        return Ok(());
    }
    let changed = tx
        .prepare_cached(
            "INSERT INTO participants (repo, number, account, last_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (repo, number, account) DO UPDATE SET last_at = excluded.last_at
             WHERE last_at < excluded.last_at",
        )?
        .execute((thread.repo, thread.number, account, said_at))?;
    touch(tx, thread, said_at)?;
    if changed == 0 { Ok(()) } else { moved(tx) }
}

/// A person did something with a thread.
pub fn touch(tx: &Transaction<'_>, thread: ThreadId, at: Timestamp) -> Result<(), Error> {
    let changed = tx
        .prepare_cached(
            "UPDATE backlog SET touched_at = ?3
             WHERE repo = ?1 AND number = ?2 AND ifnull(touched_at < ?3, 1)",
        )?
        .execute((thread.repo, thread.number, at))?;
    if changed == 0 { Ok(()) } else { moved(tx) }
}

/// Forgets who wrote so long ago that nobody counts them at the moment `now`.
pub fn forget_old_participants(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM participants WHERE last_at < ?1")?
        .execute([now.before(PRESENT)])?;
    Ok(())
}

/// How many people are present in each thread at the moment `now`.
pub(super) fn present(conn: &Connection, now: Timestamp) -> Result<Vec<(ThreadId, u32)>, Error> {
    let participants = conn
        .prepare_cached(
            "SELECT repo, number, count(*) FROM participants WHERE last_at >= ?1
             GROUP BY repo, number ORDER BY repo, number",
        )?
        .query_map([now.before(PRESENT)], |row| Ok((columns::thread(row)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    Ok(participants)
}
