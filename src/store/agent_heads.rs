//! Heads of pull requests that agents may have pushed: whether they change what Gitea's own Actions
//! run. As long as one that is open does, whatever Actions say in its repository may be its doing.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::jobs;
use super::meta::{self, AgentHeads};
use crate::core::jobs::Commit;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// How long it may take until the backlog knows a pull request that was looked at.
const NEW: Duration = Duration::from_secs(60 * 60);

/// Whether this head changes what Actions run; none if nobody has looked.
pub fn changes_actions(
    conn: &Connection,
    pull: ThreadId,
    head: &Commit,
) -> Result<Option<bool>, Error> {
    let heads = all(conn)?;
    let noted = heads.get(&pull.repo).and_then(|pulls| pulls.get(&pull.number));
    Ok(noted.filter(|(noted, ..)| noted == head).map(|(_, changes, _)| *changes))
}

/// Whether another open pull request of the same repository does.
pub fn change_actions_beside(
    conn: &Connection,
    pull: ThreadId,
    now: Timestamp,
) -> Result<bool, Error> {
    let heads = all(conn)?;
    for (number, (_, changes, at)) in heads.get(&pull.repo).into_iter().flatten() {
        let other = ThreadId { repo: pull.repo, number: *number };
        if *changes && other != pull && is_open(conn, other, *at, now)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps that, in place of what was known of an earlier head; what is over is forgotten.
pub fn note(
    tx: &Transaction<'_>,
    pull: ThreadId,
    (head, changes): (&Commit, bool),
    now: Timestamp,
) -> Result<(), Error> {
    if changes_actions(tx, pull, head)? == Some(changes) {
        return Ok(());
    }
    let mut heads = AgentHeads::new();
    for (repo, pulls) in all(tx)? {
        for (number, noted) in pulls {
            if is_open(tx, ThreadId { repo, number }, noted.2, now)? {
                heads.entry(repo).or_default().insert(number, noted);
            }
        }
    }
    let here = heads.entry(pull.repo).or_default();
    here.insert(pull.number, (head.clone(), changes, now));
    meta::set(tx, meta::AGENT_HEADS, &heads)
}

fn all(conn: &Connection) -> Result<AgentHeads, Error> {
    Ok(meta::get(conn, meta::AGENT_HEADS)?.unwrap_or_default())
}

fn is_open(
    conn: &Connection,
    pull: ThreadId,
    noted_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let is_closed = conn
        .prepare_cached("SELECT 1 FROM closed WHERE repo = ?1 AND number = ?2")?
        .exists((pull.repo, pull.number))?;
    let is_new = !noted_at.is_over(NEW, now) && !is_closed;
    Ok(is_new || jobs::is_thread_open(conn, pull)?)
}
