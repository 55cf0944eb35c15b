//! What timmy starts by itself, and what it only suggests.
//!
//! Where a repository is named for it, work starts by itself on issues that a person opened or
//! touched since the day on which that began. A pair of agent and repository is on trial until
//! three of its results were merged: one job at a time there, and nothing large. Whatever speaks
//! against a start makes it a suggestion, with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

/// How many results of an agent have to be merged in a repository until its trial there is over.
pub const TRIAL_RESULTS: u32 = 3;

/// Where work starts by itself, and what was found that keeps it from that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoState {
    /// In which repositories it may start, and from which moment on a person has to have opened or
    /// touched an issue.
    pub since: BTreeMap<RepoId, Timestamp>,
    /// Why it starts nowhere.
    pub everywhere: Option<SuggestReason>,
    /// Where routines work.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub routines: BTreeSet<RepoId>,
    /// Why nothing starts in a repository.
    pub repos: BTreeMap<RepoId, SuggestReason>,
    /// The repositories whose default branch is red: only p0 begins there by itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub red: BTreeSet<RepoId>,
    /// Why an agent is not started in a repository, by its name.
    pub pairs: BTreeMap<String, BTreeMap<RepoId, SuggestReason>>,
    /// Where an agent was found to be no danger, by its name: what nobody asked for goes to no other.
    pub safe: BTreeMap<String, BTreeSet<RepoId>>,
    /// The accounts, by number, whose issues do not start by themselves in a repository.
    pub strangers: BTreeMap<RepoId, BTreeSet<i64>>,
}

impl AutoState {
    /// What was found of an agent in a repository.
    pub fn note_pair(&mut self, agent: &str, repo: RepoId, found: Option<SuggestReason>) {
        let bad = self.pairs.entry(agent.to_owned()).or_default();
        let good = self.safe.entry(agent.to_owned()).or_default();
        match found {
            Some(reason) => {
                bad.insert(repo, reason);
                good.remove(&repo);
            }
            None => {
                bad.remove(&repo);
                good.insert(repo);
            }
        }
        self.pairs.retain(|_, repos| !repos.is_empty());
        self.safe.retain(|_, repos| !repos.is_empty());
    }

    /// What was found of the default branch of a repository.
    pub fn note_branch(&mut self, repo: RepoId, is_red: bool) {
        match is_red && self.since.contains_key(&repo) {
            true => self.red.insert(repo),
            false => self.red.remove(&repo),
        };
    }

    /// Why a job in a repository that nobody asked for is not given to an agent, whichever issue it
    /// is about.
    pub fn keeps_from(&self, agent: &str, repo: RepoId) -> Option<SuggestReason> {
        let here = self.repos.get(&repo).copied();
        self.everywhere.or(here).or_else(|| self.danger(agent, repo))
    }

    /// The same of a routine's job: that the repository only wants suggestions is about issues.
    pub fn keeps_routine_from(&self, agent: &str, repo: RepoId) -> Option<SuggestReason> {
        self.everywhere.or_else(|| self.danger(agent, repo))
    }

    /// Whether anything starts there that nobody asked for.
    pub fn is_place(&self, repo: RepoId) -> bool {
        self.since.contains_key(&repo) || self.routines.contains(&repo)
    }

    fn danger(&self, agent: &str, repo: RepoId) -> Option<SuggestReason> {
        let of_pair = self.pairs.get(agent).and_then(|repos| repos.get(&repo)).copied();
        let is_safe = self.safe.get(agent).is_some_and(|repos| repos.contains(&repo));
        of_pair.or((!is_safe).then_some(SuggestReason::RightsUnknown))
    }
}

/// The same, with how much may start now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoTerms {
    pub state: AutoState,
    /// How many may start on a day, and how many more today.
    pub starts_per_day: u32,
    pub starts_left: u32,
    /// What agents did in these repositories, by name; one that is not there is at its beginning.
    pub trials: BTreeMap<String, BTreeMap<RepoId, Trial>>,
}

/// What an agent did in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trial {
    /// Results that were merged.
    pub merged: u32,
    /// Jobs that are not over, or whose results wait to be merged.
    pub open: u32,
}

/// How a match begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginning {
    /// When a person says so: its repository is not named for more.
    #[default]
    Suggested,
    /// By itself.
    ByItself,
    /// When a person says so, although its repository is named: for this reason.
    HeldBack(SuggestReason),
}

/// Why something is only suggested where work starts by itself, by its stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestReason {
    /// Another ledger works as the same account.
    OtherLedger,
    /// What an agent wrote cannot be run confined where it is to be run.
    NoSandbox,
    /// A guard does not catch what it is there for.
    GuardBroken,
    /// Something is wrong that keeps timmy from its work.
    Broken,
    /// The policy of the repository wants no more.
    Policy,
    /// That cannot be read.
    PolicyUnreadable,
    /// The default branch is red.
    DefaultBranchRed,
    /// As much was started today as may be.
    DayFull,
    /// No person opened or touched it since work began to start by itself there.
    Old,
    /// Its author is nobody whose issues start by themselves.
    AuthorNotAllowed,
    /// The agent's account may push to the default branch, or merge into it.
    Unprotected,
    /// The forge does not show whether it may.
    RightsUnknown,
    /// The agent is on trial there, and a job of its there is not over.
    OnTrial,
    /// The agent is on trial there, and the issue is large.
    TooLargeForTrial,
}

impl SuggestReason {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherLedger => "other_ledger",
            Self::NoSandbox => "no_sandbox",
            Self::GuardBroken => "guard_broken",
            Self::Broken => "broken",
            Self::Policy => "policy",
            Self::PolicyUnreadable => "policy_unreadable",
            Self::DefaultBranchRed => "default_branch_red",
            Self::DayFull => "starts_per_day",
            Self::Old => "old",
            Self::AuthorNotAllowed => "author_not_allowed",
            Self::Unprotected => "unprotected",
            Self::RightsUnknown => "rights_unknown",
            Self::OnTrial => "on_trial",
            Self::TooLargeForTrial => "too_large_for_trial",
        }
    }

    /// What is said of it, behind a colon.
    pub fn said(self) -> &'static str {
        match self {
            Self::OtherLedger => "another timmy works as my account",
            Self::NoSandbox => "what an agent wrote cannot be run confined on my host",
            Self::GuardBroken => "a guard does not catch what it is there for",
            Self::Broken => "something keeps me from my work there: timmy doctor says what",
            Self::Policy => "its .timmy.toml wants no more",
            Self::PolicyUnreadable => "its .timmy.toml cannot be read",
            Self::DefaultBranchRed => {
                "its default branch is red, and until it is green only p0 starts there"
            }
            Self::DayFull => "as much was started today as may be (dispatch.starts_per_day)",
            Self::Old => {
                "nobody has opened or touched it since I began to start work there by myself"
            }
            Self::AuthorNotAllowed => "its author is not known to me as somebody of the repository",
            Self::Unprotected => {
                "the agent's account may push to the default branch, or merge into it: protect that \
                 branch"
            }
            Self::RightsUnknown => {
                "nothing shows whether the agent's account may push to the default branch: its \
                 token_file would"
            }
            Self::OnTrial => {
                "the agent is on trial there until three of its results are merged, and one is \
                 under way"
            }
            Self::TooLargeForTrial => {
                "the agent is on trial there until three of its results are merged, and gets \
                 nothing larger than m"
            }
        }
    }
}

impl AutoTerms {
    /// Why an agent is not started in a repository, beside the issue's own reasons.
    pub(super) fn pair_obstacle(
        &self,
        agent: &str,
        repo: RepoId,
        is_large: bool,
    ) -> Option<SuggestReason> {
        let found = self.state.pairs.get(agent).and_then(|repos| repos.get(&repo)).copied();
        found.or_else(|| self.trial(agent, repo).obstacle(is_large))
    }

    /// What an agent did in a repository.
    pub fn trial(&self, agent: &str, repo: RepoId) -> Trial {
        let of_agent = self.trials.get(agent);
        of_agent.and_then(|repos| repos.get(&repo)).copied().unwrap_or_default()
    }

    /// An agent is started in a repository.
    pub(super) fn take(&mut self, agent: &str, repo: RepoId) {
        self.starts_left = self.starts_left.saturating_sub(1);
        let trials = self.trials.entry(agent.to_owned()).or_default();
        trials.entry(repo).or_default().open += 1;
    }
}

impl Trial {
    /// Whether it is not over.
    pub fn lasts(self) -> bool {
        self.merged < TRIAL_RESULTS
    }

    /// What keeps the agent from another job there, which is large or not.
    pub fn obstacle(self, is_large: bool) -> Option<SuggestReason> {
        match (self.lasts(), is_large, self.open) {
            (false, ..) | (true, false, 0) => None,
            (true, true, _) => Some(SuggestReason::TooLargeForTrial),
            (true, false, _) => Some(SuggestReason::OnTrial),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::automatic::*;

    const DOOR: RepoId = RepoId(1);

    #[test]
    fn a_trial_is_one_job_at_a_time_and_nothing_large() {
        let trial = |merged, open| Trial { merged, open };
        assert_eq!(trial(0, 0).obstacle(false), None);
        assert_eq!(trial(2, 1).obstacle(false), Some(SuggestReason::OnTrial));
        assert_eq!(trial(2, 0).obstacle(true), Some(SuggestReason::TooLargeForTrial));
        assert_eq!(trial(3, 9).obstacle(true), None);
        let mut terms = AutoTerms { starts_left: 10, ..AutoTerms::default() };
        terms.take("ezra", DOOR);
        assert_eq!(terms.pair_obstacle("ezra", DOOR, false), Some(SuggestReason::OnTrial));
        assert_eq!(terms.pair_obstacle("bezalel", DOOR, false), None);
        assert_eq!(terms.starts_left, 9);
    }
}
