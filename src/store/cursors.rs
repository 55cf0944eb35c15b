//! Poll cursors: up to when each owner and repository was read.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::columns::Spelled;
use super::error::Error;
use super::{backlog, repos};
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;

/// A repository that is watched. The times are of the forge's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedRepo {
    pub repo: Repo,
    /// When it was seen first: what is older is never received.
    pub since: Timestamp,
    /// Comments that were written or edited before are received.
    pub read_to: Timestamp,
}

/// Watches a repository from `now` on, if it is not watched yet.
pub fn watch(tx: &Transaction<'_>, repo: &Repo, now: Timestamp) -> Result<(), Error> {
    repos::remember(tx, repo)?;
    tx.prepare_cached("INSERT OR IGNORE INTO watched (repo, since, read_to) VALUES (?1, ?2, ?2)")?
        .execute((repo.id, now))?;
    Ok(())
}

/// Forgets what was watched but is not to be kept: should it come back one day, what was said
/// meanwhile is not received.
pub fn forget_unless(tx: &Transaction<'_>, keep: impl Fn(&RepoName) -> bool) -> Result<(), Error> {
    let all = list(tx, "true")?;
    for gone in all.iter().filter(|watched| !keep(&watched.repo.name)) {
        forget(tx, gone.repo.id)?;
    }
    Ok(())
}

/// Forgets how far anything was read: the next look is like the first.
pub fn forget_all(tx: &Transaction<'_>) -> Result<(), Error> {
    for watched in list(tx, "true")? {
        forget(tx, watched.repo.id)?;
    }
    tx.execute("DELETE FROM searched", [])?;
    Ok(())
}

/// What is not watched any more has no backlog either.
fn forget(tx: &Transaction<'_>, repo: RepoId) -> Result<(), Error> {
    backlog::untrack(tx, repo)?;
    tx.prepare_cached("DELETE FROM watched WHERE repo = ?1")?.execute([repo])?;
    Ok(())
}

/// What is known of a watched repository.
pub fn watched(conn: &Connection, repo: RepoId) -> Result<Option<WatchedRepo>, Error> {
    let found = conn
        .prepare_cached(
            "SELECT id, name, private, since, read_to FROM watched JOIN repos ON id = repo
             WHERE repo = ?1",
        )?
        .query_row([repo], row)
        .optional()?;
    Ok(found)
}

/// Since when each watched repository is heard.
pub fn heard_since(conn: &Connection) -> Result<BTreeMap<RepoId, Timestamp>, Error> {
    let since = conn
        .prepare_cached("SELECT repo, since FROM watched")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(since)
}

/// Something moved in a watched repository: it is to be read.
pub fn moved(tx: &Transaction<'_>, repo: RepoId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE watched SET moved = 1 WHERE repo = ?1")?.execute([repo])?;
    Ok(())
}

/// The watched repositories in which something moved; what was read least far comes first.
pub fn to_read(conn: &Connection) -> Result<Vec<WatchedRepo>, Error> {
    list(conn, "moved")
}

/// A repository is read up to a moment; `all` of it, or there is more to read.
pub fn read(
    tx: &Transaction<'_>,
    repo: RepoId,
    read_to: Timestamp,
    all: bool,
) -> Result<(), Error> {
    tx.prepare_cached("UPDATE watched SET read_to = ?2, moved = ?3 WHERE repo = ?1")?
        .execute((repo, read_to, !all))?;
    Ok(())
}

/// Until when it is known which threads of `owner` moved; none if they were never searched.
pub fn searched(conn: &Connection, owner: &str) -> Result<Option<Timestamp>, Error> {
    let until = conn
        .prepare_cached("SELECT until FROM searched WHERE owner = ?1")?
        .query_row([owner.to_ascii_lowercase()], |row| row.get(0))
        .optional()?;
    Ok(until)
}

/// It is known which threads of `owner` moved until then.
pub fn search(tx: &Transaction<'_>, owner: &str, until: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR REPLACE INTO searched (owner, until) VALUES (?1, ?2)")?
        .execute((owner.to_ascii_lowercase(), until))?;
    Ok(())
}

/// A review, as it was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewRead {
    /// When it had changed.
    pub updated_at: Timestamp,
    /// How many comments on lines it had.
    pub comments: i64,
}

/// A review as it was last read; none if it never was.
pub fn review(conn: &Connection, id: i64) -> Result<Option<ReviewRead>, Error> {
    let read = conn
        .prepare_cached("SELECT updated_at, comments FROM reviews WHERE id = ?1")?
        .query_row([id], |row| Ok(ReviewRead { updated_at: row.get(0)?, comments: row.get(1)? }))
        .optional()?;
    Ok(read)
}

/// A review is read.
pub fn read_review(tx: &Transaction<'_>, id: i64, read: ReviewRead) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO reviews (id, updated_at, comments) VALUES (?1, ?2, ?3)",
    )?
    .execute((id, read.updated_at, read.comments))?;
    Ok(())
}

fn list(conn: &Connection, condition: &str) -> Result<Vec<WatchedRepo>, Error> {
    let sql = format!(
        "SELECT id, name, private, since, read_to FROM watched JOIN repos ON id = repo
         WHERE {condition} ORDER BY read_to, id"
    );
    let all = conn.prepare_cached(&sql)?.query_map([], row)?.collect::<Result<_, _>>()?;
    Ok(all)
}

fn row(row: &Row<'_>) -> rusqlite::Result<WatchedRepo> {
    let Spelled(name) = row.get("name")?;
    let repo = Repo { id: row.get("id")?, name, private: row.get("private")? };
    Ok(WatchedRepo { repo, since: row.get("since")?, read_to: row.get("read_to")? })
}
