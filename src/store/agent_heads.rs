//! Heads of pull requests that agents may have pushed, and of branches that they asked nobody to merge:
//! whether they change what Gitea's own Actions run. As long as one of them does that is open, or is
//! there, whatever Actions say in its repository may be its doing.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::jobs;
use super::meta::{self, AgentBranches, AgentHeads, AgentPushers, PushersHere};
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

/// A branch that changes what Actions run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionsChange {
    /// Its name, or of a pull request that was noted by an older version its number, as `#45`.
    pub branch: String,
    /// The account of the agent that pushed it, as far as that is known.
    pub agent: Option<String>,
}

/// The open pull requests of the same repository that do, and the branches other than `branch`, which is
/// that of this one: each branch once, in the order of their names.
pub fn change_actions_beside(
    conn: &Connection,
    (pull, branch): (ThreadId, &str),
    now: Timestamp,
) -> Result<Vec<ActionsChange>, Error> {
    let mut pushers = pushers(conn)?.remove(&pull.repo).unwrap_or_default();
    let mut found = BTreeMap::new();
    for (name, ..) in branches_that_change_actions(conn, pull.repo)? {
        let agent = pushers.branches.remove(&name);
        found.insert(name, agent);
    }
    found.remove(branch);
    let heads = all(conn)?;
    for (number, (_, changes, at)) in heads.get(&pull.repo).into_iter().flatten() {
        let other = ThreadId { repo: pull.repo, number: *number };
        if *changes && other != pull && is_open(conn, other, *at, now)? {
            let unknown = || (format!("#{number}"), None);
            let (name, agent) = pushers.pulls.remove(number).unwrap_or_else(unknown);
            let known = found.entry(name).or_default();
            *known = known.take().or(agent);
        }
    }
    Ok(found.into_iter().map(|(branch, agent)| ActionsChange { branch, agent }).collect())
}

/// Keeps that, in place of what was known of an earlier head; what is over is forgotten. `from`: its branch,
/// and the account of the agent that pushed it.
pub fn note(
    tx: &Transaction<'_>,
    pull: ThreadId,
    (head, changes): (&Commit, bool),
    from: (&str, Option<&str>),
    now: Timestamp,
) -> Result<(), Error> {
    if changes {
        name_pull(tx, pull, from)?;
    }
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
    meta::set(tx, meta::AGENT_HEADS, &heads)?;
    let is_kept = |repo: &RepoId, number: &i64| {
        heads.get(repo).and_then(|pulls| pulls.get(number)).is_some_and(|(_, changes, _)| *changes)
    };
    change_pushers(tx, |all| {
        for (repo, here) in all {
            here.pulls.retain(|number, _| is_kept(repo, number));
        }
    })
}

/// Keeps of which branch a pull request is that changes what Actions run, and whose.
fn name_pull(
    tx: &Transaction<'_>,
    pull: ThreadId,
    (branch, agent): (&str, Option<&str>),
) -> Result<(), Error> {
    change_pushers(tx, |all| {
        let pulls = &mut all.entry(pull.repo).or_default().pulls;
        let (name, known) = pulls.entry(pull.number).or_default();
        branch.clone_into(name);
        *known = agent.map(str::to_owned).or(known.take());
    })
}

fn change_pushers(
    tx: &Transaction<'_>,
    change: impl FnOnce(&mut AgentPushers),
) -> Result<(), Error> {
    let before = pushers(tx)?;
    let mut after = before.clone();
    change(&mut after);
    after.retain(|_, here| *here != PushersHere::default());
    if after == before { Ok(()) } else { meta::set(tx, meta::AGENT_PUSHERS, &after) }
}

fn pushers(conn: &Connection) -> Result<AgentPushers, Error> {
    Ok(meta::get(conn, meta::AGENT_PUSHERS)?.unwrap_or_default())
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
/// repository no more are kept, for nothing there proves anything by then. `agent`: whose account pushed it,
/// if that was seen now.
pub fn note_branch(
    tx: &Transaction<'_>,
    (repo, branch): (RepoId, &str),
    (head, agent): (Option<&Commit>, Option<&str>),
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
    if !changed {
        return Ok(());
    }
    meta::set(tx, meta::AGENT_BRANCHES, &all)?;
    change_pushers(tx, |all| {
        let named = &mut all.entry(repo).or_default().branches;
        match (head, agent) {
            (Some(_), Some(agent)) => drop(named.insert(branch.to_owned(), agent.to_owned())),
            (Some(_), None) => {}
            (None, _) => drop(named.remove(branch)),
        }
    })
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
