//! What an attempt has to do, as it is stored before it starts, and how it is found again.

use serde::{Deserialize, Serialize};

use super::tools::Toolset;
use crate::agents::task::AgentTask;
use crate::core::jobs::{Commit, JobBranch, Purpose};
use crate::core::model::ids::RepoName;

/// One attempt's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkOrder {
    pub(super) purpose: Purpose,
    pub(super) workplace: Workplace,
    pub(super) prompt: String,
}

/// Where an attempt works, and so where it is looked for when nobody remembers how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Workplace {
    pub(super) repository: RepoName,
    pub(super) base_branch: String,
    pub(super) base: Commit,
    pub(super) branch: JobBranch,
    pub(super) pull: Option<i64>,
}

impl WorkOrder {
    pub(super) fn of(task: &AgentTask) -> Self {
        let workplace = Workplace {
            repository: task.repository.clone(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch.clone(),
            pull: task.pull,
        };
        Self { purpose: task.purpose, workplace, prompt: task.prompt.clone() }
    }

    pub(super) fn toolset(&self) -> Toolset {
        match self.purpose {
            Purpose::Code | Purpose::Repair => Toolset::Change,
            Purpose::Review | Purpose::Research | Purpose::Ops => Toolset::Look,
        }
    }
}
