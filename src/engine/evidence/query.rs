//! Of which result the evidence is looked for.

use std::time::Duration;

use crate::core::jobs::{AgentClaim, Commit, JobBranch, Purpose};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;

/// How far the clocks of timmy and the forge may differ.
const SKEW: Duration = Duration::from_secs(60);

/// Of which result the evidence is looked for.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceQuery<'a> {
    pub repo: &'a RepoName,
    /// The number of the thread that the job was given for, if there is one.
    pub thread: Option<i64>,
    pub purpose: Purpose,
    /// The branch of the job that the attempt worked on.
    pub branch: &'a JobBranch,
    /// Where the result is to be merged, and the commit that the work began at.
    pub base_branch: &'a str,
    pub base: &'a Commit,
    /// The head that a repair was given.
    pub given: Option<&'a Commit>,
    pub claim: &'a AgentClaim,
    /// The account of the agent, and timmy's own, which may act for it.
    pub agent: &'a Account,
    pub own: &'a Account,
    /// Since when the attempt could run, and since when any of the job's could.
    pub since: Timestamp,
    pub began: Timestamp,
}

impl EvidenceQuery<'_> {
    /// The earliest moment, by the forge's clock, at which the attempt can have done something.
    pub(super) fn earliest(&self) -> Timestamp {
        self.since.before(SKEW)
    }

    /// The same of any attempt of the job.
    pub(super) fn earliest_of_job(&self) -> Timestamp {
        self.began.min(self.since).before(SKEW)
    }

    /// Whether `account` is the agent's, or timmy's that acts for it.
    pub(super) fn is_agents(&self, account: &Account) -> bool {
        account.id == self.agent.id || account.id == self.own.id
    }
}
