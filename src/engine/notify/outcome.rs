//! What an answer of a receiver means.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::core::model::time::Timestamp;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendOutcome {
    Taken,
    /// It will not be taken before somebody corrects something; with what to do.
    Refused(String),
    /// It may be taken later.
    Later {
        /// How long the receiver asks to be left alone.
        asked: Option<Duration>,
        why: String,
    },
}

impl SendOutcome {
    /// What an answer says. Nothing of what the receiver wrote is repeated.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        if status.is_success() {
            return Self::Taken;
        }
        let number = status.as_u16();
        if status.is_redirection() {
            return Self::Refused(format!(
                "it answers {number} and leads elsewhere, which is not followed: write the address \
                 to which it leads as notify.url"
            ));
        }
        let is_passing = status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::CONFLICT
                    | StatusCode::TOO_EARLY
                    | StatusCode::LOCKED
            );
        if is_passing {
            let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let why = format!("it answers {number}, which may pass: nothing is to be done yet");
            return Self::Later { asked: asked.and_then(|asked| pause(asked, now)), why };
        }
        Self::Refused(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => format!(
                "it answers {number}: put a token that may write there into the file of \
                 notify.token_file, and restart timmy serve"
            ),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                format!("it answers {number}: nothing is there; correct notify.url")
            }
            _ => format!("it answers {number}: see whether notify.url and notify.kind are right"),
        })
    }
}

/// The pause that `Retry-After` asks for: seconds, or a moment.
fn pause(asked: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = asked.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = DateTimeParser::new().parse_timestamp(asked.trim()).ok()?;
    Some(Timestamp::from_micros(moment.as_microsecond()).since(now))
}

#[cfg(test)]
mod tests {
    use crate::engine::notify::outcome::*;

    fn of(status: u16, retry_after: &str) -> SendOutcome {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        }
        let now = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
        SendOutcome::of(StatusCode::from_u16(status).unwrap(), &headers, now)
    }

    fn asked(retry_after: &str) -> Option<u64> {
        match of(429, retry_after) {
            SendOutcome::Later { asked, .. } => asked.map(|asked| asked.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pause_is_seconds_or_a_moment() {
        assert_eq!(asked("30"), Some(30));
        assert_eq!(asked("Mon, 23 Nov 2026 12:01:00 GMT"), Some(60));
        assert_eq!(asked("Mon, 23 Nov 2026 11:00:00 GMT"), Some(0), "over already");
        for odd in ["", "soon", "-1", "1e9", "99999999999999999999"] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_a_person_has_to_correct_says_what_that_is() {
        for (status, remedy) in [
            (301, "notify.url"),
            (308, "not followed"),
            (401, "token_file"),
            (403, "token_file"),
            (404, "notify.url"),
            (400, "notify.kind"),
            (413, "notify.kind"),
        ] {
            match of(status, "5") {
                SendOutcome::Refused(why) => assert!(why.contains(remedy), "{status}: {why}"),
                other => panic!("{status}: {other:?}"),
            }
        }
        for status in [408, 409, 429, 500, 502, 503] {
            assert!(matches!(of(status, ""), SendOutcome::Later { .. }), "{status}");
        }
        for status in [200, 202, 204] {
            assert_eq!(of(status, ""), SendOutcome::Taken);
        }
    }
}
