//! How runs end: why they failed, and what they used.

use super::wire::{WireRunUsage, WireSessionInfo};
use crate::agents::agent::FailureKind;
use crate::agents::amount::micro_usd;
use crate::agents::upstream_error;
use crate::core::jobs::money::{Tokens, Usage};

/// Why a run failed, by what its gateway says: the status that its model's server answered, or the
/// reason for which its last turn ended.
pub(super) fn failure_kind(error: &str, exit_reason: Option<&str>) -> FailureKind {
    if exit_reason.is_some_and(|reason| reason.starts_with("max_iterations")) {
        return FailureKind::GaveUp;
    }
    upstream_error::kind_of(error)
}

/// What a run used, by its own word and by that of its session, which knows money as well. Zero
/// is no word: a gateway writes it where it does not know.
pub(super) fn usage(run: Option<WireRunUsage>, session: Option<&WireSessionInfo>) -> Usage {
    let tokens =
        |input: u64, output: u64| Some(Tokens { input, output }).filter(|tokens| tokens.all() > 0);
    let of_run = run.and_then(|used| tokens(used.input_tokens, used.output_tokens));
    let of_session = session.and_then(|used| tokens(used.input_tokens, used.output_tokens));
    let cost = session.and_then(|used| {
        [used.actual_cost_usd, used.estimated_cost_usd].into_iter().flatten().find_map(micro_usd)
    });
    // The session counts all calls, also those that no run counts, such as for its title.
    let more = |one: Tokens, other: Tokens| if other.all() > one.all() { other } else { one };
    let tokens = match (of_run, of_session) {
        (Some(run), Some(session)) => Some(more(run, session)),
        (run, session) => run.or(session),
    };
    Usage { tokens, micro_usd: cost }
}

#[cfg(test)]
mod tests {
    use crate::agents::hermes::end::*;

    #[test]
    fn failures_are_told_apart_by_what_the_model_answered() {
        for (error, kind) in [
            ("HTTP 401: fake upstream error 401", FailureKind::BadKey),
            ("HTTP 429: slow down", FailureKind::PoolSpent { until: None }),
            ("Error code: insufficient_quota", FailureKind::PoolSpent { until: None }),
            ("HTTP 404: no such model", FailureKind::ModelGone),
            ("Unknown provider 'x'", FailureKind::ModelGone),
            ("No LLM provider configured. Run `hermes model`", FailureKind::ModelGone),
            ("platform.api_server.provider_error_line", FailureKind::ModelGone),
            ("HTTP 400: context length exceeded", FailureKind::BadRequest),
            ("HTTP 500: fake upstream error 500", FailureKind::Upstream),
            ("Connection error.", FailureKind::Upstream),
            ("I do not like it", FailureKind::GaveUp),
            ("", FailureKind::GaveUp),
        ] {
            assert_eq!(failure_kind(error, None), kind, "{error}");
        }
        let out = failure_kind("HTTP 500", Some("max_iterations_reached(30/30)"));
        assert_eq!(out, FailureKind::GaveUp);
    }

    #[test]
    fn zero_is_unknown_and_the_session_knows_more() {
        let run = |input_tokens, output_tokens| Some(WireRunUsage { input_tokens, output_tokens });
        let session = |input_tokens, estimated_cost_usd| WireSessionInfo {
            input_tokens,
            estimated_cost_usd,
            ..WireSessionInfo::default()
        };
        assert_eq!(usage(run(0, 0), None), Usage::NONE);
        assert_eq!(usage(None, Some(&session(0, Some(0.0)))), Usage::NONE);
        let both = usage(run(100, 10), Some(&session(150, Some(0.000_001_5))));
        assert_eq!(both.tokens, Some(Tokens { input: 150, output: 0 }));
        assert_eq!(both.micro_usd, Some(2));
        for odd in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(usage(None, Some(&session(1, Some(odd)))).micro_usd, None);
        }
    }
}
