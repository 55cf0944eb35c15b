//! Dependencies, as last read.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::version::moved;
use crate::core::model::dependency::{Blocker, UNSEEN, WaitsFor};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::store::columns;
use crate::store::error::Error;
use crate::store::repos;

/// The issue waits for this and nothing else, as the forge says `now`.
pub fn bind(
    tx: &Transaction<'_>,
    thread: ThreadId,
    waits: &WaitsFor<Blocker>,
    now: Timestamp,
) -> Result<(), Error> {
    // It was closed meanwhile.
    if !asked(tx, thread, now)? {
        return Ok(());
    }
    let mut wanted = BTreeMap::from_iter(waits.unseen.then_some((UNSEEN, true)));
    for Blocker { thread: on, open, repo: _ } in &waits.seen {
        wanted.entry(*on).or_insert(*open);
    }
    if wanted == stored(tx, thread)? {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM dependencies WHERE repo = ?1 AND number = ?2")?
        .execute((thread.repo, thread.number))?;
    for (on, open) in wanted {
        tx.prepare_cached(
            "INSERT INTO dependencies (repo, number, on_repo, on_number, open)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((thread.repo, thread.number, on.repo, on.number, open))?;
    }
    moved(tx)
}

/// The dependencies that are stored, and which of that was open.
fn stored(conn: &Connection, thread: ThreadId) -> Result<BTreeMap<ThreadId, bool>, Error> {
    let stored = conn
        .prepare_cached(
            "SELECT on_repo, on_number, open FROM dependencies WHERE repo = ?1 AND number = ?2",
        )?
        .query_map((thread.repo, thread.number), |row| {
            Ok((ThreadId { repo: row.get(0)?, number: row.get(1)? }, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(stored)
}

/// What an open issue of the backlog waits for; none if that is not known, or may have changed
/// since it was asked.
pub fn blockers(conn: &Connection, thread: ThreadId) -> Result<Option<Vec<Blocker>>, Error> {
    let is_known = conn
        .prepare_cached(
            "SELECT 1 FROM backlog WHERE repo = ?1 AND number = ?2
             AND dependencies_at IS NOT NULL AND NOT ask_dependencies",
        )?
        .exists((thread.repo, thread.number))?;
    if !is_known {
        return Ok(None);
    }
    let mut blockers = Vec::new();
    for (on, open) in stored(conn, thread)? {
        // Where it is, is not known, as of one that nobody has seen.
        let Some(repo) = repos::name(conn, on.repo)? else { return Ok(None) };
        blockers.push(Blocker { thread: on, repo: repo.name, open });
    }
    Ok(Some(blockers))
}

/// What `thread` waits for was changed: it is to be asked again.
pub fn ask_dependencies_again(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE backlog SET ask_dependencies = 1 WHERE repo = ?1 AND number = ?2")?
        .execute((thread.repo, thread.number))?;
    Ok(())
}

/// The forge keeps no dependencies of `thread`, or no such thread: what was known stays, but for
/// what nobody has seen.
pub fn dependencies_unknown(
    tx: &Transaction<'_>,
    thread: ThreadId,
    now: Timestamp,
) -> Result<(), Error> {
    asked(tx, thread, now)?;
    let removed = tx
        .prepare_cached(
            "DELETE FROM dependencies
             WHERE repo = ?1 AND number = ?2 AND on_repo = ?3 AND on_number = ?4",
        )?
        .execute((thread.repo, thread.number, UNSEEN.repo, UNSEEN.number))?;
    if removed == 1 { moved(tx) } else { Ok(()) }
}

/// It was asked what `thread` waits for; whether that is an open one.
fn asked(tx: &Transaction<'_>, thread: ThreadId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .prepare_cached(
            "UPDATE backlog SET ask_dependencies = 0, dependencies_at = ?3
             WHERE repo = ?1 AND number = ?2",
        )?
        .execute((thread.repo, thread.number, now))?;
    Ok(changed == 1)
}

/// What the forge says of the dependencies of `thread` cannot be understood: beside what was known
/// it waits for something unseen until that is told otherwise.
pub fn dependencies_unreadable(
    tx: &Transaction<'_>,
    thread: ThreadId,
    now: Timestamp,
) -> Result<(), Error> {
    asked(tx, thread, now)?;
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO dependencies (repo, number, on_repo, on_number, open)
             SELECT repo, number, ?3, ?4, 1 FROM backlog WHERE repo = ?1 AND number = ?2",
        )?
        .execute((thread.repo, thread.number, UNSEEN.repo, UNSEEN.number))?;
    if added == 1 { moved(tx) } else { Ok(()) }
}

/// Up to `limit` issues that moved since it was asked what they wait for; the last that moved
/// come first.
pub fn to_ask(conn: &Connection, limit: u32) -> Result<Vec<ThreadId>, Error> {
    let threads = conn
        .prepare_cached(
            "SELECT repo, number FROM backlog WHERE ask_dependencies
             ORDER BY updated_at DESC, repo, number LIMIT ?1",
        )?
        .query_map([limit], columns::thread)?
        .collect::<Result<_, _>>()?;
    Ok(threads)
}

/// Those of `threads` of which it was never asked what they wait for.
pub fn unasked(conn: &Connection, threads: &[ThreadId]) -> Result<Vec<ThreadId>, Error> {
    let mut is_unasked = conn.prepare_cached(
        "SELECT 1 FROM backlog WHERE repo = ?1 AND number = ?2 AND dependencies_at IS NULL",
    )?;
    let mut unasked = Vec::new();
    for thread in threads {
        if is_unasked.exists((thread.repo, thread.number))? {
            unasked.push(*thread);
        }
    }
    Ok(unasked)
}

/// Has it asked again what those wait for that wait for something outside the backlog: nothing
/// announces when that is closed.
pub fn recheck_untracked(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.execute(
        "UPDATE backlog SET ask_dependencies = 1 WHERE (repo, number) IN (
             SELECT repo, number FROM dependencies
             WHERE open AND NOT EXISTS (SELECT 1 FROM tracked_repos
                                        WHERE tracked_repos.repo = on_repo AND since IS NOT NULL))",
        [],
    )?;
    Ok(())
}
