//! How a command ends: what it prints, where it complains, its exit code.

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

/// The exit code of what could not be done.
pub(super) const FAILED: u8 = 1;
/// The exit code of wrong usage or configuration.
pub(super) const WRONG: u8 = 2;

/// Writes what was asked for.
pub(super) fn print(text: &str) {
    // Whoever closes the pipe early has read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Says what is wrong where a person looks for it.
pub(super) fn complain(problem: &str) {
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "timmy: {problem}");
}

/// Prints what was asked for, or says why it cannot be had: the exit code.
pub(super) fn finish(said: Result<String, impl std::error::Error>) -> ExitCode {
    match said {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(&problem.to_string());
            FAILED.into()
        }
    }
}

/// Runs `future` to its end on a runtime of its own.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    // Those that read the ledger, of which there are four at once, and that look up addresses:
    // tokio would start a new one whenever none is idle, and each holds memory of its own.
    const BLOCKING_THREADS: usize = 6;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .expect("the system gives threads and timers")
        .block_on(future)
}
