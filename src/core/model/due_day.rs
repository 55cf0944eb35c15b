//! The day on which something is due.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// A day of the calendar, the same one in every zone.
///
/// People choose a day. Gitea stores the last second of it in the zone of its server, and writes it
/// in that zone: so the day is the one that is written, whichever moment that is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Timestamp", into = "Timestamp")]
pub struct DueDay(i64);

const MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const FIRST: Date = date(1970, 1, 1);

impl DueDay {
    /// The day with which a time begins that is written like `2026-12-01T23:59:59+01:00`.
    pub fn written_in(time: &str) -> Option<Self> {
        let day: Date = time.get(..10)?.parse().ok()?;
        Some(Self(day.duration_since(FIRST).as_hours() / 24))
    }

    /// How many days lie between 1970 and this one.
    pub fn since_1970(self) -> i64 {
        self.0
    }

    pub fn date(self) -> Date {
        FIRST.saturating_add(SignedDuration::from_hours(self.0.saturating_mul(24)))
    }
}

/// The day of a moment in UTC: the form in which days are stored.
impl From<Timestamp> for DueDay {
    fn from(moment: Timestamp) -> Self {
        Self(moment.micros().div_euclid(MICROS))
    }
}

/// The beginning of the day in UTC.
impl From<DueDay> for Timestamp {
    fn from(day: DueDay) -> Self {
        Self::from_micros(day.0.saturating_mul(MICROS))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::due_day::*;

    #[test]
    fn the_day_is_the_one_that_is_written() {
        for zone in ["Z", "+14:00", "-11:00", "+01:00"] {
            let day = DueDay::written_in(&format!("2026-12-01T23:59:59{zone}")).expect("a day");
            assert_eq!(day.date(), jiff::civil::date(2026, 12, 1), "{zone}");
        }
        assert_eq!(DueDay::written_in("soon"), None);
        assert_eq!(DueDay::written_in("2026-13-01T00:00:00Z"), None);
    }

    #[test]
    fn a_day_is_stored_as_a_moment_of_it() {
        let day = DueDay::written_in("2026-12-01T23:59:59Z").expect("a day");
        let stored = serde_json::to_string(&day).expect("JSON");
        assert_eq!(serde_json::from_str::<DueDay>(&stored).expect("JSON"), day);
        let last_second = Timestamp::parse("2026-12-01T23:59:59Z").expect("a time");
        assert_eq!(DueDay::from(last_second), day);
    }

    #[test]
    fn the_ends_of_time_are_days_like_any_other() {
        for extreme in [i64::MIN, i64::MAX] {
            DueDay::from(Timestamp::from_micros(extreme)).date();
        }
        assert!(DueDay::written_in("9999-12-31T23:59:59Z").is_some());
    }
}
