//! What is known of one issue, read in the transaction that acts on it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};

use super::load::{Names, pulls, waits_of};
use crate::core::model::account::Account;
use crate::core::model::dependency::UNSEEN;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::NamedPaths;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::IssueFacts;
use crate::core::split::same_title;
use crate::store::columns::{Json, thread};
use crate::store::error::Error;
use crate::store::{made_issues, reports, scope_answers, threads};

/// The SHA-256 of the title and text of an open thread, as it was last seen.
pub fn text_of(conn: &Connection, thread: ThreadId) -> Result<Option<[u8; 32]>, Error> {
    let text = conn
        .prepare_cached("SELECT text FROM backlog WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(text)
}

/// Who opened an open thread, by login; none for a deleted user, or where it is not known.
pub fn author_of(conn: &Connection, thread: ThreadId) -> Result<Option<String>, Error> {
    let author: Option<Option<Json<Account>>> = conn
        .prepare_cached("SELECT author FROM backlog WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(author.flatten().map(|Json(author)| author.login))
}

/// Whether an open issue of the repository has this title, as people compare titles.
pub fn is_titled(conn: &Connection, repo: RepoId, title: &str) -> Result<bool, Error> {
    let mut titles =
        conn.prepare_cached("SELECT title FROM backlog WHERE repo = ?1 AND NOT is_pull")?;
    let mut rows = titles.query([repo])?;
    while let Some(row) = rows.next()? {
        if same_title(&row.get::<_, String>(0)?, title) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The paths that the text of an open thread names, as it was last seen.
pub fn named_paths(conn: &Connection, thread: ThreadId) -> Result<NamedPaths, Error> {
    let paths: Option<Option<Json<NamedPaths>>> = conn
        .prepare_cached("SELECT paths FROM backlog WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(paths.flatten().map(|Json(paths)| paths).unwrap_or_default())
}

/// When an open thread moved last, by the forge's clock.
pub fn moved_at(conn: &Connection, thread: ThreadId) -> Result<Option<Timestamp>, Error> {
    let at = conn
        .prepare_cached("SELECT updated_at FROM backlog WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(at)
}

/// Up to `limit` open pull requests of these repositories, those that moved last first.
pub fn open_pulls(conn: &Connection, repos: &[RepoId], limit: u32) -> Result<Vec<ThreadId>, Error> {
    let repos: Vec<i64> = repos.iter().map(|repo| repo.0).collect();
    let pulls = conn
        .prepare_cached(
            "SELECT repo, number FROM backlog
             WHERE is_pull AND repo IN (SELECT value FROM json_each(?1))
             ORDER BY updated_at DESC, repo, number DESC LIMIT ?2",
        )?
        .query_map((Json(repos), limit), thread)?
        .collect::<Result<_, _>>()?;
    Ok(pulls)
}

/// As [`facts`](super::facts) would give it, but for those who were heard in it, who stand in
/// nobody's way.
///
/// None if it is not known to be open, is timmy's own report, or its backlog was never read in full.
pub(in crate::store) fn issue(
    conn: &Connection,
    thread: ThreadId,
) -> Result<Option<IssueFacts>, Error> {
    let Some(facts) = one(conn, thread, false)? else { return Ok(None) };
    let pulls = pulls(conn, Some(thread))?.remove(&thread).unwrap_or_default();
    Ok(Some(IssueFacts { pulls, ..facts }))
}

/// The same of a pull request that a job goes on with: nothing else is to close that.
pub(in crate::store) fn adoptable_pull(
    conn: &Connection,
    thread: ThreadId,
) -> Result<Option<IssueFacts>, Error> {
    one(conn, thread, true)
}

fn one(conn: &Connection, thread: ThreadId, is_pull: bool) -> Result<Option<IssueFacts>, Error> {
    if reports::issue(conn)? == Some(thread) {
        return Ok(None);
    }
    let facts = conn
        .prepare_cached(
            "SELECT repo, number, created_at, opened_at, due_at, pinned, readiness, author, labels,
                    assignees, milestone, touched_at
             FROM backlog
             WHERE repo = ?1 AND number = ?2 AND is_pull = ?3
               AND repo IN (SELECT repo FROM tracked_repos WHERE since IS NOT NULL)",
        )?
        .query_row((thread.repo, thread.number, is_pull), |row| Names::default().issue(row))
        .optional()?;
    let Some(mut facts) = facts else { return Ok(None) };
    let state = threads::state(conn, thread)?;
    facts.held = state.hold.is_some();
    facts.snoozed_until = state.snooze.map(|snooze| snooze.until);
    facts.readiness = facts.readiness.or(scope_answers::said_of(conn, thread)?);
    facts.waits_for = waits_of(conn, thread)?;
    if made_issues::UnderWay::now(conn)?.holds(thread) {
        facts.waits_for.push(UNSEEN);
    }
    if let Some(author) = made_issues::author_of(conn, thread)? {
        facts.author = Some(Arc::new(author));
    }
    Ok(Some(facts))
}
