//! Where an attempt works, and so where it is looked for when nobody remembers how it went.

use serde::{Deserialize, Serialize};

use super::task::AgentTask;
use crate::core::jobs::{Commit, JobBranch};
use crate::core::model::ids::RepoName;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Workplace {
    pub(super) repository: RepoName,
    pub(super) base_branch: String,
    pub(super) base: Commit,
    pub(super) branch: JobBranch,
    pub(super) pull: Option<i64>,
}

impl Workplace {
    pub(super) fn of(task: &AgentTask) -> Self {
        Self {
            repository: task.repository.clone(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch.clone(),
            pull: task.pull,
        }
    }
}
