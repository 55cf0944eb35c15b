//! The agents with their limits and load, and what a match says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fit::AgentRecords;
use crate::core::model::ids::{RepoId, ThreadId};

/// An agent, as far as it may be given an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// A quota that several agents share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What agents call it.
    pub name: String,
    /// How many of its agents' jobs may run at once; none for any number.
    pub concurrent: Option<u32>,
    /// Whether what it gives on one day is used up.
    pub is_empty: bool,
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
}

impl Roster {
    /// A fleet of which nothing runs, and nothing is known yet.
    pub fn idle(workers: Vec<AgentSlot>, limits: Limits) -> Self {
        let (load, outcomes) = (Load::default(), AgentRecords::default());
        Self { workers, limits, load, outcomes, small_handed_out: 0 }
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
    /// It cannot be reached, or is paused.
    AgentDown,
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
    /// Another agent is worth more here, the slot is kept for something more urgent, or the issue
    /// is worth too little to be handed out at all.
    LowerValue,
}

/// An agent that did not get an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedAgent {
    /// Which.
    pub agent: String,
    /// How well it fits, in millionths; 0 if its role or skills do not.
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
