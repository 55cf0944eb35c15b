//! Time as timmy stores and compares it: whole microseconds since 1970, UTC.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
///
/// Gitea's own times are whole seconds; see [`Timestamp::parse`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `micros` microseconds after (before, if negative) 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time with any offset, as Gitea sends it.
    ///
    /// `None` for anything else. `1970-01-01T00:00:00Z` and `0001-01-01T00:00:00Z`,
    /// Gitea's ways of saying "never", are times like any other here.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Self(instant.as_microsecond()))
    }

    /// The moment `duration` later; stays at the end of time on overflow.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The moment `duration` earlier; stays at the beginning of time on overflow.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// How long it is from `earlier` to this moment; zero if it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same moment on the calendar of `zone`.
    pub fn zoned(self, zone: &TimeZone) -> jiff::ZonedDateTime {
        jiff::Timestamp::from_microsecond(self.0)
            .unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
            .to_zoned_datetime(zone.clone())
    }
}

/// RFC 3339 in UTC, whole seconds, with `Z`: the form that Gitea's `since` parameters take.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.zoned(&TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_brought_to_utc() {
        let east = Timestamp::parse("2026-11-22T23:33:43+02:00").expect("a time");
        assert_eq!(east.to_string(), "2026-11-22T21:33:43Z");
        assert_eq!(Some(east), Timestamp::parse("2026-11-22T21:33:43Z"));
    }

    #[test]
    fn nonsense_is_no_time() {
        assert_eq!(Timestamp::parse(""), None);
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn arithmetic_stays_in_range() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.after(Duration::from_secs(1)), end);
        assert_eq!(Timestamp::default().since(end), Duration::ZERO);
        assert!(!end.to_string().is_empty());
    }
}
