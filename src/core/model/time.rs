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
    /// Gitea's ways of saying "never", are times like any other here. The last hours of the year
    /// 9999, which people write for "some day", are the end of time.
    pub fn parse(text: &str) -> Option<Self> {
        let instant = match text.parse::<jiff::Timestamp>() {
            Ok(instant) => instant,
            Err(_) => {
                let written: jiff::civil::DateTime = text.get(..19)?.parse().ok()?;
                let is_late = written >= jiff::civil::date(9999, 12, 30).at(0, 0, 0, 0);
                is_late.then_some(jiff::Timestamp::MAX)?
            }
        };
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

    /// When the day began in `zone` that it is then.
    #[must_use]
    pub fn day_began(self, zone: &TimeZone) -> Self {
        let midnight = self.zoned(zone).start_of_day();
        midnight.map_or(self, |midnight| Self(midnight.timestamp().as_microsecond()))
    }

    /// The second in which it lies: forges tell no more of a moment.
    #[must_use]
    pub fn second(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(1_000_000)))
    }

    /// Whether a while that began with this moment is over `now`. It is as well if the moment lies
    /// in the future: the clock was set back since, nobody knows how far.
    pub fn is_over(self, span: Duration, now: Self) -> bool {
        now < self || self.after(span) <= now
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

/// A moment as replies show it: `Tue 1 Dec, 09:00 CET`, with the year where it is not `now`'s.
pub fn said(moment: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (moment, now) = (moment.zoned(zone), now.zoned(zone));
    let form =
        if moment.year() == now.year() { "%a %-d %b, %H:%M %Z" } else { "%a %-d %b %Y, %H:%M %Z" };
    moment.strftime(form).to_string()
}

/// A span as people say it: `20 s`, `6 min`, `2 h`, `3 days`.
pub fn rounded(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5_399 => format!("{} min", (seconds + 30) / 60),
        5_400..=129_599 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
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
    use crate::core::model::time::*;

    #[test]
    fn a_while_ends_with_its_time_or_with_a_clock_that_was_set_back() {
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        let is_over = |now| at(100).is_over(Duration::from_secs(60), at(now));
        assert_eq!([99, 100, 159, 160].map(is_over), [true, false, false, true]);
    }

    #[test]
    fn offsets_are_brought_to_utc() {
        let east = Timestamp::parse("2026-11-22T23:33:43+02:00").expect("a time");
        assert_eq!(east.to_string(), "2026-11-22T21:33:43Z");
        assert_eq!(Some(east), Timestamp::parse("2026-11-22T21:33:43Z"));
    }

    #[test]
    fn the_year_9999_is_the_end_of_time() {
        let end = Timestamp::parse("9999-12-31T23:59:59Z");
        assert!(end.is_some() && end == Timestamp::parse("9999-12-31T23:59:59+02:00"));
        assert!(Timestamp::parse("9998-12-31T23:59:59Z") < end);
        assert_eq!(Timestamp::parse("9999-12-31T25:59:59Z"), None);
    }

    #[test]
    fn nonsense_is_no_time() {
        assert_eq!(Timestamp::parse(""), None);
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let at = |text| Timestamp::parse(text).expect("a time");
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        let now = at("2026-11-23T12:00:00Z");
        assert_eq!(said(at("2026-12-01T08:00:00Z"), now, &berlin), "Tue 1 Dec, 09:00 CET");
        assert_eq!(
            said(at("2027-01-01T08:00:00Z"), now, &TimeZone::UTC),
            "Fri 1 Jan 2027, 08:00 UTC"
        );
        assert_eq!(rounded(Duration::from_secs(20)), "20 s");
        assert_eq!(rounded(Duration::from_secs(6 * 60 + 10)), "6 min");
        assert_eq!(rounded(Duration::from_secs(2 * 3600)), "2 h");
        assert_eq!(rounded(Duration::from_secs(3 * 86_400)), "3 days");
    }

    #[test]
    fn arithmetic_stays_in_range() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.after(Duration::from_secs(1)), end);
        assert_eq!(Timestamp::default().since(end), Duration::ZERO);
        assert!(!end.to_string().is_empty());
    }
}
