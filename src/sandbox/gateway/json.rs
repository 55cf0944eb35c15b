//! How the gateway writes what it holds.

use serde_json::{Value, json};

use super::record::{HermesVersion, RunStatus, seconds};
use super::state::{GatewayState, RunState};

pub(super) fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::WaitingForApproval => "waiting_for_approval",
        RunStatus::Stopping => "stopping",
        RunStatus::Completed => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
        RunStatus::Interrupted => "interrupted",
    }
}

pub(super) fn health(state: &GatewayState) -> Value {
    json!({ "status": "ok", "platform": "hermes-agent", "version": version(state) })
}

pub(super) fn detailed_health(state: &GatewayState) -> Value {
    let name = if state.draining { "draining" } else { "running" };
    let live = state.live_runs();
    json!({
        "status": "ok",
        "readiness": {
            "status": "ok",
            "checks": {
                "model": { "status": "ok" },
                "gateway": { "status": "ok", "state": name },
            },
        },
        "platform": "hermes-agent", "version": version(state), "gateway_state": name,
        "active_agents": live, "gateway_busy": live > 0, "gateway_drainable": !state.draining,
        "exit_reason": null, "updated_at": state.now.to_string(), "pid": state.pid,
    })
}

fn version(state: &GatewayState) -> &'static str {
    match state.version {
        HermesVersion::V0_19 => "0.19.0",
        HermesVersion::V0_22 => "0.22.2",
    }
}

/// What a real one can do as well.
const NOT_PLAYED: [&str; 13] = [
    "chat_completions",
    "chat_completions_streaming",
    "responses_api",
    "responses_streaming",
    "session_chat",
    "session_chat_streaming",
    "session_fork",
    "admin_config_rw",
    "jobs_admin",
    "memory_write_api",
    "skills_api",
    "audio_api",
    "realtime_voice",
];

const NOT_PLAYED_OF_0_22: [&str; 3] =
    ["model_options", "session_model_lock", "reasoning_streaming"];

pub(super) fn capabilities(state: &GatewayState) -> Value {
    let mut features = json!({
        "run_submission": true, "run_status": true, "run_events_sse": true, "run_stop": true,
        "run_approval_response": true, "approval_events": true, "session_resources": true,
        "tool_progress_events": true, "cors": false,
        "session_continuity_header": "X-Hermes-Session-Id",
        "session_key_header": "X-Hermes-Session-Key",
    });
    for missing in NOT_PLAYED {
        features[missing] = json!(false);
    }
    if state.is_keyed() {
        features["run_steer"] = json!(true);
        features["runs_idempotency"] =
            json!({ "supported": true, "durable": true, "retention_seconds": 86_400 });
        for missing in NOT_PLAYED_OF_0_22 {
            features[missing] = json!(false);
        }
    }
    json!({
        "object": "hermes.api_server.capabilities", "platform": "hermes-agent",
        "model": "hermes-agent", "auth": { "type": "bearer", "required": true },
        "runtime": {
            "mode": "server_agent", "tool_execution": "server", "split_runtime": false,
            "description": "The agent is scripted.",
        },
        "features": features,
    })
}

pub(super) fn models() -> Value {
    let model = json!({ "id": "hermes-agent", "object": "model", "owned_by": "hermes" });
    json!({ "object": "list", "data": [model] })
}

pub(super) fn run(state: &GatewayState, run: &RunState) -> Value {
    let mut shown = json!({
        "object": "hermes.run", "run_id": run.id, "status": status(run.status),
        "created_at": seconds(run.created_at), "updated_at": seconds(run.updated_at),
        "session_id": run.session, "model": "hermes-agent",
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown[key] = value;
        }
    };
    set("last_event", run.last_event.clone().map(Value::from));
    set("output", run.output.clone().map(Value::from));
    set("error", run.error.clone().map(Value::from));
    let is_new = state.is_keyed();
    if run.status.is_over() && run.status != RunStatus::Interrupted {
        set("usage", run.usage.map(|used| usage(used, is_new)));
    }
    if is_new {
        set("shutdown_requested_at", run.shutdown_at.map(|at| seconds(at).into()));
        set("approval", run.approval.clone());
        if run.status.is_over() && run.status != RunStatus::Interrupted {
            let runtime = json!({
                "provider": "custom", "model": state.model, "route_source": "global",
            });
            set("runtime", run.output.as_ref().map(|_| runtime));
            set("completed", Some((run.status == RunStatus::Completed).into()));
            set("partial", Some(false.into()));
            set("interrupted", Some((run.status == RunStatus::Cancelled).into()));
            set("turn_exit_reason", run.exit_reason.map(Value::from));
            let pending = run.pending_steer.join("\n");
            set("pending_steer", Some(pending).filter(|text| !text.is_empty()).map(Value::from));
        }
    }
    shown
}

/// What the last event of a run tells: of its status what the end brought.
pub(super) fn end(state: &GatewayState, id: &str) -> Value {
    let shown = state.runs.get(id).map(|of| run(state, of)).unwrap_or_default();
    let told = END.iter().filter_map(|key| Some(((*key).to_owned(), shown.get(*key)?.clone())));
    Value::Object(told.collect())
}

/// The keys of an end.
const END: [&str; 9] = [
    "output",
    "error",
    "usage",
    "runtime",
    "completed",
    "partial",
    "interrupted",
    "turn_exit_reason",
    "pending_steer",
];

fn usage((input, output): (u64, u64), with_cache: bool) -> Value {
    let mut usage = json!({
        "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
    });
    if with_cache {
        usage["cache_read_tokens"] = json!(0);
        usage["cache_write_tokens"] = json!(0);
    }
    usage
}

pub(super) fn session(state: &GatewayState, id: &str) -> Option<Value> {
    let session = state.sessions.get(id)?;
    let calls = session.messages.iter().filter(|message| message["role"] == "assistant").count();
    let tools = session.messages.iter().filter(|message| message["role"] == "tool").count();
    let mut shown = json!({
        "id": id, "source": "api_server", "user_id": null, "model": state.model, "title": null,
        "started_at": seconds(session.started_at), "ended_at": null, "end_reason": null,
        "message_count": session.messages.len(), "tool_call_count": tools,
        "api_call_count": calls,
        "input_tokens": session.tokens.0, "output_tokens": session.tokens.1,
        "cache_read_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0,
        "estimated_cost_usd": session.micro_usd as f64 / 1e6, "actual_cost_usd": null,
        "parent_session_id": null, "has_system_prompt": true, "has_model_config": true,
    });
    if state.is_keyed() {
        for unset in ["pinned", "archived", "hidden", "is_internal_child"] {
            shown[unset] = json!(false);
        }
    }
    Some(json!({ "object": "hermes.session", "session": shown }))
}

/// What a message has even where it says nothing.
const OF_A_MESSAGE: [&str; 8] = [
    "tool_call_id",
    "tool_calls",
    "tool_name",
    "token_count",
    "finish_reason",
    "reasoning",
    "reasoning_content",
    "display_kind",
];

pub(super) fn messages(state: &GatewayState, id: &str) -> Option<Value> {
    let session = state.sessions.get(id)?;
    let keys = match state.is_keyed() {
        true => &OF_A_MESSAGE[..],
        false => &OF_A_MESSAGE[..OF_A_MESSAGE.len() - 1],
    };
    let in_full = |message: &Value| {
        let mut message = message.clone();
        for key in keys {
            // What is not there is null.
            message[*key] = message[*key].take();
        }
        message
    };
    let data: Vec<Value> = session.messages.iter().map(in_full).collect();
    let count = data.len();
    let mut shown = json!({ "object": "list", "session_id": id, "data": data });
    if state.is_keyed() {
        shown["pagination"] =
            json!({ "limit": 500, "offset": 0, "order": "latest", "returned": count });
    }
    Some(shown)
}
