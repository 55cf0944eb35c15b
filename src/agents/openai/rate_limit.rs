//! How long a server asks to be left alone, as its headers say.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::core::model::time::Timestamp;

/// Nobody is asked to wait longer than this.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// What is counted, in headers such as `x-ratelimit-remaining-tokens`.
const COUNTED: [(&str, &str); 2] = [
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
];

/// How long to wait after a refusal: `Retry-After`, else the last reset of what is used up.
pub(super) fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let wait =
        text(RETRY_AFTER.as_str()).and_then(|after| retry_after(after, now)).or_else(|| {
            let is_used_up = |remaining| text(remaining).is_some_and(|left| left.trim() == "0");
            let resets = COUNTED.iter().filter(|(remaining, _)| is_used_up(remaining));
            resets.filter_map(|(_, reset)| span(text(reset)?)).max()
        })?;
    Some(wait.min(LONGEST))
}

/// Seconds, whole or not, or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    span(text).or_else(|| {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Timestamp::from_micros(date.as_microsecond()).since(now))
    })
}

/// A span as Go writes it, `1h2m59.56s` or `120ms`, or a number of seconds.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let (unit, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        let seconds = match unit {
            "" | "s" => 1.0,
            "ms" => 0.001,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        whole = whole.checked_add(part)?;
        rest = behind;
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use crate::agents::openai::rate_limit::*;

    fn waits(headers: &[(&str, &str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        wait(&headers.collect(), Timestamp::parse("2026-11-23T12:00:00Z").unwrap())
    }

    #[test]
    fn spans_are_read_in_all_forms() {
        for (text, millis) in [
            ("7", 7_000),
            ("7.66s", 7_660),
            ("2m59.56s", 179_560),
            ("1h0m1s", 3_601_000),
            ("120ms", 120),
            ("0", 0),
        ] {
            assert_eq!(span(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for no in ["", "soon", "-1", "1x", "s", "1e999", "99999999999999999999999999h"] {
            assert_eq!(span(no), None, "{no}");
        }
    }

    #[test]
    fn retry_after_goes_first_and_of_the_limits_only_what_is_used_up() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(waits(&[("retry-after", "60")]), minute);
        assert_eq!(waits(&[("retry-after", "Mon, 23 Nov 2026 12:01:00 GMT")]), minute);
        let day = ("x-ratelimit-reset-requests", "24h0m0s");
        let tokens = ("x-ratelimit-reset-tokens", "60s");
        let left = ("x-ratelimit-remaining-requests", "14399");
        let none = ("x-ratelimit-remaining-tokens", "0");
        assert_eq!(waits(&[day, tokens, left, none]), minute);
        assert_eq!(waits(&[day, tokens, left, none, ("retry-after", "5")]).unwrap().as_secs(), 5);
        assert_eq!(waits(&[day, tokens]), None);
        assert_eq!(waits(&[("retry-after", "99999999")]), Some(LONGEST));
    }
}
