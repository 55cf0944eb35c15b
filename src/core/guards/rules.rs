//! What the configuration says of the guards.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::glob::Glob;

/// What the guards that are built in go by.
#[derive(Debug, Clone)]
pub struct GuardRules {
    /// Whether a commit without checks passes.
    pub checks: ExpectedChecks,
    /// How long checks are waited for.
    pub checks_within: Duration,
    /// Accounts whose commit statuses count as checks.
    pub trusted_reporters: Vec<String>,
    /// Paths that no agent changes unasked, beside what steers agents.
    pub protected: Vec<Glob>,
    /// The most lines that one pull request changes.
    pub max_lines: u32,
}

/// Whether a commit without checks passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExpectedChecks {
    /// It does; checks that exist must be green.
    IfPresent,
    /// It fails.
    Required,
}

impl ExpectedChecks {
    /// By the words of the configuration.
    pub const ALL: [(&'static str, Self); 2] =
        [("if_present", Self::IfPresent), ("required", Self::Required)];
}

/// A command that runs in a checkout: its words, with the program first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckoutCommand(Vec<String>);

impl CheckoutCommand {
    /// The command, or none if it names no program.
    pub fn new(words: Vec<String>) -> Option<Self> {
        words.first().is_some_and(|program| !program.is_empty()).then_some(Self(words))
    }

    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl Default for GuardRules {
    /// As they are where the configuration says nothing.
    fn default() -> Self {
        let protected = [".gitea/**", ".github/**", "ci/**"];
        Self {
            checks: ExpectedChecks::IfPresent,
            checks_within: Duration::from_secs(30 * 60),
            trusted_reporters: vec!["gitea-actions".to_owned()],
            protected: protected.into_iter().filter_map(Glob::new).collect(),
            max_lines: 800,
        }
    }
}
