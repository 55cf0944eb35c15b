//! No text is lost, nothing is said twice: the real binary is killed at every step and at
//! random moments, the forge misbehaves, webhooks come twice, late and in any order. Whatever
//! happened, in the end each thread must look as if nothing had.
//!
//! The bot is a process of its own; the forge lives in the test. What is random comes from a seed
//! that every failure names: `TIMMY_SEED=<seed>` repeats it. `TIMMY_KILLS=full` does all of it; the
//! usual run is a fifth of that ([`random_run::times`]).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod support;

mod bot;
mod by_itself;
mod crew;
mod crew_kills;
mod hands;
mod job_fleet;
mod job_outcomes;
mod jobs;
mod late_writes;
mod lost_webhooks;
mod merge_people;
mod merges;
mod model_fleet;
mod notifications;
mod paid_calls;
mod random_kills;
mod random_run;
mod relay;
mod report;
mod reviews;
mod routines;
mod shutdown;
mod split;
mod stage;
mod steps;
mod thread;
