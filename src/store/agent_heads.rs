//! Heads of pull requests that agents may have pushed, and of branches that they asked nobody to merge:
//! whether they change what Gitea's own Actions run. As long as one of them does that is open, or is
//! there, whatever Actions say in its repository may be its doing.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::jobs;
use super::meta::{self, AgentBranches, AgentHeads};
use crate::core::jobs::Commit;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;

/// How long it may take until the backlog knows a pull request that was looked at.
const NEW: Duration = Duration::from_secs(60 * 60);

/// How many branches of one repository are kept.
const MOST_BRANCHES: usize = 100;

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

/// Whether another open pull request of the same repository does, or a branch other than `branch`, which
/// is that of this one.
pub fn change_actions_beside(
    conn: &Connection,
    (pull, branch): (ThreadId, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    if branches_that_change_actions(conn, pull.repo)?.iter().any(|(name, ..)| name != branch) {
        return Ok(true);
    }
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

/// The branches there that were noted to: each with the head that does, and when that was noted.
pub fn branches_that_change_actions(
    conn: &Connection,
    repo: RepoId,
) -> Result<Vec<(String, Commit, Timestamp)>, Error> {
    let all: AgentBranches = meta::get(conn, meta::AGENT_BRANCHES)?.unwrap_or_default();
    let here = all.into_iter().filter(|(of, _)| *of == repo).flat_map(|(_, branches)| branches);
    Ok(here.map(|(name, (head, at))| (name, head, at)).collect())
}

/// Keeps that this head of a branch does; none: it does not, or is gone. Beyond a hundred of one
/// repository no more are kept, for nothing there proves anything by then.
pub fn note_branch(
    tx: &Transaction<'_>,
    (repo, branch): (RepoId, &str),
    head: Option<&Commit>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut all: AgentBranches = meta::get(tx, meta::AGENT_BRANCHES)?.unwrap_or_default();
    let here = all.entry(repo).or_default();
    let changed = match head {
        Some(head) if here.len() < MOST_BRANCHES || here.contains_key(branch) => {
            here.insert(branch.to_owned(), (head.clone(), now));
            true
        }
        Some(_) => false,
        None => here.remove(branch).is_some(),
    };
    all.retain(|_, branches| !branches.is_empty());
    if changed { meta::set(tx, meta::AGENT_BRANCHES, &all) } else { Ok(()) }
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
