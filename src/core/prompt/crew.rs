//! What agents are told that work in a crew: what the plan is made of, and what part of it is theirs.

use crate::core::crew::{Artifact, MOST_TASKS};

/// What a plan can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptPlan {
    /// The roles that somebody holds.
    pub roles: Vec<String>,
    /// The plan that is to be made anew, as JSON.
    pub before: Option<String>,
}

impl PromptPlan {
    pub(super) fn most(&self) -> usize {
        MOST_TASKS
    }

    pub(super) fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

/// One task of a plan, and what those before it brought. All of it is others' words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptPart {
    pub title: String,
    /// What makes it done.
    pub acceptance: String,
    pub brought: Vec<Artifact>,
}
