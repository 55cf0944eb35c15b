//! Whether what an agent wrote can be run confined, as the service found it.

use serde::{Deserialize, Serialize};

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfinementResult {
    Works,
    Fails { why: String, remedy: String },
}
