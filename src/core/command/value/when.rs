//! Days and durations, as written: what they mean is worked out where a clock is known.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use nom::Parser;
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::verify;
use nom::sequence::terminated;

use super::{ArgumentValue, number, whole};
use crate::core::model::time::Timestamp;

/// A day of the Gregorian calendar, `2026-12-01`: 00:00 in the configured zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub civil::Date);

impl Date {
    /// The moment at which this day begins in `zone`.
    pub fn begins(self, zone: &TimeZone) -> Timestamp {
        let first = self.0.to_zoned_datetime(zone.clone());
        let moment = first.map_or(jiff::Timestamp::MAX, |first| first.timestamp());
        Timestamp::from_micros(moment.as_microsecond())
    }
}

impl ArgumentValue for Date {
    const EXPECTED: &'static str = "a date such as `2026-12-01`";

    fn read(word: &str) -> Option<Self> {
        let digits = |length| verify(digit1, move |digits: &str| digits.len() == length);
        let date = (terminated(digits(4), char('-')), terminated(digits(2), char('-')), digits(2));
        let (year, month, day) = whole(word, date)?;
        let date = civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        date.ok().map(Self)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0;
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum TimeUnit {
    Minute,
    Hour,
    /// `d`: 24 hours
    Day,
    /// `w`: 7 days
    Week,
}

impl TimeUnit {
    fn letter(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
        }
    }

    fn minutes(self) -> u64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
            Self::Week => 7 * 24 * 60,
        }
    }
}

/// A duration in one unit, as written: `90m`, `2h`, `3d`, `2w`. Longer than none, at most 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    count: u32,
    unit: TimeUnit,
}

impl Span {
    /// The longest one, in minutes: 365 days.
    const MOST: u64 = 365 * 24 * 60;

    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(60 * self.minutes())
    }

    fn minutes(self) -> u64 {
        u64::from(self.count) * self.unit.minutes()
    }
}

impl ArgumentValue for Span {
    const EXPECTED: &'static str = "a duration such as `90m`, `2h`, `3d` or `2w`, at most a year";

    fn read(word: &str) -> Option<Self> {
        let unit = one_of("mMhHdDwW").map(|c| match c.to_ascii_lowercase() {
            'm' => TimeUnit::Minute,
            'h' => TimeUnit::Hour,
            'd' => TimeUnit::Day,
            _ => TimeUnit::Week,
        });
        let (count, unit) = whole(word, (number, unit))?;
        let span = Self { count, unit };
        (1..=Self::MOST).contains(&span.minutes()).then_some(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

/// Until when to let something rest. A duration is counted from when the command is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// For so long.
    In(Span),
    /// Until the beginning of this day.
    On(Date),
}

impl When {
    /// The moment that it means when it is received at `now`.
    pub fn moment(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Self::In(span) => now.after(span.duration()),
            Self::On(date) => date.begins(zone),
        }
    }
}

impl ArgumentValue for When {
    const EXPECTED: &'static str = "a duration such as `90m`, `2h`, `3d` or `2w` (at most a year), or a date such as `2026-12-01`";

    fn read(word: &str) -> Option<Self> {
        Span::read(word).map(Self::In).or_else(|| Date::read(word).map(Self::On))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(span) => span.fmt(f),
            Self::On(date) => date.fmt(f),
        }
    }
}
