//! How grave a finding is.

use serde::Deserialize;

/// What a finding means for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardGrade {
    /// It is said, and nothing more.
    Warn,
    /// A person decides.
    Ask,
    /// The result does not pass: the agent mends it.
    Block,
}
