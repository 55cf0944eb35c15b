//! What an attempt has to do, as it is stored before it starts, and how it is found again.

use serde::{Deserialize, Serialize};

use super::tools::Toolset;
use crate::agents::task::AgentTask;
use crate::core::jobs::{Branch, Commit, Purpose};
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
    #[serde(with = "branch_name")]
    pub(super) branch: Branch,
    pub(super) pull: Option<i64>,
}

impl WorkOrder {
    pub(super) fn of(task: &AgentTask) -> Self {
        let workplace = Workplace {
            repository: task.repository.clone(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch,
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

mod branch_name {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::core::jobs::Branch;

    pub(super) fn serialize<S: Serializer>(branch: &Branch, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(branch)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Branch, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
