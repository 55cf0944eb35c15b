//! Routines: what comes up again and again, and is nobody's issue; and when one of them is due.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::core::model::ids::RepoName;
use crate::core::model::recurrence::Recurrence;
use crate::core::model::time::Timestamp;

/// So far a clock may be set back that was right: what came by it came. One that was wrong for longer
/// showed dates that are still to come.
const SET_BACK: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// What the configuration says of a routine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routine {
    /// Unlike those of all others.
    pub name: String,
    pub when: Recurrence,
    /// Where it works, as that is called there.
    pub repository: RepoName,
    /// The role that an agent needs for it.
    pub role: String,
    /// The agent that does it, if one is named.
    pub agent: Option<String>,
    /// What is to be done.
    pub prompt: String,
}

/// By which its dates are counted.
#[derive(Debug, Clone)]
pub struct RoutineCalendar {
    pub when: Recurrence,
    pub zone: TimeZone,
}

impl fmt::Display for RoutineCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.when, self.zone.iana_name().unwrap_or("UTC"))
    }
}

/// What the ledger keeps of its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineState {
    /// By which they were counted, as that is told.
    pub calendar: String,
    /// No date up to this moment is due any more.
    pub settled_at: Timestamp,
}

/// What is to be done about a routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineTurn {
    /// Its dates are counted from now on: it is new, or has another calendar than before.
    CountAnew,
    /// This date is due: the last of those that came, however many did.
    Due(Timestamp),
    /// Nothing before that.
    Rest(Option<Timestamp>),
}

impl RoutineCalendar {
    /// What is to be done at `now` about a routine of which this is kept.
    pub fn turn(&self, kept: Option<&RoutineState>, now: Timestamp) -> RoutineTurn {
        let Some(kept) = kept.filter(|kept| kept.calendar == self.to_string()) else {
            return RoutineTurn::CountAnew;
        };
        if now.after(SET_BACK) < kept.settled_at {
            return RoutineTurn::CountAnew;
        }
        let (last, _) = self.when.around(now, &self.zone);
        match last.filter(|last| *last > kept.settled_at) {
            Some(date) => RoutineTurn::Due(date),
            // A clock that was set back shows dates again that came already.
            None => RoutineTurn::Rest(self.when.around(now.max(kept.settled_at), &self.zone).1),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, Weekday};

    use crate::core::scheduling::routine::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a moment")
    }

    fn mondays() -> RoutineCalendar {
        let when = Recurrence::weekly([Weekday::Monday], Time::constant(6, 0, 0, 0));
        RoutineCalendar { when: when.expect("a day"), zone: TimeZone::UTC }
    }

    fn settled(until: &str) -> RoutineState {
        RoutineState { calendar: mondays().to_string(), settled_at: at(until) }
    }

    #[test]
    fn what_came_before_it_was_known_is_not_due() {
        let now = at("2026-11-30T07:00:00Z");
        assert_eq!(mondays().turn(None, now), RoutineTurn::CountAnew);
        let rest = RoutineTurn::Rest(Some(at("2026-12-07T06:00:00Z")));
        assert_eq!(mondays().turn(Some(&settled("2026-11-30T07:00:00Z")), now), rest);
    }

    #[test]
    fn of_many_dates_that_came_the_last_is_due() {
        let kept = settled("2026-10-05T06:00:00Z");
        let due = |now| mondays().turn(Some(&kept), at(now));
        let last = RoutineTurn::Due(at("2026-11-30T06:00:00Z"));
        assert_eq!(due("2026-12-03T00:00:00Z"), last);
        assert_eq!(due("2026-11-30T06:00:00Z"), last);
        let next = RoutineTurn::Rest(Some(at("2026-10-12T06:00:00Z")));
        assert_eq!(due("2026-10-12T05:59:59Z"), next);
    }

    #[test]
    fn another_calendar_or_zone_counts_anew() {
        let kept = settled("2026-10-05T06:00:00Z");
        let now = at("2026-12-03T00:00:00Z");
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let elsewhere = RoutineCalendar { zone: berlin, ..mondays() };
        assert_eq!(elsewhere.turn(Some(&kept), now), RoutineTurn::CountAnew);
        let daily = Recurrence::daily(Time::constant(6, 0, 0, 0));
        let daily = RoutineCalendar { when: daily, ..mondays() };
        assert_eq!(daily.turn(Some(&kept), now), RoutineTurn::CountAnew);
    }

    #[test]
    fn a_clock_that_is_set_back_shows_no_date_twice() {
        let kept = settled("2026-11-30T06:00:00Z");
        let next = RoutineTurn::Rest(Some(at("2026-12-07T06:00:00Z")));
        for back in ["2026-11-30T05:00:00Z", "2026-11-29T00:00:00Z", "2026-11-24T00:00:00Z"] {
            assert_eq!(mondays().turn(Some(&kept), at(back)), next, "{back}");
        }
        let again = mondays().turn(Some(&kept), at("2026-11-30T06:00:00Z"));
        assert_eq!(again, next);
        // It was wrong: whoever waits for that moment waits for years.
        let far = settled("2030-11-30T06:00:00Z");
        assert_eq!(mondays().turn(Some(&far), at("2026-11-30T06:00:00Z")), RoutineTurn::CountAnew);
    }
}
