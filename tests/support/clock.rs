//! Time, which stands still until a test moves it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use timmy::clock::{Clock, ManualClock, SystemClock, Waiting};
use timmy::core::model::time::Timestamp;

/// Monday, 23 November 2026, 12:00 UTC: when a story begins.
pub const NOON: Timestamp = Timestamp::from_micros(1_795_435_200_000_000);

pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(60 * 60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a write whose answer never came may still land.
pub const SETTLE: Duration = Duration::from_secs(15);

/// How long what a poll found waits for the webhook that says who did it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A clock that stands at noon.
pub fn noon() -> ManualClock {
    ManualClock::at(NOON)
}

/// What is missing to the machine's next noon (UTC), in whole seconds. A process that is told to be so far
/// ahead sees no day end that its test does not let end.
pub fn until_noon() -> Duration {
    let seconds = SystemClock.now().since(Timestamp::default()).as_secs();
    let begun = (seconds + DAY.as_secs() / 2) % DAY.as_secs();
    Duration::from_secs((DAY.as_secs() - begun) % DAY.as_secs())
}

/// A clock on which whoever sleeps is at once where they wanted to be; it notes how long that was.
#[derive(Clone, Default)]
pub struct Sleepless(Arc<Mutex<Vec<Duration>>>);

impl Sleepless {
    /// How long was slept, each time.
    pub fn slept(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

impl Clock for Sleepless {
    fn now(&self) -> Timestamp {
        NOON.after(self.uptime())
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        self.sleep(moment.since(self.now()))
    }

    fn uptime(&self) -> Duration {
        self.slept().iter().sum()
    }

    fn sleep(&self, span: Duration) -> Waiting {
        self.0.lock().unwrap().push(span);
        Box::pin(std::future::ready(()))
    }
}
