//! What an agent says that its model's server answered.

use super::agent::FailureKind;

/// What comes before a status in such words.
const BEFORE_STATUS: [&str; 4] = ["http ", "api error: ", "error code: ", "status code "];

/// The longest text that is taken for an error and nothing else, in bytes.
const LONGEST_ERROR: usize = 1000;

/// What a failure with these words is.
pub(super) fn kind_of(error: &str) -> FailureKind {
    let error = error.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    match status_in(&error) {
        _ if says(&["insufficient_quota", "quota exceeded", "out of credits"]) => {
            FailureKind::PoolSpent { until: None }
        }
        Some(401 | 403) => FailureKind::BadKey,
        Some(402 | 429) => FailureKind::PoolSpent { until: None },
        Some(404) => FailureKind::ModelGone,
        Some(400 | 413 | 422) => FailureKind::BadRequest,
        Some(500..) => FailureKind::Upstream,
        _ if says(&[
            "unknown provider",
            "no llm provider",
            "provider_error_line",
            "model_not_found",
            "model not found",
            "does not exist",
        ]) =>
        {
            FailureKind::ModelGone
        }
        _ if says(&["no api key", "invalid api key", "invalid_api_key", "credential"]) => {
            FailureKind::BadKey
        }
        _ if says(&["connection", "timed out", "timeout", "overloaded", "unavailable"]) => {
            FailureKind::Upstream
        }
        _ => FailureKind::GaveUp,
    }
}

/// What failed, if an answer is such an error and nothing else: a spent key looks like an answer.
pub(super) fn instead_of_an_answer(answer: &str) -> Option<FailureKind> {
    let answer = answer.trim();
    if answer.len() > LONGEST_ERROR {
        return None;
    }
    let words = answer.to_ascii_lowercase();
    let words = words.strip_prefix("failed to authenticate. ").unwrap_or(&words);
    let begins = BEFORE_STATUS.iter().any(|before| words.starts_with(before));
    (begins && status_in(words).is_some()).then(|| kind_of(words))
}

/// The status in words such as `http 401: no such key`.
fn status_in(error: &str) -> Option<u16> {
    BEFORE_STATUS.iter().find_map(|before| {
        let (_, behind) = error.split_once(before)?;
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        behind.get(..digits)?.parse().ok().filter(|status| (400..600).contains(status))
    })
}

#[cfg(test)]
mod tests {
    use crate::agents::upstream_error::*;

    #[test]
    fn an_error_that_looks_like_an_answer_is_told_from_one() {
        for (answer, kind) in [
            ("HTTP 401: fake upstream error 401", Some(FailureKind::BadKey)),
            (
                "Failed to authenticate. API Error: 401 fake upstream error 401",
                Some(FailureKind::BadKey),
            ),
            ("API Error: 529 overloaded", Some(FailureKind::Upstream)),
            (" HTTP 429: slow down\n", Some(FailureKind::PoolSpent { until: None })),
            ("HTTP 200 is what it answers now.", None),
            ("The server answered HTTP 401 before, and does no more.", None),
            ("", None),
        ] {
            assert_eq!(instead_of_an_answer(answer), kind, "{answer}");
        }
        let long = format!("HTTP 401: {}", "x".repeat(LONGEST_ERROR));
        assert_eq!(instead_of_an_answer(&long), None);
    }
}
