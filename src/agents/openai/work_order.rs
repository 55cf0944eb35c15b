//! What an attempt has to do, as it is stored before it starts.

use serde::{Deserialize, Serialize};

use super::tools::Toolset;
use crate::agents::task::AgentTask;
use crate::agents::workplace::Workplace;
use crate::core::jobs::Purpose;

/// One attempt's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkOrder {
    pub(super) purpose: Purpose,
    pub(super) workplace: Workplace,
    pub(super) prompt: String,
}

impl WorkOrder {
    pub(super) fn of(task: &AgentTask) -> Self {
        Self { purpose: task.purpose, workplace: Workplace::of(task), prompt: task.prompt.clone() }
    }

    pub(super) fn toolset(&self) -> Toolset {
        match self.purpose {
            Purpose::Code | Purpose::Repair => Toolset::Change,
            Purpose::Review => Toolset::Review,
            Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => Toolset::Look,
        }
    }
}
