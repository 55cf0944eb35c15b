//! The demo's time: it runs faster than the clock on the wall, so that nobody waits for a pause.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::clock::{Clock, SystemClock, Waiting};
use crate::core::model::time::Timestamp;

/// How many of its seconds pass in one.
pub(super) const HASTE: u32 = 60;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that begins at the next noon (UTC) and runs ahead from there: no day ends while the script is
/// played, which would end it elsewhere than it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct HastyClock {
    began: Instant,
    at: Timestamp,
}

impl HastyClock {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), at: noon_from(SystemClock.now()) }
    }

    /// The same for the sandbox.
    pub(super) fn of_sandbox(self) -> crate::sandbox::Clock {
        Arc::new(move || self.now())
    }
}

/// The first noon (UTC) that is not over.
fn noon_from(now: Timestamp) -> Timestamp {
    let noon = now.day_began(&TimeZone::UTC).after(DAY / 2);
    if noon < now { noon.after(DAY) } else { noon }
}

impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        self.at.after(self.uptime())
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        self.sleep(moment.since(self.now()))
    }

    fn uptime(&self) -> Duration {
        self.began.elapsed() * HASTE
    }

    fn sleep(&self, span: Duration) -> Waiting {
        Box::pin(tokio::time::sleep(span / HASTE))
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::demo::haste::*;

    #[test]
    fn it_begins_at_the_first_noon_that_is_not_over() {
        let noon = |now: &str| noon_from(Timestamp::parse(now).expect("a time")).to_string();
        assert_eq!(noon("2026-11-23T00:00:00Z"), "2026-11-23T12:00:00Z");
        assert_eq!(noon("2026-11-23T12:00:00Z"), "2026-11-23T12:00:00Z");
        assert_eq!(noon("2026-11-30T12:00:01Z"), "2026-12-01T12:00:00Z");
        assert_eq!(noon("2026-11-23T23:59:59Z"), "2026-11-24T12:00:00Z");
    }
}
