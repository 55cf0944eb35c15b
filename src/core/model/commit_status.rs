//! What checks say of a commit.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::time::Timestamp;

/// What one check said of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// The forge's number: of two of one context, the larger is the newer.
    pub id: i64,
    /// The check, such as `ci/test`.
    pub context: String,
    pub state: CheckState,
    /// Who said so; none for a deleted user. Anybody who may push can say anything.
    pub by: Option<Account>,
    pub description: String,
    pub target_url: String,
    pub at: Option<Timestamp>,
}

/// What timmy says of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidOfCommit {
    pub context: String,
    pub state: CheckState,
    /// A short sentence: Gitea shows some 80 characters of it beside the commit.
    pub description: String,
    /// Where it says more.
    pub target_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Pending,
    Success,
    /// The check itself broke, or what it looked at.
    Failure,
    Warning,
    /// It did not run, and is content with that.
    Skipped,
    /// A word of a version that is not known: it proves nothing.
    Unknown,
}

/// How a branch stands, by the checks of its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchHealth {
    Good,
    Red,
    /// Nothing ran, has ended, or can be read.
    CouldNotTell,
}

/// The newest statuses of each context among `all`.
pub fn newest(all: impl IntoIterator<Item = CommitStatus>) -> Vec<CommitStatus> {
    let mut newest: Vec<CommitStatus> = Vec::new();
    for status in all {
        match newest.iter_mut().find(|known| known.context == status.context) {
            Some(known) if known.id < status.id => *known = status,
            Some(_) => {}
            None => newest.push(status),
        }
    }
    newest
}

/// How a branch stands whose head has these statuses, the newest of each context. Contexts of timmy's
/// `own` say nothing.
pub fn health(statuses: &[CommitStatus], own: impl Fn(&str) -> bool) -> BranchHealth {
    let counts = statuses.iter().filter(|status| !own(&status.context));
    let states: Vec<CheckState> = counts.map(|status| status.state).collect();
    let has = |state| states.contains(&state);
    if has(CheckState::Failure) {
        BranchHealth::Red
    } else if has(CheckState::Pending) || has(CheckState::Unknown) {
        BranchHealth::CouldNotTell
    } else if has(CheckState::Success) || has(CheckState::Warning) {
        BranchHealth::Good
    } else {
        BranchHealth::CouldNotTell
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::commit_status::*;

    fn status(id: i64, context: &str, state: CheckState) -> CommitStatus {
        let (description, target_url) = (String::new(), String::new());
        let context = context.to_owned();
        CommitStatus { id, context, state, by: None, description, target_url, at: None }
    }

    #[test]
    fn one_failure_makes_a_branch_red_and_nothing_at_all_says_nothing() {
        use CheckState::{Failure, Pending, Skipped, Success, Unknown, Warning};
        for (states, expected) in [
            (&[][..], BranchHealth::CouldNotTell),
            (&[Skipped], BranchHealth::CouldNotTell),
            (&[Success, Skipped], BranchHealth::Good),
            (&[Success, Warning], BranchHealth::Good),
            (&[Success, Pending], BranchHealth::CouldNotTell),
            (&[Success, Unknown], BranchHealth::CouldNotTell),
            (&[Pending, Failure], BranchHealth::Red),
        ] {
            let statuses: Vec<_> = states
                .iter()
                .enumerate()
                .map(|(n, state)| status(1, &n.to_string(), *state))
                .collect();
            assert_eq!(health(&statuses, |_| false), expected, "{states:?}");
        }
        let own = [status(1, "timmy/verify", Failure), status(2, "ci/test", Success)];
        assert_eq!(health(&own, |context| context.starts_with("timmy/")), BranchHealth::Good);
    }

    #[test]
    fn the_newest_of_each_context_counts() {
        let all = [
            status(3, "ci/test", CheckState::Success),
            status(2, "ci/lint", CheckState::Failure),
            status(1, "ci/test", CheckState::Failure),
            status(4, "ci/lint", CheckState::Success),
        ];
        let ids: Vec<i64> = newest(all).iter().map(|status| status.id).collect();
        assert_eq!(ids, [3, 4]);
    }
}
