//! What a worker is asked that runs guards, and what it says.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ticket::Ticket;
use crate::core::guards::GuardResult;
use crate::guard_runs::{GuardOrder, GuardTrial, TrialEnd};

/// In the place of an agent's name, on queues and in tickets, stands this and a digest of the host. No
/// agent has such a one.
const GUARDS: &str = "@guards-";

/// What sessions about runs of guards begin with.
const RUN: &str = "guards/";

/// Who is asked to run guards on `host`, and nobody of any other.
pub(super) fn guards_of(host: &str) -> String {
    let digest = Sha256::digest(format!("timmy guards on {host}"));
    format!("{GUARDS}{}", base16ct::lower::encode_string(&digest[..8]))
}

/// What a session about a run is called. `word`: unlike that of any other.
pub(super) fn guard_session(word: &str) -> String {
    format!("{RUN}{word}")
}

/// Whether a ticket is for a run of guards: then there is something to fetch with it, and no more.
pub(super) fn is_of_guards(ticket: &Ticket) -> bool {
    ticket.agent.starts_with(GUARDS) && ticket.session.starts_with(RUN)
}

/// Asked again, it is the same one, for as long as its session lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GuardAsk {
    Run(Box<GuardOrder>),
    Try(Box<GuardTrial>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GuardsSaid {
    /// It goes on: to be asked again.
    UnderWay,
    Ran(Vec<GuardResult>),
    Tried(TrialEnd),
    /// It cannot be done now.
    NotNow(String),
}
