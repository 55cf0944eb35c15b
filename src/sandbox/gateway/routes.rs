//! What can be asked of the gateway.

use std::sync::Arc;

use axum::body::Body;
use serde_json::{Value, json};

use super::record::Permission;
use super::script::{AgentRun, Scripted, begin};
use super::shared::GatewayShared;
use super::state::{GatewayState, RunState};
use super::{events, json as wire};

pub(super) struct GatewayRequest {
    pub(super) method: String,
    pub(super) path: String,
    /// The key of the API that came with it.
    pub(super) key: Option<String>,
    pub(super) idempotency_key: Option<String>,
    /// The number of the last event that the client has.
    pub(super) last_event: Option<usize>,
    pub(super) body: Vec<u8>,
}

pub(super) struct GatewayAnswer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

impl GatewayAnswer {
    fn json(status: u16, body: &Value) -> Self {
        let kind = ("Content-Type", "application/json; charset=utf-8".to_owned());
        Self { status, headers: vec![kind], body: body.to_string().into() }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        let kind = ("Content-Type", "text/plain; charset=utf-8".to_owned());
        Self { status, headers: vec![kind], body: body.to_owned().into() }
    }

    pub(super) fn refusal(status: u16, code: &str, message: &str) -> Self {
        let error = json!({
            "message": message, "type": "invalid_request_error", "param": null, "code": code,
        });
        Self::json(status, &json!({ "error": error }))
    }

    fn not_found(run: &str) -> Self {
        Self::refusal(404, "run_not_found", &format!("Run not found: {run}"))
    }

    fn not_accepting(run: &str) -> Self {
        let message = format!("Run is not currently accepting steer input: {run}");
        Self::refusal(409, "run_not_accepting_steer", &message)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub(super) fn answer(scripted: &Arc<Scripted>, asked: &GatewayRequest) -> GatewayAnswer {
    let shared = &scripted.shared;
    let segments: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    let method = asked.method.as_str();
    if method == "GET" && matches!(segments[..], ["health"] | ["v1", "health"]) {
        return GatewayAnswer::json(200, &wire::health(&shared.state()));
    }
    if asked.key.as_deref() != Some(&shared.state().key) {
        return unauthorized(&shared.state());
    }
    match (method, &segments[..]) {
        ("GET", ["health", "detailed"]) => {
            GatewayAnswer::json(200, &wire::detailed_health(&shared.state()))
        }
        ("GET", ["v1", "capabilities"]) => {
            GatewayAnswer::json(200, &wire::capabilities(&shared.state()))
        }
        ("GET", ["v1", "models"]) => GatewayAnswer::json(200, &wire::models()),
        ("POST", ["v1", "runs"]) => start(scripted, asked),
        (_, ["v1", "runs"]) => GatewayAnswer::text(405, "405: Method Not Allowed"),
        (_, ["v1", "runs", id, rest @ ..]) => of_run(shared, asked, id, rest),
        ("GET", ["api", "sessions", id, rest @ ..]) => {
            let state = shared.state();
            let shown = match rest {
                [] => wire::session(&state, id),
                ["messages"] => wire::messages(&state, id),
                _ => None,
            };
            let missing = || {
                GatewayAnswer::refusal(
                    404,
                    "session_not_found",
                    &format!("Session not found: {id}"),
                )
            };
            shown.map_or_else(missing, |shown| GatewayAnswer::json(200, &shown))
        }
        _ => GatewayAnswer::text(404, "404: Not Found"),
    }
}

fn unauthorized(state: &GatewayState) -> GatewayAnswer {
    let message = "Invalid gateway API key (API_SERVER_KEY)";
    let (kind, code) = match state.is_keyed() {
        true => ("gateway_auth_error", "gateway_auth_failed"),
        false => ("invalid_request_error", "invalid_api_key"),
    };
    let error = json!({ "message": message, "type": kind, "code": code });
    GatewayAnswer::json(401, &json!({ "error": error }))
}

fn start(scripted: &Arc<Scripted>, asked: &GatewayRequest) -> GatewayAnswer {
    let shared = &scripted.shared;
    let body = match serde_json::from_slice::<Value>(&asked.body) {
        Ok(body @ Value::Object(_)) => body,
        Ok(_) => return GatewayAnswer::text(500, "500 Internal Server Error"),
        Err(_) => {
            return GatewayAnswer::refusal(400, "invalid_json", "Invalid JSON in request body");
        }
    };
    let Some(input) = body["input"].as_str() else {
        return GatewayAnswer::refusal(400, "missing_input", "Missing 'input' field");
    };
    let begun = shared.change(|state| {
        let key = asked.idempotency_key.as_deref().filter(|_| state.is_keyed());
        let is_good = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic());
        if key.is_some_and(|key| !is_good(key)) {
            let message = "Idempotency-Key must be 1-255 visible ASCII characters";
            return Err(GatewayAnswer::refusal(400, "invalid_idempotency_key", message));
        }
        if state.draining {
            let message = "Gateway is draining existing work; retry shortly.";
            let refused = GatewayAnswer::refusal(503, "gateway_draining", message);
            return Err(refused.with("Retry-After", "1"));
        }
        if let Some(replayed) = key.and_then(|key| replay(state, key, &body)) {
            return Err(replayed);
        }
        if state.live_runs() >= state.most_runs {
            let message = format!("Too many concurrent runs (max {})", state.most_runs);
            let refused = GatewayAnswer::refusal(429, "rate_limit_exceeded", &message);
            return Err(refused.with("Retry-After", "1"));
        }
        let begun = state.add(key, body["session_id"].as_str(), input);
        if let Some(key) = key {
            let scope = (state.key.clone(), key.to_owned());
            state.keys.insert(scope, (body.clone(), begun.0.clone()));
        }
        Ok((begun, state.is_keyed()))
    });
    match begun {
        Err(answer) => answer,
        Ok(((id, session, stop, life), is_new)) => {
            let mut started = json!({ "run_id": id, "status": "started" });
            if is_new {
                started["replayed"] = json!(false);
            }
            let run = AgentRun::new(shared.clone(), id, session, input.to_owned());
            begin(scripted, life, stop, run);
            GatewayAnswer::json(202, &started)
        }
    }
}

/// What was started under this key.
fn replay(state: &GatewayState, key: &str, body: &Value) -> Option<GatewayAnswer> {
    let (sent, run) = state.keys.get(&(state.key.clone(), key.to_owned()))?;
    if sent != body {
        let message = "Idempotency-Key was already used with a different request payload";
        return Some(GatewayAnswer::refusal(409, "idempotency_key_conflict", message));
    }
    let status = wire::status(state.runs.get(run)?.status);
    let replayed = json!({ "run_id": run, "status": status, "replayed": true });
    Some(GatewayAnswer::json(202, &replayed).with("Idempotency-Replayed", "true"))
}

fn of_run(
    shared: &Arc<GatewayShared>,
    asked: &GatewayRequest,
    id: &str,
    rest: &[&str],
) -> GatewayAnswer {
    let is_known =
        |state: &GatewayState| state.runs.get(id).is_some_and(|run| run.scope == state.key);
    if !is_known(&shared.state()) {
        return GatewayAnswer::not_found(id);
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), rest) {
        ("GET", []) => shown(&shared.state(), id),
        ("GET", ["events"]) => listen(shared, asked, id),
        ("POST", ["stop"]) => shared.change(|state| stop(state, id)),
        ("POST", ["steer"]) => shared.change(|state| steer(state, id, &body)),
        ("POST", ["approval"]) => shared.change(|state| approve(state, id, &body)),
        _ => GatewayAnswer::text(404, "404: Not Found"),
    }
}

fn shown(state: &GatewayState, id: &str) -> GatewayAnswer {
    let run = |run: &RunState| GatewayAnswer::json(200, &wire::run(state, run));
    state.runs.get(id).map_or_else(|| GatewayAnswer::not_found(id), run)
}

/// Old gateways let one listen, once.
fn listen(shared: &Arc<GatewayShared>, asked: &GatewayRequest, id: &str) -> GatewayAnswer {
    let may = shared.change(|state| {
        let is_new = state.is_keyed();
        let run = state.runs.get_mut(id)?;
        let had_listener = std::mem::replace(&mut run.had_listener, true);
        run.events.as_ref().filter(|_| is_new || !had_listener).map(|_| ())
    });
    if may.is_none() {
        return GatewayAnswer::not_found(id);
    }
    let seen = asked.last_event.map_or(0, |last| last + 1);
    let body = events::stream(shared.clone(), id.to_owned(), seen);
    let kind = ("Content-Type", "text/event-stream".to_owned());
    GatewayAnswer { status: 200, headers: vec![kind], body }
}

fn stop(state: &mut GatewayState, id: &str) -> GatewayAnswer {
    let is_over = state.runs.get(id).is_some_and(|run| run.status.is_over());
    match (is_over, state.is_keyed()) {
        (true, true) => shown(state, id),
        (true, false) => GatewayAnswer::not_found(id),
        (false, _) => {
            state.stop(id);
            GatewayAnswer::json(200, &json!({ "run_id": id, "status": "stopping" }))
        }
    }
}

fn steer(state: &mut GatewayState, id: &str, body: &Value) -> GatewayAnswer {
    if !state.is_keyed() {
        return GatewayAnswer::text(404, "404: Not Found");
    }
    let text = body["input"].as_str().unwrap_or_default();
    if text.is_empty() {
        let message = "Missing non-empty steer text; expected 'input', 'message', or 'text'.";
        return GatewayAnswer::refusal(400, "invalid_steer_input", message);
    }
    let is_running = |run: &RunState| wire::status(run.status) == "running";
    if !state.runs.get(id).is_some_and(is_running) {
        return GatewayAnswer::not_accepting(id);
    }
    state.steer(id, text);
    let steered = json!({ "object": "hermes.run.steer", "run_id": id, "accepted": true });
    GatewayAnswer::json(200, &steered)
}

fn approve(state: &mut GatewayState, id: &str, body: &Value) -> GatewayAnswer {
    let choice = body["choice"].as_str().unwrap_or_default().to_owned();
    let permission = match choice.as_str() {
        "once" | "approve" | "allow" | "session" | "always" => Permission::Given,
        "deny" => Permission::Denied,
        _ => {
            let message = "Invalid approval choice; expected one of: always, deny, once, session";
            return GatewayAnswer::refusal(400, "invalid_approval_choice", message);
        }
    };
    if state.runs.get(id).is_none_or(|run| run.status.is_over()) {
        let message = format!("Run has no active approval session: {id}");
        return GatewayAnswer::refusal(409, "approval_not_active", &message);
    }
    let asked = state.runs.get(id).and_then(|run| run.approval.clone()).unwrap_or_default();
    let is_other = !body["request_id"].is_null() && body["request_id"] != asked["request_id"];
    if is_other || !state.asks(id) {
        let message = format!("Run has no pending approval: {id}");
        return GatewayAnswer::refusal(409, "approval_not_pending", &message);
    }
    state.answer(id, permission);
    let mut answered = json!({
        "object": "hermes.run.approval_response", "run_id": id, "choice": choice, "resolved": 1,
    });
    if state.is_keyed() {
        answered["request_id"] = asked["request_id"].clone();
    }
    GatewayAnswer::json(200, &answered)
}
