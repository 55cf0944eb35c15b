//! Logs: one line a fact, on standard error. Never a token, never a text of people.

use crate::cli::output::complain;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people, and for journald.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `$TIMMY_LOG` says what is logged, as `RUST_LOG` does elsewhere; `info` if unset.
pub(super) fn start(format: Format) {
    let filter = EnvFilter::try_from_env("TIMMY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        complain(&format!("no logs: {error}"));
    }
}
