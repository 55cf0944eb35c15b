//! Agents: who does the work. Each kind is driven in its own way; the engine knows only [`Agent`].
//!
//! An attempt is prepared ([`Agent::prepare`]) and stored whole before it is sent, so that it can be
//! sent again word for word. What a start of unknown outcome did is looked up ([`Agent::find`])
//! before anything is repeated. From then on the engine asks how it goes ([`Agent::follow`]): the
//! answer to that is the truth, and what streams tell is progress. What an agent says is a claim;
//! what came of it, the forge shows.
//!
//! Nothing here knows the ledger: what has to be remembered of an attempt is in its [`RunHandle`].

mod account;
mod acp;
mod agent;
mod amount;
mod brief;
mod command;
mod event_stream;
mod fleet;
mod forge;
mod handed_in;
mod hermes;
mod last_words;
mod local;
mod openai;
mod question;
mod redact;
mod repository;
mod reset_time;
mod run;
mod runs;
mod task;
mod transcript;
mod trouble;
mod unreachable;
mod upstream_error;
mod workplace;

pub use account::own_account;
pub use agent::{
    Agent, AgentCall, AgentEnding, AgentHealth, Allowance, Asking, Capabilities, FailureKind,
    RunHandle, Sighting, Started, SteerOutcome,
};
pub use command::command_agent;
pub use event_stream::{EventStream, LineTooLong};
pub use fleet::{fleet, fleet_through, redactor};
pub use forge::{AgentForge, ForgeAgent, ForgeAgentOptions};
pub use hermes::{HermesAgent, HermesOptions};
pub use local::{
    AccountOrigin, AttemptPlace, FinishedWork, LARGEST_BUNDLE, LocalAgent, LocalOptions,
    NewCommits, Origin, OriginCall, OriginTrouble, Through, origin_of,
};
pub use openai::{OpenAiAgent, OpenAiOptions};
pub use redact::Redactor;
pub use repository::{JobRepository, RepositoryCall};
pub(crate) use reset_time::reset_in;
pub use task::{AgentTask, StoredRequest};
pub use transcript::{Speaker, Transcript, TranscriptEntry};
pub use trouble::AgentTrouble;
