//! Which pull requests say that they close which issues.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::Connection;

use super::shared::Shared;
use crate::core::command::value::{ArgumentValue as _, IssueRef};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::store::columns::{self, Spelled};
use crate::store::error::Error;

/// An open pull request.
#[derive(Clone)]
pub(super) struct StoredPull {
    pub(super) thread: ThreadId,
    pub(super) author: Option<Arc<Account>>,
    pub(super) is_draft: bool,
    pub(super) created_at: Timestamp,
    pub(super) moved_at: Timestamp,
}

/// Each issue that a pull request says it closes, with that; each pair once. `only`: of one issue.
pub(super) fn linked_pulls(
    conn: &Connection,
    only: Option<ThreadId>,
) -> Result<Vec<(ThreadId, StoredPull)>, Error> {
    let names = names(conn)?;
    let mut list = conn.prepare_cached(
        "SELECT repo, number, closes, author, is_draft, created_at, updated_at
         FROM backlog
         WHERE is_pull AND closes <> '' AND (?1 IS NULL OR closes LIKE '%#' || ?1 || '%')
         ORDER BY repo, number",
    )?;
    let mut authors = Shared::default();
    let mut rows = list.query([only.map(|issue| issue.number)])?;
    let mut linked: Vec<(ThreadId, StoredPull)> = Vec::new();
    while let Some(row) = rows.next()? {
        let pull = StoredPull {
            thread: columns::thread(row)?,
            author: authors.maybe(row, 3)?,
            is_draft: row.get(4)?,
            created_at: row.get(5)?,
            moved_at: row.get(6)?,
        };
        let closes: String = row.get(2)?;
        let mut issues = BTreeSet::new();
        for IssueRef { repo, number } in closes.split(' ').filter_map(IssueRef::read) {
            let repo = match repo {
                Some(name) => names.get(&name).copied(),
                None => Some(pull.thread.repo),
            };
            issues.extend(repo.map(|repo| ThreadId { repo, number }));
        }
        let asked = |issue: &ThreadId| only.is_none_or(|only| only == *issue);
        linked.extend(issues.into_iter().filter(asked).map(|issue| (issue, pull.clone())));
    }
    Ok(linked)
}

/// What the repositories are called whose backlog is kept.
fn names(conn: &Connection) -> Result<HashMap<RepoName, RepoId>, Error> {
    let names = conn
        .prepare_cached("SELECT name, id FROM tracked_repos JOIN repos ON id = repo")?
        .query_map([], |row| {
            let Spelled(name) = row.get(0)?;
            Ok((name, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(names)
}
