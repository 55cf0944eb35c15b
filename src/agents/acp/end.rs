//! How turns end, and what they used. Pure.

use serde_json::Value;

use super::wire::{NOT_LOGGED_IN, WireCost, WireError, WireTokens, WireTurnEnd};
use crate::agents::agent::FailureKind;
use crate::agents::amount::micro_usd;
use crate::agents::brief::brief;
use crate::agents::redact::Redactor;
use crate::agents::run::WorkEnd;
use crate::agents::upstream_error;
use crate::core::jobs::money::Tokens;

pub(super) fn failed(kind: FailureKind, reason: impl Into<String>) -> WorkEnd {
    WorkEnd::Failed { kind, reason: reason.into() }
}

/// What an answer to the prompt says, with what the agent said last.
pub(super) fn of_answer(end: &WireTurnEnd, said: String) -> WorkEnd {
    let gave_up = |reason: String| failed(FailureKind::GaveUp, reason);
    match end.stop_reason.as_str() {
        "end_turn" => match upstream_error::instead_of_an_answer(&said) {
            // An agent may give anything for its answer.
            Some(FailureKind::PoolSpent { .. }) => {
                failed(FailureKind::ClaimsPoolSpent, brief(&said))
            }
            Some(kind) => failed(kind, brief(&said)),
            None => WorkEnd::Finished(said),
        },
        "max_tokens" => gave_up("its answer was cut: it reached its most tokens".to_owned()),
        "max_turn_requests" => {
            gave_up("it reached the most requests to its model that one turn may have".to_owned())
        }
        "refusal" => gave_up("it refused to do this".to_owned()),
        // timmy did not ask for that.
        "cancelled" => gave_up("its turn was cancelled, and not by timmy".to_owned()),
        other => gave_up(format!("it ended for a reason that nobody knows: {}", brief(other))),
    }
}

/// What an error means that came instead of the end of a turn.
pub(super) fn of_error(error: &WireError, redactor: &Redactor) -> WorkEnd {
    let name = error.data.get("errorName").and_then(Value::as_str).unwrap_or_default();
    let details = error.data.get("details").and_then(Value::as_str).unwrap_or_default();
    let known = upstream_error::kind_of(&format!("{} {details}", error.message));
    let kind = match (error.code, name) {
        (NOT_LOGGED_IN, _) | (_, "ProviderAuthError") => FailureKind::BadKey,
        (_, "APIError") if known == FailureKind::GaveUp => FailureKind::Upstream,
        _ => known,
    };
    let words = [error.message.as_str(), details].join(" ");
    let words = match words.trim() {
        "" => format!("it answered with the error {}", error.code),
        words => words.to_owned(),
    };
    failed(kind, brief(&redactor.redact(&words)))
}

/// The tokens that an answer tells. Zero is no word: agents write it where they do not know.
/// What was read from a cache is in the total alone.
pub(super) fn tokens(told: WireTokens) -> Option<Tokens> {
    let WireTokens { input_tokens, output_tokens, total_tokens } = told;
    let input = input_tokens.max(total_tokens.saturating_sub(output_tokens));
    Some(Tokens { input, output: output_tokens }).filter(|tokens| tokens.all() > 0)
}

/// What a session has cost so far, in millionths of a US dollar.
pub(super) fn cost(told: &WireCost) -> Option<u64> {
    if told.currency != "USD" {
        return None;
    }
    micro_usd(told.amount)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::agents::acp::end::*;

    fn ended(reason: &str, said: &str) -> WorkEnd {
        of_answer(&WireTurnEnd { stop_reason: reason.into(), usage: None }, said.into())
    }

    fn kind(end: WorkEnd) -> Option<FailureKind> {
        match end {
            WorkEnd::Failed { kind, .. } => Some(kind),
            WorkEnd::Finished(_) | WorkEnd::Stopped => None,
        }
    }

    #[test]
    fn the_end_of_a_turn_is_no_success() {
        assert_eq!(ended("end_turn", "done"), WorkEnd::Finished("done".into()));
        assert_eq!(kind(ended("end_turn", "HTTP 401: no")), Some(FailureKind::BadKey));
        let spent = ended("end_turn", "HTTP 429: try again in 31 days");
        assert_eq!(kind(spent), Some(FailureKind::ClaimsPoolSpent));
        for reason in ["max_tokens", "max_turn_requests", "refusal", "cancelled", "sublimated"] {
            assert_eq!(kind(ended(reason, "done")), Some(FailureKind::GaveUp), "{reason}");
        }
    }

    #[test]
    fn an_error_says_what_failed() {
        let of = |error| of_error(&serde_json::from_value(error).unwrap(), &Redactor::default());
        for (error, told) in [
            (json!({ "code": -32000, "message": "Authentication required" }), FailureKind::BadKey),
            (
                json!({ "code": -32603, "message": "Internal error: fake upstream error 401",
                    "data": { "service": "session", "errorName": "APIError" } }),
                FailureKind::Upstream,
            ),
            (
                json!({ "code": -32603, "message": "Internal error: Invalid API key",
                    "data": { "errorName": "APIError" } }),
                FailureKind::BadKey,
            ),
            (
                json!({ "code": -32603, "message": "Internal error",
                    "data": { "details": "HTTP 429: slow down" } }),
                FailureKind::PoolSpent { until: None },
            ),
            (json!({ "code": -32602, "message": "session not found" }), FailureKind::GaveUp),
            (json!({}), FailureKind::GaveUp),
        ] {
            assert_eq!(kind(of(error.clone())), Some(told), "{error}");
        }
    }

    #[test]
    fn what_is_told_of_usage_is_read_with_care() {
        let told = |input_tokens, output_tokens, total_tokens| {
            tokens(WireTokens { input_tokens, output_tokens, total_tokens })
        };
        assert_eq!(told(100, 10, 110), Some(Tokens { input: 100, output: 10 }));
        assert_eq!(told(100, 10, 910), Some(Tokens { input: 900, output: 10 }));
        assert_eq!(told(0, 0, 0), None);
        let usd = |amount| cost(&WireCost { amount, currency: "USD".into() });
        assert_eq!((usd(0.0155), usd(0.0), usd(f64::NAN)), (Some(15_500), None, None));
        assert_eq!(cost(&WireCost { amount: 1.0, currency: "EUR".into() }), None);
    }
}
