//! What was decided, decided again.

use std::collections::{BTreeSet, HashMap};

use crate::core::backlog::{Choice, Judged, Verdict};
use crate::core::ids::{RepoId, ThreadId};
use crate::core::time::Timestamp;
use crate::store::choices::{self, Stored};
use crate::store::{self, Connection, OpenError, repos};

/// Why the past cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] store::Error),
    /// There is no past.
    #[error(
        "nothing was decided yet: `timmy serve` decides as soon as it knows the backlog, unless \
         dispatch.mode is \"off\""
    )]
    Nothing,
    /// The same facts gave another decision.
    #[error(
        "what was decided at {at} does not come out again: it was {before}; now it is {after}. \
         Did another version of timmy decide?"
    )]
    Differs {
        /// When.
        at: Timestamp,
        /// The first choice that differs, as it was.
        before: String,
        /// As it is.
        after: String,
    },
}

/// The decisions that are stored, each found to be what its facts lead to.
pub(super) struct Past {
    /// How many there are.
    pub(super) ticks: usize,
    /// The last of them.
    pub(super) latest: Judged,
    names: HashMap<RepoId, String>,
}

impl Past {
    /// Decides again whatever is stored.
    pub(super) fn replay(conn: &Connection) -> Result<Self, Failure> {
        let ticks = choices::ticks(conn)?;
        let mut latest = None;
        for tick in &ticks {
            // It was there a moment ago, in the same snapshot.
            let Some(stored) = choices::tick(conn, *tick)? else { continue };
            // One at a time: each may be as large as the whole backlog.
            drop(latest.take());
            latest = Some(again(conn, stored)?);
        }
        let latest = latest.ok_or(Failure::Nothing)?;
        let all = latest.ranking.ready.iter().chain(&latest.ranking.others);
        let repos: BTreeSet<RepoId> = all.map(|standing| standing.thread.repo).collect();
        let named = |repo| Ok((repo, name(conn, repo)?));
        let names = repos.into_iter().map(named).collect::<Result<_, Failure>>()?;
        Ok(Self { ticks: ticks.len(), latest, names })
    }

    /// `owner/repo#12`.
    pub(super) fn called(&self, thread: ThreadId) -> String {
        let name = self.names.get(&thread.repo).map_or("?", String::as_str);
        format!("{name}#{}", thread.number)
    }
}

fn again(conn: &Connection, stored: Stored) -> Result<Judged, Failure> {
    let Stored { setting, facts, choices: before } = stored;
    let judged = Judged::new(facts, setting);
    let after = judged.choose();
    if before == after {
        return Ok(judged);
    }
    let differs = (0..).find(|place| before.get(*place) != after.get(*place)).unwrap_or_default();
    Err(Failure::Differs {
        at: judged.setting.now,
        before: told(conn, before.get(differs))?,
        after: told(conn, after.get(differs))?,
    })
}

fn told(conn: &Connection, choice: Option<&Choice>) -> Result<String, Failure> {
    let Some(Choice { thread, winner, .. }) = choice else { return Ok("nothing".to_owned()) };
    let issue = format!("{}#{}", name(conn, thread.repo)?, thread.number);
    Ok(match winner {
        Some(Verdict { agent, fit, .. }) => {
            format!("`{agent}` for {issue}, with a fit of {fit} millionths")
        }
        None => format!("nobody for {issue}"),
    })
}

fn name(conn: &Connection, repo: RepoId) -> Result<String, Failure> {
    let known = repos::name(conn, repo)?;
    Ok(known.map_or_else(|| format!("repository {}", repo.0), |repo| repo.name.to_string()))
}
