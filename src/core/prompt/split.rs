//! What an agent is told that proposes what an epic becomes.

use crate::core::split::{MOST_DEPENDENCIES, MOST_ISSUES};

/// What a proposal is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptSplit {
    /// The proposal that is to be made anew, as JSON.
    pub before: Option<String>,
}

impl PromptSplit {
    pub(super) fn most(&self) -> usize {
        MOST_ISSUES
    }

    pub(super) fn most_dependencies(&self) -> usize {
        MOST_DEPENDENCIES
    }
}
