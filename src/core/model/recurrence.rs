//! Dates that come again: at a time of the day, each day or on some days of the week.
//!
//! They are those of the clock on the wall of one zone. A time that this clock skips, since it is set
//! forward, is the first moment after; one that it shows twice, since it is set back, is the first of
//! both.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::time::Timestamp;

/// How many days around a moment hold a date before and one after it, whichever day of the week it is:
/// one more on each side, since a zone may have left one out.
const AROUND: i64 = 9;

/// When something is due again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    days: Days,
    at: Time,
}

/// On which days.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    Every,
    /// From Monday on: at least one, each once, in order.
    Week(Vec<Weekday>),
}

impl Recurrence {
    /// Each day at this time.
    pub fn daily(at: Time) -> Self {
        Self { days: Days::Every, at }
    }

    /// On these days of the week; none if there is none of them.
    pub fn weekly(days: impl IntoIterator<Item = Weekday>, at: Time) -> Option<Self> {
        let mut days: Vec<Weekday> = days.into_iter().collect();
        days.sort_unstable_by_key(|day| day.to_monday_one_offset());
        days.dedup();
        (!days.is_empty()).then_some(Self { days: Days::Week(days), at })
    }

    /// The last date up to `now`, and the first after it, by the clock of `zone`.
    pub fn around(
        &self,
        now: Timestamp,
        zone: &TimeZone,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let today = now.zoned(zone).date();
        let days = (-AROUND..=AROUND).filter_map(|days| {
            today.checked_add(jiff::Span::new().days(days)).ok().filter(|day| self.is_on(*day))
        });
        let (mut last, mut next) = (None, None);
        for date in days.filter_map(|day| self.date(day, zone)) {
            if date <= now {
                last = last.max(Some(date));
            } else if next.is_none_or(|next| date < next) {
                next = Some(date);
            }
        }
        (last, next)
    }

    fn is_on(&self, day: Date) -> bool {
        match &self.days {
            Days::Every => true,
            Days::Week(days) => days.contains(&day.weekday()),
        }
    }

    /// The moment of this day at which it is due; none at the ends of time.
    fn date(&self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        let written = zone.to_ambiguous_timestamp(day.to_datetime(self.at));
        let moment = match written.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                written.earlier().ok()?
            }
            // The clock goes over from one offset to the other between what it would be by each.
            AmbiguousOffset::Gap { .. } => {
                let before = written.earlier().ok()?;
                zone.following(before).next()?.timestamp()
            }
        };
        Some(Timestamp::from_micros(moment.as_microsecond()))
    }
}

/// The days of the week, as calendars are written.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// As it is written: `Mon Thu 06:00`.
impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Days::Week(days) = &self.days {
            for (name, _) in WEEKDAYS.iter().filter(|(_, day)| days.contains(day)) {
                write!(f, "{name} ")?;
            }
        }
        write!(f, "{:02}:{:02}", self.at.hour(), self.at.minute())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::core::model::recurrence::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a moment")
    }

    fn daily(hour: i8, minute: i8) -> Recurrence {
        Recurrence::daily(Time::constant(hour, minute, 0, 0))
    }

    fn weekly<const N: usize>(days: [Weekday; N], hour: i8) -> Recurrence {
        Recurrence::weekly(days, Time::constant(hour, 0, 0, 0)).expect("a day")
    }

    /// All dates from one moment to another, each found from the one before.
    fn dates(of: &Recurrence, zone: &TimeZone, from: &str, until: &str) -> Vec<String> {
        let (mut now, until) = (at(from), at(until));
        let mut found = Vec::new();
        while let (_, Some(next)) = of.around(now, zone)
            && next < until
        {
            assert_eq!(of.around(next, zone).0, Some(next), "a date is over as it comes");
            let before = Timestamp::from_micros(next.micros() - 1);
            assert_eq!(of.around(before, zone).1, Some(next), "and not a moment sooner");
            found.push(next.to_string());
            now = next;
        }
        found
    }

    #[test]
    fn dates_follow_the_clock_on_the_wall() {
        for (name, of, from, expected) in [
            // Summer time begins on 29 March 2026, and ends on 25 October 2026.
            (
                "Europe/Berlin",
                daily(6, 0),
                "2026-03-28T00:00:00Z",
                ["2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z", "2026-03-30T04:00:00Z"],
            ),
            // 02:30 is not there: 03:00 summer time is.
            (
                "Europe/Berlin",
                daily(2, 30),
                "2026-03-28T00:00:00Z",
                ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            // 02:30 is there twice: the first one counts.
            (
                "Europe/Berlin",
                daily(2, 30),
                "2026-10-24T00:00:00Z",
                ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            ),
            // Summer time begins on 8 March 2026, and ends on 1 November 2026.
            (
                "America/New_York",
                daily(2, 30),
                "2026-03-07T00:00:00Z",
                ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
            ),
            (
                "America/New_York",
                daily(1, 30),
                "2026-10-31T00:00:00Z",
                ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
            ),
            (
                "Asia/Kolkata",
                daily(2, 30),
                "2026-03-28T00:00:00Z",
                ["2026-03-28T21:00:00Z", "2026-03-29T21:00:00Z", "2026-03-30T21:00:00Z"],
            ),
        ] {
            let found = dates(&of, &zone(name), from, "2026-12-31T00:00:00Z");
            assert_eq!(found[..3], expected, "{name} {of:?}");
        }
    }

    #[test]
    fn each_date_comes_once_a_year_round() {
        for name in ["Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata"] {
            let zone = zone(name);
            let year = |of: &Recurrence| {
                let found = dates(of, &zone, "2025-12-31T23:59:59Z", "2027-01-01T12:00:00Z");
                let day = |date: &String| at(date).zoned(&zone).date();
                let days: BTreeSet<Date> = found.iter().map(day).collect();
                assert_eq!(days.len(), found.len(), "{name} {of:?}");
                found.len()
            };
            for hour in [0, 1, 2, 3, 23] {
                let count = year(&daily(hour, 30));
                assert!((365..=367).contains(&count), "{name} {hour}:30 {count}");
            }
            let days = [Weekday::Monday, Weekday::Thursday, Weekday::Monday];
            assert!((104..=106).contains(&year(&weekly(days, 2))), "{name}");
        }
    }

    #[test]
    fn a_day_of_the_week_is_that_of_the_zone() {
        let monday = weekly([Weekday::Monday], 6);
        let kiritimati = zone("Pacific/Kiritimati");
        // There it is Monday already.
        let sunday = at("2026-11-29T17:00:00Z");
        assert_eq!(monday.around(sunday, &kiritimati).0, Some(at("2026-11-29T16:00:00Z")));
        assert_eq!(monday.around(sunday, &zone("UTC")).1, Some(at("2026-11-30T06:00:00Z")));
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_over_when_the_next_begins() {
        // Samoa had no 30 December 2011.
        let found = dates(
            &daily(9, 0),
            &zone("Pacific/Apia"),
            "2011-12-29T00:00:00Z",
            "2012-01-01T00:00:00Z",
        );
        assert_eq!(
            found[..3],
            ["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"]
        );
    }

    #[test]
    fn no_day_is_no_calendar_and_it_is_told_as_it_is_written() {
        assert_eq!(Recurrence::weekly([], Time::midnight()), None);
        assert_eq!(daily(6, 5).to_string(), "06:05");
        let days = [Weekday::Sunday, Weekday::Tuesday, Weekday::Sunday];
        assert_eq!(weekly(days, 23).to_string(), "Tue Sun 23:00");
    }
}
