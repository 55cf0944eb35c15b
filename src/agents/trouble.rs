//! What can go wrong with an agent.

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;

/// Why an agent did not do what it was asked. Texts are one line, without secrets, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AgentTrouble {
    /// Its host cannot be reached at all: switched off, asleep, or the network is down.
    #[error("its host cannot be reached: {0}")]
    HostAway(String),
    /// Its host answers, and nobody listens there, or what listens fails.
    #[error("its gateway is down: {0}")]
    Down(String),
    /// It is a program of this machine, and cannot be run here.
    #[error("it cannot be run here: {0}")]
    CannotRun(String),
    /// It takes no work now.
    #[error("it takes no work now: {reason}")]
    Busy { reason: String, until: Option<Timestamp> },
    /// Its key is refused.
    #[error("its key is refused")]
    BadKey,
    /// Its model is not there.
    #[error("its model `{0}` is not there")]
    ModelGone(String),
    /// Its quota is used up.
    #[error("its quota is used up")]
    PoolSpent { until: Option<Timestamp> },
    /// It does not know the attempt.
    #[error("it does not know the attempt")]
    NotFound,
    /// It refuses the request, whatever else happens.
    #[error("it refuses the request: {0}")]
    BadRequest(String),
    /// Another attempt has this key.
    #[error("it holds another request under this key")]
    Conflict,
    /// It gives no answer in time.
    #[error("it does not answer in time")]
    Timeout,
    /// Its answer cannot be understood.
    #[error("its answer cannot be understood: {0}")]
    Garbage(String),
    /// It cannot do that at all.
    #[error("it cannot do that")]
    Unsupported,
}
