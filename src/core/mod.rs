//! PURE: no clock, no socket, no database. Time and chance are arguments.
//!
//! What stands here can be replayed: the same facts give the same decision on every platform.

pub(crate) mod backoff;
pub mod crew;
pub mod decisions;
pub mod fail_to_pass;
pub mod guards;
pub mod jobs;
pub mod metrics;
pub mod model;
pub mod notify;
pub mod policy;
pub mod scheduling;
pub mod split;

pub mod command;
pub mod handlers;

pub mod effect;

pub mod prompt;
pub mod reply;
pub mod report;

pub mod script_guard;

pub mod trace;
