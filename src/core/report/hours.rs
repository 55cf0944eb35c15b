//! When the report may speak: days and hours on the calendar of the configured zone.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::core::command::value;
use crate::core::model::time::Timestamp;

/// A part of each day, on the clock of the configured zone, in which nobody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    until: Time,
}

impl QuietHours {
    /// From `from` until just before `until`, over midnight if it is the earlier one.
    /// None if both are the same, which could mean always or never.
    pub fn new(from: Time, until: Time) -> Option<Self> {
        (from != until).then_some(Self { from, until })
    }

    /// Whether it is quiet at `time`.
    pub fn contains(&self, time: Time) -> bool {
        if self.from < self.until {
            self.from <= time && time < self.until
        } else {
            self.from <= time || time < self.until
        }
    }

    /// When it gets loud again.
    pub fn until(&self) -> Time {
        self.until
    }
}

/// When the report may speak.
#[derive(Debug, Clone)]
pub struct Hours {
    zone: TimeZone,
    /// Before that time no day's comment appears.
    from: Time,
    quiet: Option<QuietHours>,
}

impl Hours {
    /// The day's comment appears at `at`, and nothing is written in quiet hours. If `at` is one of
    /// them, the comment waits for their end, on whichever side of midnight that is.
    pub fn new(zone: TimeZone, at: Time, quiet: Option<QuietHours>) -> Self {
        let from = quiet.filter(|quiet| quiet.contains(at)).map_or(at, |quiet| quiet.until());
        Self { zone, from, quiet }
    }

    /// The zone in which days begin and times are said.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day of a moment.
    pub fn day(&self, moment: Timestamp) -> Date {
        moment.zoned(&self.zone).date()
    }

    /// The moment at which a day begins; where the clocks skip midnight, the first one after.
    pub fn begins(&self, day: Date) -> Timestamp {
        value::Date(day).begins(&self.zone)
    }

    /// The moment at which a day is over.
    pub fn ends(&self, day: Date) -> Timestamp {
        day.tomorrow().map_or(Timestamp::from_micros(i64::MAX), |next| self.begins(next))
    }

    /// Whether nothing is to be written at a moment.
    pub fn is_quiet(&self, moment: Timestamp) -> bool {
        let time = moment.zoned(&self.zone).time();
        self.quiet.is_some_and(|quiet| quiet.contains(time))
    }

    /// Whether a new day's comment may appear.
    pub fn may_begin(&self, moment: Timestamp) -> bool {
        !self.is_quiet(moment) && self.from <= moment.zoned(&self.zone).time()
    }

    /// The first moment after `now` at which it may speak where it might not before, or at which
    /// another day begins.
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        let today = self.day(now);
        let days = [Some(today), today.tomorrow().ok()];
        let times = [Some(Time::midnight()), Some(self.from), self.quiet.map(|q| q.until())];
        let moments = days.into_iter().flatten().flat_map(|day| {
            times.into_iter().flatten().filter_map(move |time| {
                let moment = day.to_datetime(time).to_zoned_datetime(self.zone.clone()).ok()?;
                Some(Timestamp::from_micros(moment.timestamp().as_microsecond()))
            })
        });
        moments.filter(|moment| *moment > now).min().unwrap_or(Timestamp::from_micros(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::report::hours::*;

    fn time(text: &str) -> Time {
        format!("{text}:00").parse().unwrap()
    }

    fn hours(zone: &str, at: &str, quiet: Option<(&str, &str)>) -> Hours {
        let quiet = quiet.and_then(|(from, until)| QuietHours::new(time(from), time(until)));
        Hours::new(TimeZone::get(zone).unwrap(), time(at), quiet)
    }

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let night = QuietHours::new(time("22:00"), time("07:00")).unwrap();
        assert!(night.contains(time("22:00")) && night.contains(time("06:59")));
        assert!(!night.contains(time("07:00")) && !night.contains(time("21:59")));
        let noon = QuietHours::new(time("12:00"), time("13:00")).unwrap();
        assert!(noon.contains(time("12:30")) && !noon.contains(time("13:00")));
        assert_eq!(QuietHours::new(time("12:00"), time("12:00")), None);
    }

    #[test]
    fn a_report_that_would_come_in_quiet_hours_comes_when_they_end() {
        let hours = hours("UTC", "23:00", Some(("22:00", "07:00")));
        assert!(!hours.may_begin(moment("2026-11-23T06:59:00Z")));
        assert!(hours.may_begin(moment("2026-11-23T07:00:00Z")));
        assert!(!hours.may_begin(moment("2026-11-23T23:30:00Z")));
    }

    #[test]
    fn it_wakes_at_midnight_at_its_time_and_when_it_gets_loud() {
        let hours = hours("Europe/Berlin", "08:00", Some(("22:00", "07:00")));
        let wakes = |from, to| assert_eq!(hours.next_after(moment(from)), moment(to), "{from}");
        wakes("2026-11-23T12:00:00Z", "2026-11-23T23:00:00Z");
        wakes("2026-11-23T23:00:00Z", "2026-11-24T06:00:00Z");
        wakes("2026-11-24T06:00:00Z", "2026-11-24T07:00:00Z");
        wakes("2026-11-24T07:00:00Z", "2026-11-24T23:00:00Z");
    }

    #[test]
    fn days_are_as_long_as_the_clocks_make_them() {
        // Lebanon skips the hour after midnight; Berlin has one hour twice.
        let beirut = hours("Asia/Beirut", "00:30", None);
        let day = "2026-03-29".parse().unwrap();
        assert_eq!(beirut.begins(day), moment("2026-03-28T22:00:00Z"));
        assert_eq!(beirut.ends(day).since(beirut.begins(day)).as_secs(), 23 * 3600);
        assert!(beirut.may_begin(beirut.begins(day)));
        let berlin = hours("Europe/Berlin", "02:30", None);
        let day = "2026-10-25".parse().unwrap();
        assert_eq!(berlin.ends(day).since(berlin.begins(day)).as_secs(), 25 * 3600);
    }

    #[test]
    fn the_end_of_time_is_a_day_too() {
        let hours = hours("UTC", "08:00", None);
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(hours.day(end).year(), 9999);
        assert_eq!(hours.next_after(end), end);
        assert_eq!(hours.ends(Date::MAX), end);
    }
}
