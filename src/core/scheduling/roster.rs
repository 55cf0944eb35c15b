//! The agents with their limits and load, and what a match says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::automatic::{AutoTerms, Beginning};
use super::fit::AgentRecords;
use super::quota::QuotaWindow;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::spending::Spent;
use crate::core::model::time::Timestamp;

/// An agent, as far as it may be given an issue. What earlier versions did not store speaks against
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentSlot {
    /// What people call it.
    pub name: String,
    /// The roles that it holds, in lower case.
    pub roles: Vec<String>,
    /// What it knows, in lower case; none fits everything.
    pub skills: Vec<String>,
    /// The machine that it runs on.
    pub host: Option<String>,
    /// The quota that it shares.
    pub pool: Option<String>,
    /// How many jobs it takes at once.
    pub capacity: u32,
    /// The expected share of verified results before any is known, in millionths.
    pub prior: u64,
    /// Whether it can be reached, and takes work.
    pub is_up: bool,
    /// Whether what it may spend today is spent.
    pub is_spent: bool,
    /// Whether what it lives on is used up for now.
    #[serde(default)]
    pub is_out_of_quota: bool,
    /// When it is there again, as far as that is known.
    #[serde(default)]
    pub quota_at: Option<Timestamp>,
    /// How many attempts may try whether its own quota is there again; none if it is.
    #[serde(default)]
    pub tries: Option<u32>,
    /// What an attempt of it is expected to cost, in millionths of a US dollar.
    #[serde(default)]
    pub micro_usd: u64,
    /// How many tokens one may take.
    #[serde(default)]
    pub tokens: u64,
    /// Whose model it runs; without a name, its own.
    #[serde(default)]
    pub family: Option<String>,
    /// Where it may work.
    #[serde(default)]
    pub workplaces: Workplaces,
    /// Whether it should ask before it does something dangerous, and was not seen to.
    #[serde(default)]
    pub cannot_ask: bool,
    /// Whether it takes nothing only because nobody has looked at it yet.
    #[serde(default)]
    pub is_unseen: bool,
}

/// The repositories in which an agent may work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workplaces {
    /// In all but these.
    AllBut(BTreeSet<RepoId>),
    /// In these alone.
    Only(BTreeSet<RepoId>),
}

impl Default for Workplaces {
    fn default() -> Self {
        Self::AllBut(BTreeSet::new())
    }
}

impl Workplaces {
    /// Those of them that are none of `barred`.
    #[must_use]
    pub fn without(&self, barred: impl IntoIterator<Item = RepoId>) -> Self {
        let barred = barred.into_iter();
        match self {
            Self::AllBut(before) => Self::AllBut(before.iter().copied().chain(barred).collect()),
            Self::Only(allowed) => {
                let barred: BTreeSet<RepoId> = barred.collect();
                Self::Only(allowed.difference(&barred).copied().collect())
            }
        }
    }

    /// Whether `repo` is one of them.
    pub fn include(&self, repo: RepoId) -> bool {
        match self {
            Self::AllBut(barred) => !barred.contains(&repo),
            Self::Only(allowed) => allowed.contains(&repo),
        }
    }

    /// Those of them that are among `allowed` as well.
    #[must_use]
    pub fn within(&self, allowed: impl IntoIterator<Item = RepoId>) -> Self {
        Self::Only(allowed.into_iter().filter(|repo| self.include(*repo)).collect())
    }
}

/// An agent that failed at an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedAgent {
    /// Which.
    pub agent: String,
    /// Whose model it ran; without a name, its own.
    pub family: Option<String>,
}

impl AgentSlot {
    /// How far back it stands for an issue at which others failed: the same model tends to misread
    /// an issue in the same way, so another family goes first, and who failed itself goes last.
    pub(super) fn distance(&self, tried: &[TriedAgent]) -> u8 {
        let family = self.family.as_ref().unwrap_or(&self.name);
        let failed = |one: &TriedAgent| one.agent == self.name;
        let family_failed = |one: &TriedAgent| one.family.as_ref().unwrap_or(&one.agent) == family;
        if tried.iter().any(failed) { 2 } else { u8::from(tried.iter().any(family_failed)) }
    }

    /// What an attempt of it may use of its quota.
    pub fn bound(&self) -> Spent {
        Spent { micro_usd: self.micro_usd, tokens: self.tokens, runs: 1 }
    }

    /// Whether it has all of these skills.
    pub(super) fn knows(&self, skills: &[String]) -> bool {
        self.skills.is_empty() || skills.iter().all(|skill| self.skills.contains(skill))
    }
}

/// A quota that several agents share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What agents call it.
    pub name: String,
    /// How many of its agents' jobs may run at once; none for any number.
    pub concurrent: Option<u32>,
    /// Whether it gives nothing at all.
    pub is_empty: bool,
    /// What may be used of it within stretches of time, and what was.
    #[serde(default)]
    pub windows: Vec<QuotaWindow>,
    /// How many attempts may try whether it is there again; none if it is.
    #[serde(default)]
    pub tries: Option<u32>,
}

/// How much may run at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// On one host.
    pub per_host: u32,
    /// In one repository.
    pub per_repository: u32,
    /// How many open pull requests of agents may wait for review before no more are begun.
    pub reviews_waiting: u32,
    /// The score below which nothing is handed out, in millionths of a point.
    pub minimum: u64,
    /// What all attempts at one issue may cost, in millionths of a US dollar; none for anything.
    #[serde(default)]
    pub issue_micro_usd: Option<u64>,
    /// The quotas.
    pub pools: Vec<Pool>,
}

/// How much does run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Jobs by agent.
    pub agents: BTreeMap<String, u32>,
    /// Jobs by repository.
    pub repos: BTreeMap<RepoId, u32>,
    /// Open pull requests of agents that wait for review.
    pub reviews_waiting: u32,
}

/// The whole fleet at a moment: all that a choice depends on beside the backlog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The agents. Their names are unlike each other; their order does not matter.
    pub workers: Vec<AgentSlot>,
    /// How much may run at once.
    pub limits: Limits,
    /// How much does.
    pub load: Load,
    /// What the agents have proved.
    pub outcomes: AgentRecords,
    /// How many issues of size `s` or less timmy has handed out by itself so far: every tenth
    /// goes to whom it may suit best, so that newcomers get work.
    pub small_handed_out: u64,
    /// When something of all this changes by itself: a quota is there again, an agent may be tried
    /// once more.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// What may start by itself.
    #[serde(default)]
    pub auto: AutoTerms,
}

impl Roster {
    /// A fleet of which nothing runs, and nothing is known yet.
    pub fn idle(workers: Vec<AgentSlot>, limits: Limits) -> Self {
        let (load, outcomes) = (Load::default(), AgentRecords::default());
        let auto = AutoTerms::default();
        Self { workers, limits, load, outcomes, small_handed_out: 0, until: None, auto }
    }
}

/// What an agent or the fleet lacked to get an issue, by its stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// It does not hold the role.
    NoRole,
    /// It does not have the skill.
    NoSkill,
    /// It may not work in that repository.
    NoAccess,
    /// It was not seen to ask before it does something dangerous, and such work should be asked about.
    CannotAsk,
    /// It cannot be reached, or is paused.
    AgentDown,
    /// Nobody has looked at it yet, as is so right after a start.
    AgentUnseen,
    /// It has as many jobs as it takes.
    AgentBusy,
    /// Its host has as many as it bears.
    HostFull,
    /// Its quota is used up.
    PoolEmpty,
    /// The repository has as many as it bears.
    RepoFull,
    /// Too much waits for review already.
    ReviewsWaiting,
    /// What may be spent is spent.
    Budget,
    /// Another agent is worth more here or does it for less, the slot is kept for something more urgent, or the issue
    /// is worth too little to be handed out at all.
    LowerValue,
}

/// An agent that did not get an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedAgent {
    /// Which.
    pub agent: String,
    /// How well it fits, in millionths; 0 if it may not do this at all.
    pub fit: u64,
    /// The first thing that it lacked.
    pub lack: Rejection,
}

/// Who gets an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The agent.
    pub agent: String,
    /// How well it fits, in millionths; at best, if this is a trial.
    pub fit: u64,
    /// Whether it was chosen for what it may turn out to be, so that newcomers get work.
    pub is_trial: bool,
    /// What giving it to this agent is worth: points times fit, in millionths.
    pub value: u64,
    /// Whether it starts by itself.
    #[serde(default)]
    pub beginning: Beginning,
}

/// What was decided about one issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Which.
    pub thread: ThreadId,
    /// Who gets it; nobody if all lacked something.
    pub winner: Option<Assignment>,
    /// The others: the runner-up first.
    pub others: Vec<RejectedAgent>,
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::roster::*;

    #[test]
    fn what_earlier_versions_stored_is_still_read() {
        let old = r#"{"name":"ezra","roles":["coder"],"skills":[],"host":null,"pool":null,
                      "capacity":1,"prior":500000,"is_up":true,"is_spent":false}"#;
        let slot: AgentSlot = serde_json::from_str(old).expect("a slot");
        assert!(slot.workplaces.include(RepoId(1)) && !slot.is_out_of_quota && !slot.cannot_ask);
        assert!(!slot.is_unseen);
        assert_eq!((slot.micro_usd, slot.family), (0, None));
    }

    #[test]
    fn where_an_agent_may_work_is_what_all_settings_leave() {
        let barred = Workplaces::AllBut(BTreeSet::from([RepoId(1)]));
        let both = barred.within([RepoId(1), RepoId(2)]);
        let include = |repo| both.include(RepoId(repo));
        assert_eq!([include(1), include(2), include(3)], [false, true, false]);
    }
}
