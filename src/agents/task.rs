//! What an attempt has to do, and the request that says so.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::core::jobs::{Commit, JobBranch, Purpose};
use crate::core::model::ids::RepoName;

/// What an agent is asked to do in one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentTask {
    /// How the attempt is called outside: never given twice.
    pub key: String,
    pub purpose: Purpose,
    pub repository: RepoName,
    /// Where it is cloned from, without any credentials.
    pub clone_url: Url,
    pub base_branch: String,
    /// The commit that it begins at.
    pub base: Commit,
    /// The branch to work on.
    pub branch: JobBranch,
    /// The pull request that is there already, if it is a repair.
    pub pull: Option<i64>,
    /// All that it is told, finished: the issue as fenced data, the rules, how to end.
    pub prompt: String,
}

/// A request as it is sent, stored before that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRequest {
    /// The attempt's key.
    pub key: String,
    /// What only the agent's own kind reads: sent word for word.
    pub body: String,
}
