//! Time, which stands still until a test moves it.

use std::time::Duration;

use timmy::clock::ManualClock;
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
