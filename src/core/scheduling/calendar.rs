//! Whole days of a calendar, fast enough to ask for each issue.

use jiff::tz::TimeZone;

use crate::core::model::due_day::DueDay;
use crate::core::model::time::Timestamp;

const SECONDS: i64 = 24 * 60 * 60;

/// The calendar of a zone, and which day is today.
pub(super) struct Calendar<'z> {
    zone: &'z TimeZone,
    today: i64,
}

impl<'z> Calendar<'z> {
    /// The calendar of `zone` at the moment `now`.
    pub(super) fn at(now: Timestamp, zone: &'z TimeZone) -> Self {
        Self { zone, today: day(now, zone) }
    }

    /// How many days lie between today and the day of `moment`; below zero if it is past.
    pub(super) fn days_until(&self, moment: Timestamp) -> i64 {
        day(moment, self.zone) - self.today
    }

    /// How many days lie between today and the day on which something is due.
    pub(super) fn days_to(&self, due: DueDay) -> i64 {
        due.since_1970() - self.today
    }
}

/// The day of a moment, counted from 1970.
fn day(moment: Timestamp, zone: &TimeZone) -> i64 {
    let end = if moment.micros() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let instant = jiff::Timestamp::from_microsecond(moment.micros()).unwrap_or(end);
    let offset = zone.to_offset(instant).seconds();
    (instant.as_second() + i64::from(offset)).div_euclid(SECONDS)
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::calendar::*;

    fn days(now: &str, moment: &str, zone: &TimeZone) -> i64 {
        let at = |text| Timestamp::parse(text).expect("a time");
        Calendar::at(at(now), zone).days_until(at(moment))
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        assert_eq!(days("2026-11-23T22:59:59Z", "2026-11-23T23:00:00Z", &berlin), 1);
        assert_eq!(days("2026-11-23T22:59:59Z", "2026-11-23T23:00:00Z", &TimeZone::UTC), 0);
        assert_eq!(days("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", &berlin), 2);
        assert_eq!(days("2026-11-23T12:00:00Z", "2026-11-20T12:00:00Z", &berlin), -3);
    }

    #[test]
    fn what_is_due_today_is_due_today_wherever_the_server_stands() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        let today = Timestamp::parse("2026-11-23T22:59:59Z").expect("a time");
        for zone in ["Z", "+09:00", "-05:00"] {
            let due = DueDay::written_in(&format!("2026-11-23T23:59:59{zone}")).expect("a day");
            assert_eq!(Calendar::at(today, &berlin).days_to(due), 0, "{zone}");
            let later = today.after(std::time::Duration::from_secs(1));
            assert_eq!(Calendar::at(later, &berlin).days_to(due), -1, "{zone}");
        }
    }

    #[test]
    fn the_ends_of_time_are_days_like_any_other() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        for extreme in [i64::MIN, i64::MAX, 0] {
            let calendar = Calendar::at(Timestamp::from_micros(extreme), &berlin);
            assert_eq!(calendar.days_until(Timestamp::from_micros(extreme)), 0);
            assert!(calendar.days_until(Timestamp::from_micros(i64::MAX)) >= 0);
        }
    }
}
