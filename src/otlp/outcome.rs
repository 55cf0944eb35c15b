//! What an answer of a collector means.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

/// However long a collector asks to be left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// What became of spans that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendOutcome {
    Taken,
    /// The request was taken, and so many of its spans were not. They will not be, however often they are
    /// sent.
    Partly {
        rejected: u64,
    },
    /// They will not be taken, however often they are sent; with what to do.
    Refused(String),
    /// They may be taken later.
    Later {
        /// How long the collector asks to be left alone.
        asked: Option<Duration>,
        why: String,
    },
}

impl SendOutcome {
    /// What an answer says, as OTLP has it. Nothing of what the collector wrote is repeated.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let number = status.as_u16();
        if status.is_success() {
            return Self::taken(body);
        }
        if status.is_redirection() {
            return Self::Refused(format!(
                "it answers {number} and leads elsewhere, which is not followed: write the address \
                 to which it leads as otlp.endpoint"
            ));
        }
        if matches!(number, 408 | 429 | 502 | 503 | 504) {
            let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let asked = asked.and_then(|asked| asked.trim().parse().ok());
            let asked = asked.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
            return Self::Later { asked, why: format!("it answers {number}") };
        }
        Self::Refused(match number {
            401 | 403 => format!(
                "it answers {number}: put headers that may write there into the file of \
                 otlp.headers_file, and restart timmy serve"
            ),
            404 | 405 => format!(
                "it answers {number}: nothing takes traces there over HTTP; correct otlp.endpoint \
                 (collectors listen on port 4318; 4317 is another protocol)"
            ),
            415 => format!("it answers {number}: it does not take protobuf"),
            _ => format!("it answers {number}"),
        })
    }

    fn taken(body: &[u8]) -> Self {
        // Many say nothing, or say it in another form: that is no reason to send it once more.
        let answer = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
        match u64::try_from(rejected) {
            Ok(rejected) if rejected > 0 => Self::Partly { rejected },
            Ok(_) | Err(_) => Self::Taken,
        }
    }
}

/// Whether an answer is one that a collector gives: nothing, or protobuf or JSON. A web page is none.
pub(super) fn is_of_a_collector(headers: &HeaderMap, body: &[u8]) -> bool {
    let form = headers.get(CONTENT_TYPE).and_then(|form| form.to_str().ok()).unwrap_or_default();
    let form = form.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    body.is_empty()
        || ["application/x-protobuf", "application/protobuf", "application/json"]
            .contains(&form.as_str())
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use crate::otlp::outcome::*;

    fn of(status: u16, retry_after: &str, body: &[u8]) -> SendOutcome {
        let mut headers = HeaderMap::new();
        if !retry_after.is_empty() {
            headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        }
        SendOutcome::of(StatusCode::from_u16(status).unwrap(), &headers, body)
    }

    #[test]
    fn what_may_be_taken_later_is_what_otlp_says() {
        for status in [429, 502, 503, 504] {
            assert!(
                matches!(of(status, "", b""), SendOutcome::Later { asked: None, .. }),
                "{status}"
            );
        }
        let asked = |retry_after| match of(503, retry_after, b"") {
            SendOutcome::Later { asked, .. } => asked.map(|asked| asked.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(asked("30"), Some(30));
        assert_eq!(asked("99999999"), Some(600));
        for odd in ["", "soon", "-1", "99999999999999999999"] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_a_person_has_to_correct_says_what_that_is() {
        for (status, remedy) in [
            (301, "not followed"),
            (401, "headers_file"),
            (403, "headers_file"),
            (404, "4318"),
            (415, "protobuf"),
            (400, "400"),
            (500, "500"),
        ] {
            match of(status, "5", b"") {
                SendOutcome::Refused(why) => assert!(why.contains(remedy), "{status}: {why}"),
                other => panic!("{status}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_web_page_is_no_answer_of_a_collector() {
        let is = |form: &str, body: &[u8]| {
            let mut headers = HeaderMap::new();
            if !form.is_empty() {
                headers.insert(CONTENT_TYPE, form.parse().unwrap());
            }
            is_of_a_collector(&headers, body)
        };
        assert!(is("", b"") && is("text/plain", b""));
        assert!(
            is("application/x-protobuf", b"\x0a\x00")
                && is("Application/JSON; charset=utf-8", b"{}")
        );
        assert!(!is("text/html", b"<html>") && !is("", b"ok") && !is("application/jsonp", b"ok"));
    }

    #[test]
    fn a_part_that_is_not_taken_is_counted_and_its_text_is_not_repeated() {
        for (rejected_spans, is) in [
            (3, SendOutcome::Partly { rejected: 3 }),
            (0, SendOutcome::Taken),
            (-1, SendOutcome::Taken),
        ] {
            let error_message = "s3cret".to_owned();
            let partial = ExportTracePartialSuccess { rejected_spans, error_message };
            let answer = ExportTraceServiceResponse { partial_success: Some(partial) };
            assert_eq!(of(200, "", &answer.encode_to_vec()), is);
        }
        for good in [&b""[..], b"{}", b"ok"] {
            assert_eq!(of(200, "", good), SendOutcome::Taken, "{good:?}");
        }
    }
}
