//! Why timmy cannot start, or had to stop.

use std::io;

use crate::agents::AgentTrouble;
use crate::gitea::NotAToken;
use crate::otlp::OtlpError;
use crate::store::OpenError;

/// Why timmy cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// The token cannot be one.
    #[error("gitea.token_file: {0}")]
    Token(#[from] NotAToken),
    /// An agent of the configuration cannot be driven at all.
    #[error("agent {agent}: {trouble}")]
    Agent { agent: String, trouble: AgentTrouble },
    /// Traces cannot be sent at all.
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] crate::gitea::Error),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The ledger cannot be read or written any more.
    #[error("the ledger failed while running: {0}")]
    Store(#[from] crate::store::Error),
}
