//! Places where a test may kill the process.
//!
//! Exactly-once is claimed for a crash at *any* moment; the fault tests kill the real binary at
//! each of these by `TIMMY_CRASH_AT=<step>` (or `<step>:<n>` for the n-th time it is passed).
//! The waiting times that such tests cannot afford are shortened by the environment as well.
//! A release build can be told neither.

use std::time::Duration;

/// Dies here, as by SIGKILL, if the environment says so.
#[cfg(debug_assertions)]
pub fn point(step: &str) {
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

/// How long a write whose answer never came may still be under way.
///
/// Gitea answers within seconds, and a proxy before it gives up after a minute at most; a write
/// that lands even later is found by a second look and taken back.
pub const SETTLE: Duration = Duration::from_secs(15);

/// When to look for late duplicates of a reply whose outcome was once unknown.
pub const RECHECK: Duration = Duration::from_secs(120);

/// [`SETTLE`]; tests that kill the process hundreds of times shorten it by `TIMMY_SETTLE_MS`.
pub fn settle() -> Duration {
    shortened("TIMMY_SETTLE_MS").unwrap_or(SETTLE)
}

/// [`RECHECK`], shortened by `TIMMY_RECHECK_MS`.
pub fn recheck() -> Duration {
    shortened("TIMMY_RECHECK_MS").unwrap_or(RECHECK)
}

/// How long the report is not looked at again, whatever moves.
pub const REPORT_PAUSE: Duration = Duration::from_secs(60);

/// [`REPORT_PAUSE`], shortened by `TIMMY_REPORT_MS`.
pub fn report_pause() -> Duration {
    shortened("TIMMY_REPORT_MS").unwrap_or(REPORT_PAUSE)
}

#[cfg(debug_assertions)]
fn shortened(variable: &str) -> Option<Duration> {
    Some(Duration::from_millis(std::env::var(variable).ok()?.parse().ok()?))
}

#[cfg(not(debug_assertions))]
fn shortened(_variable: &str) -> Option<Duration> {
    None
}
