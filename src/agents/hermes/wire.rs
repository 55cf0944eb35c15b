//! What a gateway writes, as far as it is read. Anything may be missing.

use serde::Deserialize;
use serde_json::Value;

/// `GET /health/detailed`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireHealth {
    pub(super) version: Option<String>,
    pub(super) gateway_state: Option<String>,
    pub(super) pid: Option<i64>,
    pub(super) readiness: WireReadiness,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireReadiness {
    pub(super) checks: WireChecks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireChecks {
    pub(super) model: Option<WireCheck>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireCheck {
    pub(super) status: Option<String>,
}

/// `GET /v1/capabilities`.
#[derive(Debug, Deserialize)]
pub(super) struct WireCapabilities {
    pub(super) features: WireFeatures,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireFeatures {
    pub(super) run_submission: bool,
    pub(super) run_steer: bool,
    pub(super) runs_idempotency: WireIdempotency,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireIdempotency {
    pub(super) supported: bool,
    pub(super) durable: bool,
}

/// The answer to a start.
#[derive(Debug, Deserialize)]
pub(super) struct WireStarted {
    pub(super) run_id: String,
    /// Whether it was started before; older gateways do not say.
    #[serde(default)]
    pub(super) replayed: Option<bool>,
}

/// `GET /v1/runs/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct WireRun {
    pub(super) run_id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) session_id: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<f64>,
    #[serde(default)]
    pub(super) last_event: Option<String>,
    #[serde(default)]
    pub(super) output: Option<Value>,
    #[serde(default)]
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) usage: Option<WireRunUsage>,
    #[serde(default)]
    pub(super) approval: Option<WireApproval>,
    #[serde(default)]
    pub(super) pending_steer: Option<String>,
    #[serde(default)]
    pub(super) turn_exit_reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRunUsage {
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
}

/// What an agent wants to do, and waits for leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct WireApproval {
    pub(super) request_id: Option<String>,
    pub(super) command: Option<String>,
    pub(super) description: Option<String>,
}

/// `GET /api/sessions/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct WireSession {
    pub(super) session: WireSessionInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireSessionInfo {
    pub(super) message_count: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) estimated_cost_usd: Option<f64>,
    pub(super) actual_cost_usd: Option<f64>,
}

/// `GET /api/sessions/{id}/messages`.
#[derive(Debug, Deserialize)]
pub(super) struct WireMessages {
    pub(super) data: Vec<WireSessionMessage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireSessionMessage {
    pub(super) role: String,
    pub(super) content: Value,
    pub(super) tool_calls: Option<Vec<WireToolCall>>,
    pub(super) timestamp: Option<f64>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireToolCall {
    pub(super) function: WireToolFunction,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireToolFunction {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// One message of a stream of events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRunEvent {
    pub(super) event: String,
    pub(super) tool: Option<String>,
    pub(super) preview: Option<String>,
    #[serde(flatten)]
    pub(super) approval: WireApproval,
}

/// A refusal: its code and its words, of which any may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireRefusal {
    pub(super) error: WireError,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireError {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// A text, whatever came in its place: a list of parts is their texts.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}
