//! What agents live on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A quota by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaName {
    /// One that several agents share.
    Pool(String),
    /// The own one of an agent.
    Agent(String),
}

impl QuotaName {
    /// The quota of an agent, which may share that of a pool.
    pub fn of(agent: &str, pool: Option<&str>) -> Self {
        match pool {
            Some(pool) => Self::Pool(pool.to_owned()),
            None => Self::Agent(agent.to_owned()),
        }
    }
}

impl fmt::Display for QuotaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(name) => write!(f, "pool {name}"),
            Self::Agent(name) => write!(f, "agent {name}"),
        }
    }
}
