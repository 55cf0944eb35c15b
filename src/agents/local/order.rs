//! What an attempt has to do, as it is stored before it starts.

use serde::{Deserialize, Serialize};

use crate::agents::task::AgentTask;
use crate::agents::workplace::Workplace;
use crate::core::jobs::Purpose;

/// One attempt's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agents) struct LocalOrder {
    pub(in crate::agents) purpose: Purpose,
    pub(in crate::agents) workplace: Workplace,
    /// Where it is cloned from, without any credentials.
    pub(in crate::agents) clone_url: String,
    pub(in crate::agents) prompt: String,
}

impl LocalOrder {
    pub(super) fn of(task: &AgentTask) -> Self {
        Self {
            purpose: task.purpose,
            workplace: Workplace::of(task),
            clone_url: task.clone_url.to_string(),
            prompt: task.prompt.clone(),
        }
    }

    /// Whether its result is a change.
    pub(super) fn makes_a_change(&self) -> bool {
        matches!(self.purpose, Purpose::Code | Purpose::Repair)
    }
}
