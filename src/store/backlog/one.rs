//! What is known of one issue, read in the transaction that acts on it.

use rusqlite::{Connection, OptionalExtension as _};

use super::load::{Names, names, waits_of};
use crate::core::command::value::{ArgumentValue as _, IssueRef};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::scheduling::IssueFacts;
use crate::store::columns::{self, Json};
use crate::store::error::Error;
use crate::store::{reports, threads};

/// As [`facts`](super::facts) would give it, but for those who were heard in it, who stand in
/// nobody's way. `is_own`: whether a pull request that closes it does not count, by its author.
///
/// None if it is not known to be open, is timmy's own report, or its backlog was never read in full.
pub(in crate::store) fn issue(
    conn: &Connection,
    thread: ThreadId,
    is_own: impl Fn(&Account) -> bool,
) -> Result<Option<IssueFacts>, Error> {
    if reports::issue(conn)? == Some(thread) {
        return Ok(None);
    }
    let facts = conn
        .prepare_cached(
            "SELECT repo, number, created_at, opened_at, due_at, pinned, readiness, author, labels,
                    assignees, milestone
             FROM backlog
             WHERE repo = ?1 AND number = ?2 AND NOT is_pull
               AND repo IN (SELECT repo FROM tracked_repos WHERE since IS NOT NULL)",
        )?
        .query_row((thread.repo, thread.number), |row| Names::default().issue(row))
        .optional()?;
    let Some(mut facts) = facts else { return Ok(None) };
    let state = threads::state(conn, thread)?;
    facts.held = state.hold.is_some();
    facts.snoozed_until = state.snooze.map(|snooze| snooze.until);
    facts.waits_for = waits_of(conn, thread)?;
    facts.pulls = pulls(conn, thread, is_own)?;
    Ok(Some(facts))
}

fn pulls(
    conn: &Connection,
    thread: ThreadId,
    is_own: impl Fn(&Account) -> bool,
) -> Result<Vec<ThreadId>, Error> {
    let names = names(conn)?;
    let mut list = conn.prepare_cached(
        "SELECT repo, number, closes, author FROM backlog
         WHERE is_pull AND closes LIKE '%#' || ?1 || '%' ORDER BY repo, number",
    )?;
    let mut rows = list.query([thread.number])?;
    let mut pulls = Vec::new();
    while let Some(row) = rows.next()? {
        let pull = columns::thread(row)?;
        let (closes, author): (String, Option<Json<Account>>) = (row.get(2)?, row.get(3)?);
        let repo_of = |named: IssueRef| -> Option<(RepoId, i64)> {
            let repo = match named.repo {
                Some(name) => *names.get(&name)?,
                None => pull.repo,
            };
            Some((repo, named.number))
        };
        let closes_it = closes
            .split(' ')
            .filter_map(IssueRef::read)
            .any(|named| repo_of(named) == Some((thread.repo, thread.number)));
        if closes_it && !author.is_some_and(|Json(author)| is_own(&author)) {
            pulls.push(pull);
        }
    }
    Ok(pulls)
}
