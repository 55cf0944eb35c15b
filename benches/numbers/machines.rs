//! The same jobs, by timmy alone and on a Temporal server with a worker: what each takes.

use std::io::{self, Write};

use crate::machines_stage::{Engine, JOBS, LOOKS, Played, play};
use crate::sample::Sample;
use crate::support::peers;

/// What is compared, and how it is told.
type Row = (&'static str, fn(&Played) -> String);

/// Measures both, and prints them as a table of their own. Where Temporal is not there, or not built in, its
/// column is empty, and it says so.
pub fn print(machine: &str) -> io::Result<()> {
    let embedded = play(Engine::Embedded);
    let is_built = timmy::temporal::is_built();
    let program = is_built.ok().and_then(|()| peers::temporal());
    let temporal = program.map(|program| play(Engine::Temporal(program)));
    let mut out = io::stdout().lock();
    writeln!(out, "| {JOBS} jobs of one agent | embedded | on Temporal, by a worker |")?;
    writeln!(out, "|---|---:|---:|")?;
    let rows: [Row; 6] = [
        ("jobs a second, from assigned to told", |played| format!("{:.1}", played.rate)),
        ("from `assign` to the agent's start", |played| spread(&played.to_start)),
        ("from `cancel` to the agent's stop, which is one look", |played| spread(&played.to_stop)),
        ("memory of timmy", |played| megabytes(Some(played.memory.timmy))),
        ("memory of the worker", |played| megabytes(played.memory.worker)),
        ("memory of the Temporal server", |played| megabytes(played.memory.server)),
    ];
    for (what, figure) in rows {
        let beside = temporal.as_ref().map_or("not measured".to_owned(), figure);
        writeln!(out, "| {what} | {} | {beside} |", figure(&embedded))?;
    }
    match is_built {
        Err(error) => writeln!(out, "\nNOT MEASURED: {error}.")?,
        Ok(()) if temporal.is_none() => {
            writeln!(out, "\nNOT MEASURED: there is no Temporal in target/peers/temporal.")?;
        }
        Ok(()) => {}
    }
    writeln!(
        out,
        "\nOne run each. The agent answers behind a gateway, and hands in a change with real git; the \
         sandbox forge, the gateway and all processes share the machine. Jobs a second: {JOBS} issues \
         assigned at once, until the last of them was told that it is done. Starts and stops: {LOOKS} \
         issues, one after the other, of an agent that works until it is stopped; the median, and what \
         nine of ten stay below. Memory: resident, after all that. Temporal's own server for \
         development, with its state in a file. {machine}."
    )?;
    out.flush()
}

fn spread(sample: &Sample) -> String {
    format!("{:.0} ms (90%: {:.0} ms)", sample.median(), sample.percentile(90))
}

fn megabytes(held: Option<f64>) -> String {
    held.map_or("none".to_owned(), |held| format!("{held:.0} MB"))
}
