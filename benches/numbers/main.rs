//! The numbers that timmy promises, each measured beside its yardstick: `cargo bench`.
//!
//! One file a number. It reports and does not judge: the exit code is 0 also when a goal is
//! missed, since a busy machine is no bug.

#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, reason = "a benchmark")]

mod backlog;
mod chain;
mod crew_stage;
mod crews;
mod empty_jobs;
mod guards;
mod job_start;
mod jobs;
mod load;
mod machine;
mod machines;
mod machines_stage;
mod parsing;
mod process;
mod ranking;
mod replies;
mod sample;
mod scanning;
mod scoring;
mod stage;
mod table;
mod texts;
mod ticking;
mod webhooks;

#[path = "../../tests/support"]
#[allow(dead_code, reason = "the tests use the rest")]
mod support {
    pub mod install;
    pub mod peers;
}

use table::Row;

/// The name by which to ask for a number, `cargo bench -- parsing`, and how it is measured.
type Number = (&'static str, fn() -> Row);

const NUMBERS: [Number; 20] = [
    ("scanning", scanning::measure),
    ("parsing", parsing::measure),
    ("webhook-rate", webhooks::measure_rate),
    ("webhook-delay", webhooks::measure_delay),
    ("replies", replies::measure),
    ("ping-beside", replies::measure_beside),
    ("scoring", scoring::measure),
    ("tick", ticking::measure),
    ("tick-sizes", ticking::measure_sizes),
    ("backlog-read", backlog::measure_read),
    ("backlog-changes", backlog::measure_changes),
    ("backlog-large", backlog::measure_large),
    ("guards", guards::measure),
    ("job-empty", empty_jobs::measure),
    ("job-start", job_start::measure),
    ("job-requests", jobs::measure_requests),
    ("job-follow", jobs::measure_following),
    ("start", process::measure_start),
    ("memory", process::measure_memory),
    ("memory-backlog", ranking::measure),
];

/// The names by which to ask for the comparison of what runs the roles of a crew, and of who keeps time
/// for jobs.
const CREWS: &str = "crews";
const MACHINES: &str = "machines";

fn main() -> std::io::Result<()> {
    // Cargo itself adds `--bench`.
    let asked: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|arg| name.contains(arg));
    let machine = machine::describe();
    let rows: Vec<_> =
        NUMBERS.iter().filter(|(name, _)| is_asked(name)).map(|(_, measure)| measure()).collect();
    if !rows.is_empty() {
        table::print(&rows, &machine)?;
    }
    // Two engines beside each other make a table of their own.
    if is_asked(CREWS) {
        crews::print(&machine)?;
    }
    if is_asked(MACHINES) {
        machines::print(&machine)?;
    }
    Ok(())
}
