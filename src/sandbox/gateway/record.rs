//! What there is to say of a run, in words that all of the gateway shares.

use crate::core::model::time::Timestamp;

/// Which Hermes it plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HermesVersion {
    /// Keys mean nothing, runs live in memory.
    V0_19,
    /// Keys are durable, a run can be told something, questions have an id.
    V0_22,
}

/// A run that was started, as tests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRun {
    pub id: String,
    pub session: String,
    /// The key that came with it.
    pub idempotency_key: Option<String>,
    pub input: String,
    /// How it stands, or stood when it was forgotten.
    pub status: RunStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    Running,
    WaitingForApproval,
    Stopping,
    Completed,
    Failed,
    Cancelled,
    /// The gateway ended before it did.
    Interrupted,
}

impl RunStatus {
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Running | Self::WaitingForApproval | Self::Stopping)
    }
}

/// How a run ends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// With these last words.
    Completed(String),
    /// Something behind it failed, told in these words, such as `HTTP 500: out of order`.
    Failed(String),
    /// It had no turns left, with these last words.
    OutOfTurns(String),
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Given,
    Denied,
    /// Nobody answered in time.
    Expired,
}

/// Times are seconds since 1970, with decimals.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.micros() as f64 / 1e6
}
