//! The demo's time: it runs faster than the clock on the wall, so that nobody waits for a pause.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::{Clock, SystemClock, Waiting};
use crate::core::model::time::Timestamp;

/// How many of its seconds pass in one.
pub(super) const HASTE: u32 = 60;

/// A clock that was right when it was made, and runs ahead since.
#[derive(Debug, Clone, Copy)]
pub(super) struct HastyClock {
    began: Instant,
    at: Timestamp,
}

impl HastyClock {
    pub(super) fn start() -> Self {
        Self { began: Instant::now(), at: SystemClock.now() }
    }

    /// The same for the sandbox.
    pub(super) fn of_sandbox(self) -> crate::sandbox::Clock {
        Arc::new(move || self.now())
    }
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
