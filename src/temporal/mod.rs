//! Jobs as workflows of a Temporal server: `[engine] kind = "temporal"`.
//!
//! # The seam
//!
//! The ledger and the reducer stay the only truth. What Temporal keeps is *when* a job is looked at:
//! one workflow per job ([`JobWorkflow`](job_workflow::JobWorkflow)), which calls the activity `advance`
//! again and again, and in between waits for a timer or for a bell.
//!
//! | embedded | here |
//! |---|---|
//! | the queue looks at a job when that is due | the workflow of the job calls `advance` (`activities`): one look, in the lane of the job, as [`Engine::look_at`](crate::engine::Engine::look_at) does it |
//! | something happened to a job | it is rung for (`bells`): its workflow gets a signal, and is started if there is none. A bell has an id, and says nothing else |
//! | a moment comes at which it is looked at again | `advance` said when: the workflow has a timer. Ten seconds late, it is rung for |
//! | a start after a crash looks at every job | every job is rung for |
//! | a job has ended | its workflow ends; what happens to the job later starts it anew |
//! | a ledger is restored from a backup | it has another name, and so its workflows have; those of the lost one are refused when they call, and fail |
//!
//! So whatever is lost in Temporal, its whole server included, is made up for by the next bell; and
//! whatever comes through it, forged or twice, is at most a look too many.
//!
//! Where whoever runs the server registered what jobs can be searched by, their workflows have that, too
//! (`attributes`).
//!
//! Into workflows go numbers and single words only, and never more than 64 KiB (`message`). They stay
//! tiny: they are replayed by later versions, to which a test holds stored histories.
//!
//! A workflow that does not come although it is rung for again and again is ended, and if that cannot
//! be done it is given up under another name; both are an incident until the job is looked at again
//! (`bells`).
//!
//! # Agents on other hosts
//!
//! With `[worker] listen` an agent whose `host` is another one is driven by `timmy worker` there. To the
//! engine it is an agent like any other (`remote_agent`): each of its calls is laid on a `desk`, and a
//! worker fetches it. What it takes for that:
//!
//! 1. Nobody of that host is there: a workflow (`agent_workflow`) has the activity `serve` called on the
//!    queue `agent-<name>`, tried once. It brings a ticket, and nothing else.
//! 2. The worker, which dialled out, goes to timmy's `listener` with the ticket (`worker`, `errand`), and
//!    stays for a session: it takes what is asked (a prompt, a text, a stop), has its agent do it,
//!    and brings what came of it, a transcript included.
//! 3. A session is about one attempt, or about how an agent is. What surely was not fetched surely was
//!    not started; of anything else it is found out first, as of any agent: from the worker that was given
//!    the start, which the ledger has before it does (`starts`), and from no other one.
//!
//! An agent that works in a clone has no token of the forge on its host. The ticket of its attempt is good
//! for that, too (`ticket_origin` there, `reception` here): git fetches through timmy (`fetch_proxy`), the
//! commits that it made come in pieces (`bundle_file`), are looked at, and pushed by timmy as the account
//! of the agent; not any more once the attempt was asked to stop or is over, as the ledger has it
//! (`rights`). What is asked stands in `forge_ask`.
//!
//! With `[guards] host` guards that run something do so on that host. To the engine it is a
//! [`GuardHost`](crate::guard_runs::GuardHost) (`remote_guards`); a session is about one run, in which a
//! worker of that host (`guard_session`) is asked the same again and again until it is over: that begins it
//! where nobody has, so one that is lost with its worker runs again with the next. It fetches what it runs
//! through timmy, with the ticket of that session, which is good for nothing else. What it is asked, and
//! says, stands in `guard_ask`.
//!
//! timmy believes the ledger and the ticket, and nothing that came through Temporal: that a call
//! failed, ended or was cancelled there says only that another worker may have to be called. One that
//! cannot be ended is given up under a new name (`line`).
//!
//! Without the cargo feature `temporal` nothing of this is built, and who configures it is told so
//! (`absent`).

#[cfg(not(feature = "temporal"))]
mod absent;
#[cfg(feature = "temporal")]
mod activities;
#[cfg(feature = "temporal")]
mod agent_workflow;
#[cfg(feature = "temporal")]
mod ask;
#[cfg(feature = "temporal")]
mod attributes;
#[cfg(feature = "temporal")]
mod bells;
#[cfg(feature = "temporal")]
mod bundle_file;
#[cfg(feature = "temporal")]
mod connection;
#[cfg(feature = "temporal")]
mod desk;
#[cfg(feature = "temporal")]
mod errand;
#[cfg(feature = "temporal")]
mod fetch_proxy;
#[cfg(feature = "temporal")]
mod forge_ask;
#[cfg(feature = "temporal")]
mod guard_ask;
#[cfg(feature = "temporal")]
mod guard_session;
#[cfg(feature = "temporal")]
mod held_tickets;
#[cfg(feature = "temporal")]
mod hosts;
#[cfg(feature = "temporal")]
mod job_workflow;
#[cfg(feature = "temporal")]
mod line;
#[cfg(feature = "temporal")]
mod listener;
#[cfg(feature = "temporal")]
mod message;
#[cfg(feature = "temporal")]
mod other_worker;
#[cfg(feature = "temporal")]
mod own_thread;
#[cfg(feature = "temporal")]
mod reception;
#[cfg(feature = "temporal")]
mod remote_agent;
#[cfg(feature = "temporal")]
mod remote_guards;
#[cfg(feature = "temporal")]
mod rights;
#[cfg(feature = "temporal")]
mod runner;
#[cfg(feature = "temporal")]
mod session;
#[cfg(feature = "temporal")]
mod starts;
mod switching;
#[cfg(feature = "temporal")]
mod ticket;
#[cfg(feature = "temporal")]
mod ticket_origin;
#[cfg(feature = "temporal")]
mod work;
#[cfg(feature = "temporal")]
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(not(feature = "temporal"))]
pub use absent::{Errands, RemoteHosts, TemporalRunner, find_namespace, origin_by_ticket, work};
#[cfg(feature = "temporal")]
pub use agent_workflow::AgentWorkflow;
#[cfg(feature = "temporal")]
pub use attributes::ShownJob;
#[cfg(feature = "temporal")]
pub use connection::{CannotConnect, connect, find_namespace};
#[cfg(feature = "temporal")]
pub use errand::Errands;
#[cfg(feature = "temporal")]
pub use hosts::RemoteHosts;
#[cfg(feature = "temporal")]
pub use job_workflow::JobWorkflow;
#[cfg(feature = "temporal")]
pub use message::{Advanced, Bell, JobView, LookOrder, ServeOrder};
#[cfg(feature = "temporal")]
pub use runner::TemporalRunner;
pub use switching::{BegunOtherwise, begun_otherwise};
#[cfg(feature = "temporal")]
pub use ticket_origin::origin_by_ticket;
#[cfg(feature = "temporal")]
pub use work::work;

use crate::agents::Agent;
use crate::config::TemporalConfig;
use crate::guard_runs::GuardPlace;

/// What a worker serves, and whom.
pub struct WorkerSetup {
    /// Unlike that of any other worker, and kept on its host.
    pub name: String,
    pub server: TemporalConfig,
    /// The way to the `[worker] listen` of timmy.
    pub errands: Arc<Errands>,
    /// The agents of its host, by name.
    pub agents: BTreeMap<String, Arc<dyn Agent>>,
    /// What its host is called, and where guards run there, if they do.
    pub guards: Option<(String, GuardPlace)>,
    /// How many attempts of each may be under way at once.
    pub attempts: BTreeMap<String, u32>,
    /// How long attempts may take to end when it is told to stop.
    pub stop: Duration,
}

/// Why nothing can be served at all.
#[derive(Debug, thiserror::Error)]
pub enum CannotServe {
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    #[error("worker.url is none that can be called")]
    Address,
    #[error("what serves broke: a bug in timmy, and the log says where. Start it again")]
    Broken,
    #[error("worker.ca_file {} cannot be used ({why}): name a PEM file of who signed timmy's certificate", .file.display())]
    Ca { file: PathBuf, why: String },
}

/// This build knows no Temporal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "engine.kind is \"temporal\", and this timmy was built without it: build it with \
     `cargo build --release --features temporal`, or set engine.kind = \"embedded\""
)]
pub struct NotBuilt;

/// Whether this build can do it.
///
/// # Errors
/// If it cannot, with what to do.
pub fn is_built() -> Result<(), NotBuilt> {
    if cfg!(feature = "temporal") { Ok(()) } else { Err(NotBuilt) }
}
