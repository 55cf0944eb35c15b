//! What a status says of a run. Pure.

use super::end;
use super::listener::Heard;
use super::wire::{WireApproval, WireRun, WireSessionInfo, WireSessionMessage, text_of};
use crate::agents::agent::{AgentEnding, Sighting};
use crate::agents::brief::brief;
use crate::agents::last_words::last_words;
use crate::agents::question::question;
use crate::agents::redact::Redactor;

/// The status of a run that waits for a permission, or waited for it in vain.
pub(super) const WAITING: &str = "waiting_for_approval";

/// What only an agent that works streams.
const WORK: [&str; 5] =
    ["tool.started", "tool.completed", "message.delta", "message.interim", "reasoning.available"];

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunPhase {
    Working,
    /// It waits for a permission.
    Asking,
    Over(RunOver),
    /// What was written there is no status that anybody knows.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunOver {
    Completed,
    Failed,
    Cancelled,
    /// Its gateway ended before it did.
    Interrupted,
}

impl RunPhase {
    pub(super) fn of(run: &WireRun) -> Self {
        match run.status.as_str() {
            "queued" | "started" | "running" | "stopping" => Self::Working,
            // A question that nobody answered in time stays in the status while the agent works on;
            // only what happened last tells.
            WAITING => match run.last_event.as_deref() {
                Some(event) if WORK.contains(&event) => Self::Working,
                _ => Self::Asking,
            },
            "completed" => Self::Over(RunOver::Completed),
            "failed" => Self::Over(RunOver::Failed),
            "cancelled" => Self::Over(RunOver::Cancelled),
            "interrupted" => Self::Over(RunOver::Interrupted),
            _ => Self::Unknown,
        }
    }
}

/// Whether `run` is the one that was asked for: what tells of another one tells nothing.
pub(super) fn is_it(run: &WireRun, id: &str, session: &str) -> bool {
    run.run_id == id && run.session_id.as_deref().is_none_or(|told| told == session)
}

/// What is seen of a run that goes on.
pub(super) fn going_on(run: &WireRun, heard: &Heard, redactor: &Redactor) -> Sighting {
    let moved = run.updated_at.unwrap_or_default();
    let last = run.last_event.as_deref().unwrap_or_default();
    match RunPhase::of(run) {
        RunPhase::Asking => {
            let asked = run.approval.as_ref().or(heard.question.as_ref());
            Sighting::Asks { question: asked_for(asked, redactor), until: None }
        }
        _ => Sighting::Working {
            doing: match run.status.as_str() {
                "stopping" => Some("stops".to_owned()),
                _ => heard.doing.as_ref().map(|doing| brief(&redactor.redact(doing))),
            },
            sign: brief(&format!("{moved} {last} {}", heard.count)),
        },
    }
}

/// What a run wants to do; none if its gateway does not tell.
fn asked_for(asked: Option<&WireApproval>, redactor: &Redactor) -> Option<String> {
    let known = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let words = match (known(&asked?.command), known(&asked?.description)) {
        (Some(command), Some(description)) => format!("{command} ({description})"),
        (Some(words), None) | (None, Some(words)) => words,
        (None, None) => return None,
    };
    Some(question(&words, redactor))
}

/// What is seen of a run that is over.
pub(super) fn over(
    run: &WireRun,
    over: RunOver,
    session: Option<&WireSessionInfo>,
    redactor: &Redactor,
) -> Sighting {
    let usage = end::usage(run.usage, session);
    let output = run.output.as_ref().map(text_of).unwrap_or_default();
    match over {
        RunOver::Completed => Sighting::Ended(AgentEnding {
            text: last_words(&redactor.redact(&output)),
            usage,
            unheard: run.pending_steer.clone().filter(|text| !text.is_empty()),
        }),
        RunOver::Cancelled => Sighting::Stopped(usage),
        RunOver::Interrupted => Sighting::Lost,
        RunOver::Failed => {
            let error = run.error.as_ref().map(text_of).unwrap_or_default();
            let exit = run.turn_exit_reason.as_deref();
            let said = [error.as_str(), exit.unwrap_or_default(), &output];
            let said = said.into_iter().find(|text| !text.trim().is_empty());
            Sighting::Failed {
                kind: end::failure_kind(&error, exit),
                reason: brief(&redactor.redact(said.unwrap_or("it does not say why"))),
                usage,
            }
        }
    }
}

/// How an attempt ended of which only the session is left; none if it shows no end.
pub(super) fn end_in_session(
    messages: &[WireSessionMessage],
    session: Option<&WireSessionInfo>,
    redactor: &Redactor,
) -> Option<AgentEnding> {
    let last = messages.last()?;
    let calls = last.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty());
    let is_end =
        last.role == "assistant" && !calls && last.finish_reason.as_deref() == Some("stop");
    is_end.then(|| AgentEnding {
        text: last_words(&redactor.redact(&text_of(&last.content))),
        usage: end::usage(None, session),
        unheard: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::agents::agent::FailureKind;
    use crate::agents::hermes::sight::*;
    use crate::core::jobs::money::{Tokens, Usage};

    fn run(more: Value) -> WireRun {
        let mut run = json!({ "run_id": "run_1", "session_id": "s", "status": "running" });
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(run).unwrap()
    }

    fn seen(more: Value) -> Sighting {
        let run = run(more);
        match RunPhase::of(&run) {
            RunPhase::Over(how) => over(&run, how, None, &Redactor::default()),
            _ => going_on(&run, &Heard::default(), &Redactor::default()),
        }
    }

    #[test]
    fn a_question_may_be_untold() {
        let untold = seen(json!({ "status": WAITING }));
        assert_eq!(untold, Sighting::Asks { question: None, until: None });
    }

    #[test]
    fn an_old_and_a_new_end_mean_the_same() {
        let tokens = Some(Tokens { input: 8444, output: 32 });
        let usage = json!({ "input_tokens": 8444, "output_tokens": 32, "total_tokens": 8476 });
        let ended = |unheard: Option<&str>| {
            Sighting::Ended(AgentEnding {
                text: "done".into(),
                usage: Usage { tokens, micro_usd: None },
                unheard: unheard.map(str::to_owned),
            })
        };
        let old = json!({ "status": "completed", "output": "done", "usage": usage });
        assert_eq!(seen(old), ended(None));
        let new = json!({ "status": "completed", "output": "done", "usage": usage,
            "completed": true, "partial": false, "pending_steer": "never delivered?" });
        assert_eq!(seen(new), ended(Some("never delivered?")));
        assert_eq!(seen(json!({ "status": "cancelled" })), Sighting::Stopped(Usage::NONE));
        let lost = json!({ "status": "interrupted", "error": "The gateway restarted" });
        assert_eq!(seen(lost), Sighting::Lost);
    }

    #[test]
    fn a_failure_says_why() {
        let failed = seen(json!({ "status": "failed", "error": "HTTP 500: out of order" }));
        let Sighting::Failed { kind, reason, .. } = failed else { panic!("{failed:?}") };
        assert_eq!((kind, reason.as_str()), (FailureKind::Upstream, "HTTP 500: out of order"));
        let out = seen(json!({ "status": "failed", "output": "and\nthen",
            "turn_exit_reason": "max_iterations_reached(30/30)" }));
        let Sighting::Failed { kind, reason, .. } = out else { panic!("{out:?}") };
        assert_eq!((kind, reason.as_str()), (FailureKind::GaveUp, "max_iterations_reached(30/30)"));
    }

    #[test]
    fn a_question_that_expired_is_none() {
        let asked = json!({ "status": "waiting_for_approval", "last_event": "approval.request",
            "approval": { "command": "rm -rf ./junk", "description": "recursive delete" } });
        let asks = Sighting::Asks {
            question: Some("rm -rf ./junk (recursive delete)".into()),
            until: None,
        };
        assert_eq!(seen(asked.clone()), asks);
        let mut expired = asked;
        expired["last_event"] = json!("tool.completed");
        assert!(matches!(seen(expired), Sighting::Working { .. }));
    }

    #[test]
    fn a_status_that_nobody_knows_is_unknown() {
        assert_eq!(RunPhase::of(&run(json!({ "status": "sublimated" }))), RunPhase::Unknown);
        assert!(is_it(&run(json!({})), "run_1", "s"));
        assert!(!is_it(&run(json!({})), "run_2", "s") && !is_it(&run(json!({})), "run_1", "t"));
    }

    #[test]
    fn a_session_shows_an_end_or_none() {
        let end = |message: Value| {
            let message: WireSessionMessage = serde_json::from_value(message).unwrap();
            end_in_session(&[message], None, &Redactor::default()).map(|ending| ending.text)
        };
        let said = json!({ "role": "assistant", "content": "done", "finish_reason": "stop" });
        assert_eq!(end(said).as_deref(), Some("done"));
        let called = json!({ "role": "assistant", "content": "", "finish_reason": "tool_calls",
            "tool_calls": [{ "function": { "name": "terminal" } }] });
        assert_eq!(end(called), None);
        assert_eq!(end(json!({ "role": "tool", "content": "x" })), None);
    }
}
