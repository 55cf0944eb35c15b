//! How an attempt is found again.

use serde::{Deserialize, Serialize};

/// How to find an attempt again: stored as soon as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHandle {
    /// What the agent calls it.
    pub run: String,
    /// The session that it keeps of it, if that is something else.
    pub session: Option<String>,
    /// The process that took it, where that matters to know whether it is lost.
    pub process: Option<String>,
}
