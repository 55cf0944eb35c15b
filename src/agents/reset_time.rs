//! When a quota is there again, as the words say in which an agent tells that it is used up.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use regex::Regex;

use crate::core::model::time::Timestamp;

/// The longest text that is looked at, in characters: errors are short.
const LONGEST: usize = 4_000;

/// `Please try again in 7m12.5s`, `retry in 34.07s`, `resets in 3 hours 12 minutes`.
static SPAN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:again|retry|resets?|available)\s+(?:in|after)\s+((?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and\s+)?){1,4})",
    )
});
static PART: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(\d+(?:\.\d+)?)\s*([a-z]+)"));

/// `limit reached|1760000000`, `"resets_at": 1760000000`.
static SECONDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i)(?:limit reached\||\bresets?_?at"?\s*[:=]?\s*"?)(\d{10})(?:\d{3})?\b"#)
});

/// `resets at 2026-11-23T15:00:00Z`.
static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:resets?|resets?_at|again|until|available)\b[^0-9]{0,20}(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))",
    )
});

/// `resets 3pm (Europe/Berlin)`, `resets at 3:30am (UTC)`.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bresets?\s+(?:at\s+)?(\d{1,2})(?::(\d\d))?\s*([ap])m\s*\(([A-Za-z_/+-]{1,40})\)")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test has read")
}

/// When a quota is there again, if these words tell that; `now` is the present moment.
pub(crate) fn reset_in(words: &str, now: Timestamp) -> Option<Timestamp> {
    let words: String = words.chars().take(LONGEST).collect();
    let words = words.as_str();
    let span = || SPAN.captures(words).and_then(|found| Some(now.after(span(&found[1])?)));
    let seconds = || {
        let found = SECONDS.captures(words)?;
        Some(Timestamp::from_micros(found[1].parse::<i64>().ok()? * 1_000_000))
    };
    let moment = || MOMENT.captures(words).and_then(|found| Timestamp::parse(&found[1]));
    let clock = || {
        let found = CLOCK.captures(words)?;
        let minute = found.get(2).map_or(Some(0), |minute| minute.as_str().parse().ok())?;
        let hour: i8 = found[1].parse().ok().filter(|hour| (1..=12).contains(hour))?;
        let hour = hour % 12 + if found[3].eq_ignore_ascii_case("p") { 12 } else { 0 };
        next(Time::new(hour, minute, 0, 0).ok()?, &TimeZone::get(&found[4]).ok()?, now)
    };
    span().or_else(seconds).or_else(moment).or_else(clock)
}

/// The next moment after `now` at which clocks of `zone` show `time`.
fn next(time: Time, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.zoned(zone).date();
    [Some(today), today.tomorrow().ok()].into_iter().flatten().find_map(|day| {
        let at = zone.to_timestamp(day.to_datetime(time)).ok()?;
        let at = Timestamp::from_micros(at.as_microsecond());
        (at > now).then_some(at)
    })
}

fn span(text: &str) -> Option<Duration> {
    let mut whole = Duration::ZERO;
    for part in PART.captures_iter(text) {
        let unit = match part[2].to_ascii_lowercase().as_str() {
            "ms" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            // What goes on is no part of it.
            _ => break,
        };
        let part = Duration::try_from_secs_f64(part[1].parse::<f64>().ok()? * unit).ok()?;
        whole = whole.checked_add(part)?;
    }
    (!whole.is_zero()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use crate::agents::reset_time::*;

    fn reset(words: &str) -> Option<String> {
        let now = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
        reset_in(words, now).map(|at| at.to_string())
    }

    #[test]
    fn what_agents_tell_of_their_quotas_is_understood() {
        for (words, at) in [
            (
                "429: Rate limit reached for model `x` on tokens per day (TPD): Limit 100000, Used \
                 99895. Please try again in 7m12.5s. Need more tokens? Upgrade",
                "2026-11-23T12:07:12Z",
            ),
            ("HTTP 429: Please retry in 34.07s.", "2026-11-23T12:00:34Z"),
            (
                "You've hit your usage limit. Try again in 3 hours 12 minutes.",
                "2026-11-23T15:12:00Z",
            ),
            ("try again in 2 days, 1 hour and 5 minutes", "2026-11-25T13:05:00Z"),
            ("Claude AI usage limit reached|1795446000", "2026-11-23T15:00:00Z"),
            (r#"{"type":"usage_limit_reached","resets_at":1795446000}"#, "2026-11-23T15:00:00Z"),
            ("quota exceeded, resets at 2026-11-23T16:00:00+01:00", "2026-11-23T15:00:00Z"),
            ("5-hour limit reached ∙ resets 4pm (Europe/Berlin)", "2026-11-23T15:00:00Z"),
            ("You've hit your limit · resets 9:30am (UTC)", "2026-11-24T09:30:00Z"),
        ] {
            assert_eq!(reset(words).as_deref(), Some(at), "{words}");
        }
    }

    #[test]
    fn what_tells_nothing_is_no_time() {
        for words in [
            "HTTP 429: slow down",
            "Error code: insufficient_quota",
            "try again in a while",
            "try again in 5 apples",
            "resets 3pm",
            "resets 99pm (UTC)",
            "resets 3pm (Nowhere/Atall)",
            "limit reached|17",
            "try again in 99999999999999999999999999999 days",
            "",
        ] {
            assert_eq!(reset(words), None, "{words}");
        }
        let long = format!("{}ß try again in 5 s", "x".repeat(LONGEST - 1));
        assert_eq!(reset(&long), None);
    }
}
