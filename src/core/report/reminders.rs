//! When an open question is brought up again.

use std::time::Duration;

use super::diary::Period;
use crate::core::model::time::Timestamp;

/// Whether a question that was asked at `asked_at` is brought up by what is told of `period`: it is
/// new then, or `every` so long falls due in it once more. Others are told, and call nobody.
pub fn is_brought_up(asked_at: Timestamp, every: Duration, period: Period) -> bool {
    if asked_at >= period.since {
        return true;
    }
    let every = every.as_micros().max(1);
    let times_before = |moment: Timestamp| moment.since(asked_at).as_micros() / every;
    times_before(period.until) > times_before(period.since)
}

#[cfg(test)]
mod tests {
    use crate::core::report::reminders::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn day(days: i64) -> Timestamp {
        Timestamp::from_micros(days * 24 * 3600 * 1_000_000)
    }

    fn of_day(days: i64) -> Period {
        Period { since: day(days), until: day(days + 1) }
    }

    #[test]
    fn each_day_or_as_seldom_as_is_wanted() {
        let noon = day(3).after(DAY / 2);
        let told = |every| -> Vec<i64> {
            (2..12).filter(|days| is_brought_up(noon, every, of_day(*days))).collect()
        };
        assert_eq!(told(DAY), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "before it is asked nobody looks");
        assert_eq!(told(DAY * 3), [2, 3, 6, 9]);
        assert_eq!(told(DAY / 24), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
}
