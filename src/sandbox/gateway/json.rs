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
    let mut health = json!({ "status": "ok", "platform": "hermes-agent" });
    if state.is_keyed() {
        health["version"] = json!(version(state));
    }
    health
}

pub(super) fn detailed_health(state: &GatewayState) -> Value {
    let name = if state.draining { "draining" } else { "running" };
    let live = state.live_runs();
    json!({
        "status": "ok",
        "readiness": { "status": "ok", "checks": { "gateway": { "status": "ok", "state": name } } },
        "platform": "hermes-agent", "version": version(state), "gateway_state": name,
        "active_agents": live, "gateway_busy": live > 0, "gateway_drainable": !state.draining,
        "exit_reason": null, "pid": state.pid,
    })
}

fn version(state: &GatewayState) -> &'static str {
    match state.version {
        HermesVersion::V0_19 => "0.19.0",
        HermesVersion::V0_22 => "0.22.2",
    }
}

pub(super) fn capabilities(state: &GatewayState) -> Value {
    let mut features = json!({
        "run_submission": true, "run_status": true, "run_events_sse": true, "run_stop": true,
        "run_approval_response": true, "approval_events": true, "session_resources": true,
    });
    if state.is_keyed() {
        features["run_steer"] = json!(true);
        features["runs_idempotency"] =
            json!({ "supported": true, "durable": true, "retention_seconds": 86_400 });
    }
    json!({
        "object": "hermes.api_server.capabilities", "platform": "hermes-agent",
        "model": "hermes-agent", "auth": { "type": "bearer", "required": true },
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
    if run.status.is_over() {
        set("usage", run.usage.map(|used| usage(used, is_new)));
    }
    if is_new {
        set("shutdown_requested_at", run.shutdown_at.map(|at| seconds(at).into()));
        set("approval", run.approval.clone());
        if run.status.is_over() && run.status != RunStatus::Interrupted {
            let runtime = json!({ "provider": "custom", "model": state.model });
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
    Some(json!({
        "object": "hermes.session",
        "session": {
            "id": id, "source": "api_server", "model": state.model, "title": null,
            "started_at": seconds(session.started_at), "ended_at": null, "end_reason": null,
            "message_count": session.messages.len(), "api_call_count": calls,
            "input_tokens": session.tokens.0, "output_tokens": session.tokens.1,
            "estimated_cost_usd": session.micro_usd as f64 / 1e6, "actual_cost_usd": null,
        },
    }))
}

pub(super) fn messages(state: &GatewayState, id: &str) -> Option<Value> {
    let session = state.sessions.get(id)?;
    Some(json!({ "object": "list", "session_id": id, "data": session.messages }))
}
