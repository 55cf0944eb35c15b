//! Why timmy cannot start, or had to stop.

use std::io;

use crate::agents::AgentTrouble;
use crate::gitea::NotAToken;
use crate::otlp::OtlpError;
use crate::store::OpenError;
use crate::temporal::{BegunOtherwise, NotBuilt};
use crate::web::{BadCertificate, TooManyLines};

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
    /// Jobs were to be workflows, and this build knows none.
    #[error(transparent)]
    Temporal(#[from] NotBuilt),
    /// An agent is to be driven by a worker, and there is nowhere for that to come.
    #[error("agent {0} is on another host: write in worker.listen where workers find this timmy")]
    NoWorkers(String),
    /// Guards are to be run by a worker, and there is nowhere for that to come.
    #[error("guards run on the host {0}: write in worker.listen where workers find this timmy")]
    NoGuardWorker(String),
    /// What is shown to workers over TLS is none.
    #[error("worker.cert_file and worker.key_file: {0}")]
    Certificate(#[from] BadCertificate),
    /// Workers would cut off each other.
    #[error(transparent)]
    Lines(#[from] TooManyLines),
    /// An agent is driven otherwise than before, and works.
    #[error(transparent)]
    Switched(#[from] BegunOtherwise),
    /// The ledger cannot be read or written any more.
    #[error("the ledger failed while running: {0}")]
    Store(#[from] crate::store::Error),
}
