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
//!
//! So whatever is lost in Temporal, its whole server included, is made up for by the next bell; and
//! whatever comes through it, forged or twice, is at most a look too many.
//!
//! Into workflows go numbers and single words only, and never more than 64 KiB (`message`). They stay
//! tiny: they are replayed by later versions, to which a test holds stored histories.
//!
//! A workflow that does not come although it is rung for again and again is ended, and if that cannot
//! be done it is given up under another name; both are said (`bells`).
//!
//! Without the cargo feature `temporal` nothing of this is built, and who configures it is told so
//! (`absent`).

#[cfg(not(feature = "temporal"))]
mod absent;
#[cfg(feature = "temporal")]
mod activities;
#[cfg(feature = "temporal")]
mod bells;
#[cfg(feature = "temporal")]
mod connection;
#[cfg(feature = "temporal")]
mod job_workflow;
#[cfg(feature = "temporal")]
mod message;
#[cfg(feature = "temporal")]
mod runner;

#[cfg(not(feature = "temporal"))]
pub use absent::TemporalRunner;
#[cfg(feature = "temporal")]
pub use connection::{CannotConnect, connect};
#[cfg(feature = "temporal")]
pub use job_workflow::JobWorkflow;
#[cfg(feature = "temporal")]
pub use message::{Bell, JobOrder, JobView};
#[cfg(feature = "temporal")]
pub use runner::TemporalRunner;

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
