//! The same task of four roles, by timmy's own loop and through CrewAI: what each takes.

use std::io::{self, Write};

use timmy::sandbox::model::ModelCall;

use crate::crew_stage::{Engine, play};
use crate::sample::Sample;
use crate::support::peers;

/// The versions that the sidecar is installed with.
const LOCK: &str = include_str!("../../examples/crewai/requirements.lock");

/// What a crew took by one engine.
struct Costs {
    calls: usize,
    /// Read and written.
    tokens: (usize, usize),
    memory: f64,
    start: Sample,
    /// The calls in all where timmy was killed once, in the middle of the coding.
    calls_with_a_kill: usize,
}

/// What is compared, and how it is told.
type Row = (&'static str, fn(&Costs) -> String);

/// Measures both, and prints them as a table of their own. Without a CrewAI its column is empty, and it
/// says so.
pub fn print(machine: &str) -> io::Result<()> {
    let native = Costs::of(Engine::Native);
    let crewai = peers::crewai().map(|python| Costs::of(Engine::CrewAi(python)));
    let mut out = io::stdout().lock();
    writeln!(out, "| four roles, one issue | natively | through CrewAI {} |", version())?;
    writeln!(out, "|---|---:|---:|")?;
    let rows: [Row; 5] = [
        ("LLM calls", |costs| costs.calls.to_string()),
        ("tokens read and written", |costs| {
            let (read, written) = costs.tokens;
            format!("{read} + {written}")
        }),
        ("from a task's start to its first call", |costs| seconds(costs.start.median())),
        ("memory at the most", |costs| format!("{:.0} MB", costs.memory)),
        ("LLM calls where timmy was killed once, while it coded", |costs| {
            let again = costs.calls_with_a_kill.saturating_sub(costs.calls);
            format!("{} ({again} more)", costs.calls_with_a_kill)
        }),
    ];
    for (what, figure) in rows {
        let through = crewai.as_ref().map_or("not measured".to_owned(), figure);
        writeln!(out, "| {what} | {} | {through} |", figure(&native))?;
    }
    if crewai.is_none() {
        writeln!(out, "\nNOT MEASURED: there is no CrewAI in target/peers/crewai.")?;
    }
    writeln!(
        out,
        "\nOne run each of the crew that `timmy demo --crew` plays (a plan, research, a change, a \
         review that sends it back, the change mended, a review that approves), with the same \
         scripted model, which answers at once and counts about four letters a token, descriptions \
         of tools included. Starts: the median of all attempts, from the start in the ledger on. \
         Memory: resident, of timmy and of all processes that it had started, looked at every 50 \
         ms. Killed by SIGKILL when the model is asked for the last time before the change is \
         handed in, and gets no answer; then started again. {machine}."
    )?;
    out.flush()
}

impl Costs {
    fn of(engine: Engine<'_>) -> Self {
        let played = play(engine, None);
        let killed = play(engine, Some(played.ends_coding()));
        let sum = |tokens: fn(&ModelCall) -> usize| played.calls.iter().map(tokens).sum();
        Self {
            calls: played.calls.len(),
            tokens: (sum(|call| call.input_tokens), sum(|call| call.output_tokens)),
            memory: played.memory,
            start: Sample::from(played.starts),
            calls_with_a_kill: killed.calls.len(),
        }
    }
}

/// Milliseconds, in seconds where they are many.
fn seconds(milliseconds: f64) -> String {
    match milliseconds {
        many if many >= 1_000.0 => format!("{:.1} s", many / 1e3),
        few => format!("{few:.0} ms"),
    }
}

/// The version of CrewAI.
fn version() -> &'static str {
    let pinned = LOCK.lines().find_map(|line| line.strip_prefix("crewai=="));
    pinned.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default()
}
