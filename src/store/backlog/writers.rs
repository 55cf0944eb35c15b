//! Who may write where, as far as the forge shows it of somebody else's account.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::linked_pulls::linked_pulls;
use super::version::moved;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::store::columns::Json;
use crate::store::error::Error;

/// The writers of a repository, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writers {
    pub read_at: Timestamp,
    /// The numbers of their accounts.
    pub ids: BTreeSet<i64>,
}

/// Those of all repositories that were asked for.
pub fn all(conn: &Connection) -> Result<HashMap<RepoId, Writers>, Error> {
    let all = conn
        .prepare_cached("SELECT repo, read_at, ids FROM writers")?
        .query_map([], |row| {
            let Json(ids) = row.get(2)?;
            Ok((row.get(0)?, Writers { read_at: row.get(1)?, ids }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(all)
}

/// The repositories with issues that somebody not known to be a writer says to close, each with
/// the time of the latest such pull request, if that was never looked into, or before `stale`, or
/// before it came.
pub fn due(conn: &Connection, stale: Timestamp) -> Result<HashMap<RepoId, Timestamp>, Error> {
    let known = all(conn)?;
    let mut due: HashMap<RepoId, Timestamp> = HashMap::new();
    for (issue, pull) in linked_pulls(conn, None)? {
        let writers = known.get(&issue.repo);
        let is_known = |writers: &Writers| {
            writers.read_at >= stale
                && (writers.read_at > pull.created_at
                    || pull.author.as_ref().is_none_or(|author| writers.ids.contains(&author.id)))
        };
        if !writers.is_some_and(is_known) {
            let latest = due.entry(issue.repo).or_insert(pull.created_at);
            *latest = pull.created_at.max(*latest);
        }
    }
    Ok(due)
}

/// Those of `repo`, read `now`.
pub fn keep(
    tx: &Transaction<'_>,
    repo: RepoId,
    ids: &BTreeSet<i64>,
    now: Timestamp,
) -> Result<(), Error> {
    let before = tx
        .prepare_cached("SELECT ids FROM writers WHERE repo = ?1")?
        .query_row([repo], |row| row.get::<_, Json<BTreeSet<i64>>>(0))
        .optional()?;
    tx.prepare_cached("INSERT OR REPLACE INTO writers (repo, read_at, ids) VALUES (?1, ?2, ?3)")?
        .execute((repo, now, Json(ids)))?;
    match before {
        Some(Json(before)) if before == *ids => Ok(()),
        _ => moved(tx),
    }
}
