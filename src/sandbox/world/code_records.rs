//! What the forge stores of a repository's code: rules, what is said of commits, what happened.

use crate::core::model::time::Timestamp;

/// What holds for a branch, or for all that fit a pattern.
#[derive(Clone)]
pub(crate) struct ProtectionRecord {
    /// The name of a branch, or a pattern.
    pub(crate) rule: String,
    pub(crate) push: PushRule,
    /// Who may merge; everybody who may write if there is no list.
    pub(crate) mergers: Option<Vec<i64>>,
    /// Patterns of the checks that must pass; none if none must.
    pub(crate) checks: Option<Vec<String>>,
    pub(crate) approvals: i64,
    pub(crate) blocks_on_rejection: bool,
    pub(crate) blocks_when_behind: bool,
    pub(crate) dismisses_stale: bool,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// Who may push to a protected branch.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum PushRule {
    Nobody,
    Writers,
    Only(Vec<i64>),
}

/// What somebody said of a commit.
pub(crate) struct StatusRecord {
    pub(crate) id: i64,
    pub(crate) commit: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: String,
    pub(crate) target: String,
    pub(crate) creator: i64,
    pub(crate) at: Timestamp,
}

/// A job of a workflow that ended, the only one of its run.
pub(crate) struct WorkflowJobRecord {
    /// Of the job, and of its run.
    pub(crate) id: i64,
    /// Which run of its repository it is, from 1.
    pub(crate) number: i64,
    pub(crate) commit: String,
    pub(crate) name: String,
    /// In Gitea's word: `failure`.
    pub(crate) conclusion: String,
    pub(crate) log: String,
}

/// A line of a repository's activity.
pub(crate) struct FeedRecord {
    pub(crate) id: i64,
    pub(crate) user: i64,
    /// Gitea's word for it: `commit_repo`.
    pub(crate) kind: &'static str,
    /// The full name of the branch; may be empty.
    pub(crate) branch: String,
    pub(crate) content: String,
    pub(crate) at: Timestamp,
}
