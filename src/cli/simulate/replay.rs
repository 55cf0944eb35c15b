//! What was decided, decided again.

use std::collections::{BTreeSet, HashMap};

use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{Assignment, Match, RankedBacklog};
use crate::store::matches::{self, StoredMatch};
use crate::store::{self, Connection, OpenError, repos};

/// Why stored decisions cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Ledger(#[from] store::Error),
    #[error(
        "nothing was decided yet: `timmy serve` decides as soon as it knows the backlog, unless \
         dispatch.mode is \"off\""
    )]
    Nothing,
    /// The same facts lead to another decision today.
    #[error(
        "what was decided at {at} does not come out again: it was {before}; now it is {after}. \
         Did another version of timmy decide?"
    )]
    Differs {
        at: Timestamp,
        /// The first choice that differs, as it was.
        before: String,
        /// The same choice, as it is decided today.
        after: String,
    },
}

/// The decisions that are stored, each found to be what its facts lead to.
pub(super) struct PastTicks {
    /// The number of ticks that were replayed.
    pub(super) ticks: usize,
    /// The backlog as the latest of them ranked it.
    pub(super) latest: RankedBacklog,
    names: HashMap<RepoId, String>,
}

impl PastTicks {
    /// Decides again whatever is stored.
    pub(super) fn replay(conn: &Connection) -> Result<Self, ReplayError> {
        let ticks = matches::ticks(conn)?;
        let mut latest = None;
        for tick in &ticks {
            // It was there a moment ago, in the same snapshot.
            let Some(stored) = matches::tick(conn, *tick)? else { continue };
            // One at a time: each may be as large as the whole backlog.
            drop(latest.take());
            latest = Some(again(conn, stored)?);
        }
        let latest = latest.ok_or(ReplayError::Nothing)?;
        let all = latest.ranking.ready.iter().chain(&latest.ranking.others);
        let repos: BTreeSet<RepoId> = all.map(|standing| standing.thread.repo).collect();
        let named = |repo| Ok((repo, name(conn, repo)?));
        let names = repos.into_iter().map(named).collect::<Result<_, ReplayError>>()?;
        Ok(Self { ticks: ticks.len(), latest, names })
    }

    /// `owner/repo#12`, as far as the names are stored.
    pub(super) fn called(&self, thread: ThreadId) -> String {
        let name = self.names.get(&thread.repo).map_or("?", String::as_str);
        format!("{name}#{}", thread.number)
    }
}

fn again(conn: &Connection, stored: StoredMatch) -> Result<RankedBacklog, ReplayError> {
    let StoredMatch { setting, facts, choices: before } = stored;
    let judged = RankedBacklog::new(facts, setting);
    let after = judged.choices();
    if before == after {
        return Ok(judged);
    }
    let differs = (0..).find(|place| before.get(*place) != after.get(*place)).unwrap_or_default();
    Err(ReplayError::Differs {
        at: judged.setting.now,
        before: describe(conn, before.get(differs))?,
        after: describe(conn, after.get(differs))?,
    })
}

fn describe(conn: &Connection, choice: Option<&Match>) -> Result<String, ReplayError> {
    let Some(Match { thread, winner, .. }) = choice else { return Ok("nothing".to_owned()) };
    let issue = format!("{}#{}", name(conn, thread.repo)?, thread.number);
    Ok(match winner {
        Some(Assignment { agent, fit, .. }) => {
            format!("`{agent}` for {issue}, with a fit of {fit} millionths")
        }
        None => format!("nobody for {issue}"),
    })
}

fn name(conn: &Connection, repo: RepoId) -> Result<String, ReplayError> {
    let known = repos::name(conn, repo)?;
    Ok(known.map_or_else(|| format!("repository {}", repo.0), |repo| repo.name.to_string()))
}
