//! The repositories whose backlog is kept, and when each was read in full.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, Row, Transaction};

use super::upsert;
use super::version::moved;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::store::columns::Spelled;
use crate::store::error::Error;
use crate::store::meta;

/// Keeps the backlog of `repos`, which must be known by name; that of all others leaves, if these
/// are `all` that are watched.
pub fn keep_only(tx: &Transaction<'_>, repos: &HashSet<RepoId>, all: bool) -> Result<(), Error> {
    for repo in repos {
        let came = tx
            .prepare_cached("INSERT OR IGNORE INTO tracked_repos (repo) VALUES (?1)")?
            .execute([repo])?;
        if came > 0 {
            moved(tx)?;
        }
    }
    let kept = tx
        .prepare_cached("SELECT repo FROM tracked_repos")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<RepoId>, _>>()?;
    for gone in kept.iter().filter(|repo| all && !repos.contains(repo)) {
        untrack(tx, *gone)?;
    }
    Ok(())
}

/// Of the watched repositories these are archived, and no others: their backlog leaves.
pub fn leave_archived(tx: &Transaction<'_>, repos: &BTreeSet<RepoId>) -> Result<(), Error> {
    repos.iter().try_for_each(|repo| untrack(tx, *repo))?;
    if archived(tx)? == *repos {
        return Ok(());
    }
    meta::set(tx, meta::BACKLOG_ARCHIVED, repos)
}

/// The watched repositories that are archived, as they were listed last.
pub fn archived(conn: &Connection) -> Result<BTreeSet<RepoId>, Error> {
    Ok(meta::get(conn, meta::BACKLOG_ARCHIVED)?.unwrap_or_default())
}

/// Keeps the backlog of `repo` no longer: it leaves, and all that hangs on it.
pub(in crate::store) fn untrack(tx: &Transaction<'_>, repo: RepoId) -> Result<(), Error> {
    let left = tx.prepare_cached("DELETE FROM tracked_repos WHERE repo = ?1")?.execute([repo])?;
    if left == 0 { Ok(()) } else { moved(tx) }
}

/// Whether the backlog of `repo` is kept.
pub fn is_tracked(conn: &Connection, repo: RepoId) -> Result<bool, Error> {
    Ok(conn.prepare_cached("SELECT 1 FROM tracked_repos WHERE repo = ?1")?.exists([repo])?)
}

/// The repositories that are to be read in full, for the first time or again.
pub fn due(conn: &Connection) -> Result<Vec<RepoId>, Error> {
    let due = conn
        .prepare_cached("SELECT repo FROM tracked_repos WHERE due")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(due)
}

/// Whether everything that is open is known: all that is watched was read in full at least once.
/// Not before the first look at the forge.
pub fn is_complete(conn: &Connection) -> Result<bool, Error> {
    let (read, all): (u32, u32) = conn
        .prepare_cached("SELECT count(since), count(*) FROM tracked_repos")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(all > 0 && read == all)
}

/// How many of the repositories whose backlog is kept were never read in full.
pub fn unread(conn: &Connection) -> Result<usize, Error> {
    let unread: u32 = conn
        .prepare_cached("SELECT count(*) FROM tracked_repos WHERE since IS NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(unread).unwrap_or(usize::MAX))
}

/// The repositories whose backlog is kept, by name.
pub fn tracked(conn: &Connection) -> Result<Vec<Repo>, Error> {
    let repos = conn
        .prepare_cached(
            "SELECT id, name, private FROM tracked_repos JOIN repos ON id = repo ORDER BY name, id",
        )?
        .query_map([], repo)?
        .collect::<Result<_, _>>()?;
    Ok(repos)
}

fn repo(row: &Row<'_>) -> rusqlite::Result<Repo> {
    let Spelled(name) = row.get(1)?;
    Ok(Repo { id: row.get(0)?, name, private: row.get(2)? })
}

/// Has repositories read in full once more; what is known of them stays meanwhile.
pub fn read_again(tx: &Transaction<'_>, repos: &[RepoId]) -> Result<(), Error> {
    for repo in repos {
        tx.prepare_cached("UPDATE tracked_repos SET due = 1 WHERE repo = ?1")?.execute([repo])?;
    }
    Ok(())
}

/// What a full read of repositories found.
#[derive(Debug, Clone, Default)]
pub struct SyncFinding {
    /// The threads that were open, by repository; one in which nothing is open has none.
    pub open: HashMap<RepoId, HashSet<i64>>,
}

/// Repositories were read in full from `since` on, by the forge's clock: what was not found and
/// has not moved since is gone. Gives what was not found but moved: nobody knows.
pub fn read_in_full(
    tx: &Transaction<'_>,
    found: &SyncFinding,
    since: Timestamp,
) -> Result<Vec<ThreadId>, Error> {
    let mut doubtful = Vec::new();
    for (&repo, open) in &found.open {
        let known = tx
            .prepare_cached("SELECT number, updated_at FROM backlog WHERE repo = ?1")?
            .query_map([repo], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, Timestamp)>, _>>()?;
        for (number, updated_at) in known {
            let thread = ThreadId { repo, number };
            match (open.contains(&number), updated_at < since) {
                (true, _) => {}
                (false, true) => upsert::forget(tx, thread)?,
                (false, false) => doubtful.push(thread),
            }
        }
        // From now on its issues hold places.
        if is_unread(tx, repo)? {
            moved(tx)?;
        }
        tx.prepare_cached("UPDATE tracked_repos SET since = ?2, due = 0 WHERE repo = ?1")?
            .execute((repo, since))?;
    }
    Ok(doubtful)
}

/// Whether the backlog of `repo` is kept, but was never read in full.
pub(in crate::store) fn is_unread(conn: &Connection, repo: RepoId) -> Result<bool, Error> {
    let unread = conn
        .prepare_cached("SELECT 1 FROM tracked_repos WHERE repo = ?1 AND since IS NULL")?
        .exists([repo])?;
    Ok(unread)
}

/// Has repositories read in full once more that were read before `moment`.
pub fn read_older_again(tx: &Transaction<'_>, moment: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE tracked_repos SET due = 1 WHERE since < ?1 AND NOT due")?
        .execute([moment])?;
    Ok(())
}

/// How many threads of these repositories are in the backlog, pull requests included.
pub fn count_open(conn: &Connection, repos: &[RepoId]) -> Result<u32, Error> {
    let mut open = 0;
    for repo in repos {
        open += conn
            .prepare_cached("SELECT count(*) FROM backlog WHERE repo = ?1")?
            .query_row([repo], |row| row.get::<_, u32>(0))?;
    }
    Ok(open)
}
