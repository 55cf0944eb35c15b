//! An answer of the forge, and the error that a refusal means.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::wire::clip;
use crate::core::model::time::Timestamp;

/// The longest redirect that is understood, in bytes.
const LONGEST_LOCATION: usize = 2000;

/// The pause after a 429 that does not say how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// A complete response.
#[derive(Debug)]
pub(super) struct ForgeAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl ForgeAnswer {
    /// The answer if its status is the one that means success.
    pub(super) fn expect(self, expected: StatusCode) -> Result<Self, Error> {
        if self.status == expected {
            Ok(self)
        } else {
            Err(Error::Unexpected { status: self.status.as_u16(), expected: expected.as_u16() })
        }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|e| Error::Unreadable(clip(&e.to_string())))
    }

    /// How many entries the whole list has, where the forge says (not 1.15).
    pub(super) fn total(&self) -> Option<usize> {
        self.headers.get("X-Total-Count")?.to_str().ok()?.parse().ok()
    }

    /// The forge's clock when it answered, in whole seconds.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Timestamp::from_micros(date.as_microsecond()))
    }

    /// The answer if it is a success of the API, else the error that it means.
    pub(super) fn accepted(self) -> Result<Self, Error> {
        if let Some(to) = self.location() {
            return Err(Error::Moved { to });
        }
        let status = self.status.as_u16();
        if status == 429 {
            return Err(Error::RateLimited { retry_after: self.retry_after() });
        }
        if self.is_web_page() {
            return Err(Error::NotGitea { status });
        }
        if self.status.is_success() { Ok(self) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> Error {
        let status = self.status.as_u16();
        let message = message(&self.body);
        match status {
            401 => Error::BadToken { message },
            403 => forbidden(message),
            404 => Error::NotFound { message },
            405 | 409 | 412 => Error::Conflict { status, message },
            423 => Error::Archived,
            500 => Error::Server { message },
            408 | 501.. => Error::Unavailable { status, retry_after: self.retry_after() },
            400..500 => Error::Unprocessable { status, message },
            _ => Error::Unreadable(format!("status {status}")),
        }
    }

    /// Where a redirect leads, as it was written.
    fn location(&self) -> Option<String> {
        if !self.status.is_redirection() {
            return None;
        }
        let to = self.headers.get(LOCATION)?.to_str().ok()?;
        (to.len() <= LONGEST_LOCATION).then(|| to.to_owned())
    }

    /// How long no request at all should follow this answer.
    pub(super) fn pause(&self) -> Option<Duration> {
        match self.status.as_u16() {
            429 => Some(self.retry_after().unwrap_or(DEFAULT_PAUSE)),
            503 => self.retry_after(),
            _ => None,
        }
    }

    /// `Retry-After` in seconds. The other form, a date, counts as absent.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }

    /// Whether this was written for a browser: the API never does, but for its redirects.
    fn is_web_page(&self) -> bool {
        match self.headers.get(CONTENT_TYPE) {
            Some(kind) => {
                kind.as_bytes().trim_ascii().to_ascii_lowercase().starts_with(b"text/html")
            }
            None => self.body.trim_ascii_start().starts_with(b"<"),
        }
    }
}

/// The error that a 403 means, by the forge's words.
fn forbidden(message: String) -> Error {
    if let Some(scope) = missing_scope(&message) {
        return Error::MissingScope { scope: scope.to_owned() };
    }
    // The second is said of reactions.
    let is_about_a_lock = ["locked issue", "no permission to change reaction"];
    if is_about_a_lock.iter().any(|words| message.contains(words)) {
        Error::Locked
    } else if message.contains("user is blocked") {
        Error::Blocked
    } else if message.contains("is not an allowed reaction") {
        Error::ReactionNotAllowed { message }
    } else {
        Error::Forbidden { message }
    }
}

/// The scope in `... required scope(s), required=[write:issue], ...` (1.25) or
/// `... required scope(s): [write:issue]` (1.22).
fn missing_scope(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("required scope(s)")?;
    let (_, rest) = rest.split_once('[')?;
    let (scope, _) = rest.split_once(']')?;
    Some(scope)
}

/// What the forge said, as people may read it.
fn message(body: &[u8]) -> String {
    without_ids(&said(body))
}

/// Its `message` and the first of its `errors`, or plain text.
fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct RefusalBody {
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        errors: Option<Vec<String>>,
    }
    let Ok(refusal) = serde_json::from_slice::<RefusalBody>(body) else {
        return clip(&String::from_utf8_lossy(body));
    };
    let first = refusal.errors.unwrap_or_default().into_iter().next();
    let said: Vec<_> =
        refusal.message.into_iter().chain(first).filter(|text| !text.is_empty()).collect();
    match said.as_slice() {
        // 1.22 ends its message with a full stop.
        [message, first] => clip(&format!("{}: {first}", message.trim_end_matches('.'))),
        one => clip(&one.concat()),
    }
}

/// `said` without the forge's own numbers: `<Repository 6:lab/pub>` is lab/pub, and nobody knows a
/// comment by `[id: 9]`.
fn without_ids(said: &str) -> String {
    static OF_NO_USE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"<[A-Z]\w* \d+:([^<>]*)>|\s*\[\w*id: [^\[\]]*\]").expect("a good pattern")
    });
    OF_NO_USE.replace_all(said, "$1").into_owned()
}

#[cfg(test)]
mod tests {
    use crate::gitea::answer::*;

    fn refusal(status: u16, body: &str) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        ForgeAnswer { status, headers: HeaderMap::new(), body: body.into() }.accepted().unwrap_err()
    }

    #[test]
    fn the_scope_that_a_token_lacks_is_named() {
        for said in [
            "token does not have at least one of required scope(s), required=[write:issue], token scope=read:issue",
            "token does not have at least one of required scope(s): [write:issue]",
        ] {
            let body = serde_json::json!({ "message": said }).to_string();
            assert_eq!(refusal(403, &body), Error::MissingScope { scope: "write:issue".into() });
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let locked = r#"{"message":"You cannot comment on a locked issue.","url":"x"}"#;
        assert_eq!(refusal(403, locked), Error::Locked);
        let locked = r#"{"message":"no permission to change reaction","url":"x"}"#;
        assert_eq!(refusal(403, locked), Error::Locked);
        assert_eq!(refusal(403, r#"{"message":"user is blocked","url":"x"}"#), Error::Blocked);
        let unknown = r#"{"message":"'eyes' is not an allowed reaction","url":"x"}"#;
        let message = "'eyes' is not an allowed reaction".to_owned();
        assert_eq!(refusal(403, unknown), Error::ReactionNotAllowed { message });
        assert_eq!(refusal(403, ""), Error::Forbidden { message: String::new() });
        let missing = r#"{"errors":["comment does not exist [id: 9]"],"message":"not found"}"#;
        let message = "not found: comment does not exist".to_owned();
        assert_eq!(refusal(404, missing), Error::NotFound { message });
        let older = r#"{"errors":["comment does not exist [id: 9]"],"message":"Not here."}"#;
        let message = "Not here: comment does not exist".to_owned();
        assert_eq!(refusal(404, older), Error::NotFound { message });
        assert_eq!(
            refusal(500, r#"{"message":"","url":"x"}"#),
            Error::Server { message: String::new() }
        );
        assert_eq!(refusal(502, ""), Error::Unavailable { status: 502, retry_after: None });
        assert_eq!(refusal(502, " <html>Bad Gateway"), Error::NotGitea { status: 502 });
        assert_eq!(refusal(200, "<!DOCTYPE html>"), Error::NotGitea { status: 200 });
    }

    #[test]
    fn the_forges_own_numbers_are_left_out() {
        for (said, read) in [
            ("<Repository 6:lab/pub> is archived", "lab/pub is archived"),
            ("label does not exist [label_id: 999]", "label does not exist"),
            ("exists for these targets [id: 3, head_branch: x]", "exists for these targets"),
            ("not allowed to merge [reason: checks]", "not allowed to merge [reason: checks]"),
            ("required=[write:issue], x <b>", "required=[write:issue], x <b>"),
        ] {
            assert_eq!(without_ids(said), read);
        }
    }

    #[test]
    fn the_forges_clock_is_read_from_its_answer() {
        let dated = |date: &'static str| {
            let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
            ForgeAnswer { status: StatusCode::OK, headers, body: Vec::new() }.date()
        };
        let date = dated("Sun, 22 Nov 2026 21:33:43 GMT");
        assert_eq!(date, Timestamp::parse("2026-11-22T21:33:43Z"));
        assert_eq!(dated("yesterday"), None);
    }

    #[test]
    fn what_the_forge_says_is_cut_to_a_line() {
        let Error::Unprocessable { message, .. } = refusal(422, &"a\u{1b}\n".repeat(1000)) else {
            panic!("another error");
        };
        assert_eq!(message.chars().count(), 300);
        assert!(!message.contains(char::is_control));
    }
}
