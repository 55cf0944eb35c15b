//! Places where a test may kill the process.
//!
//! Exactly-once is claimed for a crash at *any* moment; the fault tests kill the real binary at
//! each of these by `TIMMY_CRASH_AT=<step>` (or `<step>:<n>` for the n-th time it is passed).
//! A release build cannot be told to die.

/// What its last line says, before the step at which it dies.
pub const DIES_AT: &str = "dies at ";

/// Dies here, as by SIGKILL, if the environment says so.
#[cfg(debug_assertions)]
pub fn point(step: &str) {
    use std::io::Write as _;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("TIMMY_CRASH_AT").ok()?;
        let (step, nth) = text.split_once(':').unwrap_or((&text, "1"));
        Some((step.to_owned(), AtomicU32::new(nth.parse().unwrap_or(1))))
    });
    if let Some((at, left)) = wanted
        && at == step
        && left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // Whoever killed it there looks for that line. If nobody can read it, it dies all the same.
        let _ = writeln!(std::io::stderr(), "{DIES_AT}{step}");
        std::process::abort();
    }
}

/// Nothing: only builds with debug assertions can be told to die.
#[cfg(not(debug_assertions))]
pub fn point(_step: &str) {}

/// The steps between hearing a text and having answered it, in order. `fetched` is passed by new
/// pull requests alone. `wishing` and `wished` stand around an effect that sets something (a label,
/// a reaction, what a comment says), `sending` and `sent` around one that creates a comment or an
/// issue: behind its stored intent, and behind the forge's answer.
pub const STEPS: [&str; 11] = [
    "heard",
    "fetched",
    "claiming",
    "claimed",
    "decided",
    "committed",
    "wishing",
    "wished",
    "sending",
    "sent",
    "done",
];
