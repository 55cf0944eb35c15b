//! The runs and sessions of a gateway, and what happens to them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::record::{GatewayRun, HermesVersion, Permission, RunEnd, RunStatus, seconds};
use crate::core::model::time::Timestamp;

/// One run, as the gateway keeps it.
pub(super) struct RunState {
    pub(super) id: String,
    /// The key of the API with which it was started: others do not see it.
    pub(super) scope: String,
    pub(super) is_keyed: bool,
    pub(super) session: String,
    pub(super) status: RunStatus,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) last_event: Option<String>,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
    pub(super) exit_reason: Option<&'static str>,
    pub(super) usage: Option<(u64, u64)>,
    /// The question, as it is shown; it stays after it has expired.
    pub(super) approval: Option<Value>,
    pub(super) pending_steer: Vec<String>,
    /// What it streamed; none once the process that streamed it is gone.
    pub(super) events: Option<Vec<Value>>,
    /// Whether somebody listens or listened.
    pub(super) had_listener: bool,
    pub(super) shutdown_at: Option<Timestamp>,
    question: Option<oneshot::Sender<Permission>>,
    stop: CancellationToken,
    ignores_stop: bool,
}

pub(super) struct SessionState {
    pub(super) started_at: Timestamp,
    pub(super) messages: Vec<Value>,
    pub(super) tokens: (u64, u64),
    pub(super) micro_usd: u64,
}

pub(super) struct GatewayState {
    pub(super) version: HermesVersion,
    pub(super) key: String,
    pub(super) model: String,
    pub(super) most_runs: usize,
    pub(super) pid: u32,
    pub(super) now: Timestamp,
    pub(super) draining: bool,
    pub(super) runs: BTreeMap<String, RunState>,
    /// What was sent under each key, by the key of the API and that of the request.
    pub(super) keys: HashMap<(String, String), (Value, String)>,
    pub(super) sessions: BTreeMap<String, SessionState>,
    pub(super) log: Vec<GatewayRun>,
    pub(super) requests: Vec<String>,
    life: CancellationToken,
}

impl GatewayState {
    pub(super) fn new(
        version: HermesVersion,
        key: String,
        model: String,
        most_runs: usize,
    ) -> Self {
        Self {
            version,
            key,
            model,
            most_runs,
            pid: 1000,
            now: Timestamp::default(),
            draining: false,
            runs: BTreeMap::new(),
            keys: HashMap::new(),
            sessions: BTreeMap::new(),
            log: Vec::new(),
            requests: Vec::new(),
            life: CancellationToken::new(),
        }
    }

    pub(super) fn is_keyed(&self) -> bool {
        self.version == HermesVersion::V0_22
    }

    pub(super) fn begin_life(&mut self, life: CancellationToken) {
        self.pid += 1;
        self.draining = false;
        self.life = life;
    }

    pub(super) fn drain(&mut self) {
        self.draining = true;
        let now = self.now;
        for run in self.runs.values_mut().filter(|run| !run.status.is_over()) {
            run.shutdown_at = Some(now);
            run.updated_at = now;
        }
    }

    /// What was in memory is gone; what is durable says so.
    pub(super) fn die(&mut self) {
        let (was_draining, now) = (self.draining, self.now);
        self.runs.retain(|_, run| run.is_keyed);
        for run in self.runs.values_mut() {
            (run.events, run.question) = (None, None);
            if !run.status.is_over() {
                let error = match was_draining {
                    true => "Gateway shutdown interrupted the run.",
                    false => "The gateway restarted before this run settled.",
                };
                run.status = RunStatus::Interrupted;
                run.error = Some(error.to_owned());
                run.approval = None;
                run.last_event = Some("run.interrupted".to_owned());
                run.updated_at = now;
            }
        }
        let runs = &self.runs;
        for logged in &mut self.log {
            if let Some(run) = runs.get(&logged.id) {
                logged.status = run.status;
            } else if !logged.status.is_over() {
                logged.status = RunStatus::Interrupted;
            }
        }
    }

    pub(super) fn live_runs(&self) -> usize {
        self.runs.values().filter(|run| !run.status.is_over()).count()
    }

    /// Takes in a run; gives its id, its session, and what ends it.
    pub(super) fn add(
        &mut self,
        idempotency_key: Option<&str>,
        session: Option<&str>,
        input: &str,
    ) -> (String, String, CancellationToken, CancellationToken) {
        let id = format!("run_{:032x}", self.log.len() + 1);
        let session = session.unwrap_or(&id).to_owned();
        let stop = CancellationToken::new();
        let run = RunState {
            id: id.clone(),
            scope: self.key.clone(),
            is_keyed: self.is_keyed() && idempotency_key.is_some(),
            session: session.clone(),
            status: RunStatus::Running,
            created_at: self.now,
            updated_at: self.now,
            last_event: None,
            output: None,
            error: None,
            exit_reason: None,
            usage: None,
            approval: None,
            pending_steer: Vec::new(),
            events: Some(Vec::new()),
            had_listener: false,
            shutdown_at: None,
            question: None,
            stop: stop.clone(),
            ignores_stop: false,
        };
        self.runs.insert(id.clone(), run);
        self.log.push(GatewayRun {
            id: id.clone(),
            session: session.clone(),
            idempotency_key: idempotency_key.map(str::to_owned),
            input: input.to_owned(),
            status: RunStatus::Running,
        });
        self.remember(&session, "user", input);
        (id, session, stop, self.life.clone())
    }

    fn turn(&mut self, id: &str, status: RunStatus) {
        let now = self.now;
        if let Some(run) = self.runs.get_mut(id) {
            (run.status, run.updated_at) = (status, now);
        }
        if let Some(logged) = self.log.iter_mut().find(|logged| logged.id == id) {
            logged.status = status;
        }
    }

    /// Streams an event of a run.
    pub(super) fn emit(&mut self, id: &str, event: &str, fields: Value) {
        let (now, is_numbered) = (self.now, self.is_keyed());
        let Some(run) = self.runs.get_mut(id) else { return };
        (run.last_event, run.updated_at) = (Some(event.to_owned()), now);
        let Some(events) = &mut run.events else { return };
        let mut told = json!({ "event": event, "run_id": id, "timestamp": seconds(now) });
        if let (Some(told), Value::Object(fields)) = (told.as_object_mut(), fields) {
            told.extend(fields);
            if is_numbered {
                told.insert("seq".to_owned(), events.len().into());
            }
        }
        events.push(told);
    }

    /// The run ended by itself, or because it was stopped; the event that is to tell of it.
    pub(super) fn settle(&mut self, id: &str, end: Option<RunEnd>) -> Option<&'static str> {
        let is_new = self.is_keyed();
        let run = self.runs.get_mut(id)?;
        let stopped = run.status == RunStatus::Stopping;
        (run.approval, run.question) = (None, None);
        let (status, event, words) = match end {
            None => (RunStatus::Cancelled, "run.cancelled", None),
            Some(_) if stopped => (RunStatus::Cancelled, "run.cancelled", None),
            Some(RunEnd::Completed(text)) => {
                run.output = Some(text.clone());
                (RunStatus::Completed, "run.completed", Some(text))
            }
            Some(RunEnd::Failed(error)) => {
                (run.error, run.usage) = (Some(error), None);
                (RunStatus::Failed, "run.failed", None)
            }
            Some(RunEnd::OutOfTurns(text)) => {
                run.output = Some(text.clone());
                match is_new {
                    true => {
                        run.exit_reason = Some("max_iterations_reached(30/30)");
                        (RunStatus::Failed, "run.failed", Some(text))
                    }
                    false => (RunStatus::Completed, "run.completed", Some(text)),
                }
            }
        };
        if status == RunStatus::Cancelled {
            (run.usage, run.exit_reason) = (None, Some("interrupted_by_user"));
        }
        let session = run.session.clone();
        self.turn(id, status);
        if let Some(words) = &words {
            self.remember_end(&session, words);
        }
        Some(event)
    }

    pub(super) fn stop(&mut self, id: &str) {
        self.turn(id, RunStatus::Stopping);
        if let Some(run) = self.runs.get_mut(id) {
            run.last_event = Some("run.stopping".to_owned());
            (run.approval, run.question) = (None, None);
            run.stop.cancel();
        }
    }

    pub(super) fn ask(
        &mut self,
        id: &str,
        command: &str,
        description: &str,
        question: oneshot::Sender<Permission>,
    ) {
        let mut asked = json!({
            "command": command, "description": description, "pattern_key": description,
            "pattern_keys": [description], "allow_permanent": true,
            "choices": ["once", "session", "always", "deny"],
        });
        if self.is_keyed() {
            asked["allow_session"] = json!(true);
            asked["request_id"] = json!(format!("{:032x}", self.requests.len()));
        }
        self.turn(id, RunStatus::WaitingForApproval);
        self.emit(id, "approval.request", asked);
        if let Some(run) = self.runs.get_mut(id) {
            run.approval = run.events.as_ref().and_then(|events| events.last().cloned());
            if let Some(asked) = run.approval.as_mut().and_then(Value::as_object_mut) {
                asked.remove("seq");
            }
            run.question = Some(question);
        }
    }

    /// Whether a question is open.
    pub(super) fn asks(&self, id: &str) -> bool {
        self.runs.get(id).is_some_and(|run| run.question.is_some())
    }

    pub(super) fn answer(&mut self, id: &str, permission: Permission) {
        let Some(run) = self.runs.get_mut(id) else { return };
        let Some(question) = run.question.take() else { return };
        if permission != Permission::Expired {
            let asked = run.approval.take().unwrap_or_default();
            self.turn(id, RunStatus::Running);
            let choice = if permission == Permission::Given { "once" } else { "deny" };
            let mut told = json!({ "choice": choice, "resolved": 1 });
            if self.is_keyed() {
                told["request_id"] = asked["request_id"].clone();
            }
            self.emit(id, "approval.responded", told);
        }
        // The run may have ended meanwhile.
        let _ = question.send(permission);
    }

    pub(super) fn steer(&mut self, id: &str, text: &str) {
        if let Some(run) = self.runs.get_mut(id) {
            run.pending_steer.push(text.to_owned());
        }
        self.emit(id, "run.steered", json!({ "accepted": true }));
    }

    pub(super) fn hear(&mut self, id: &str) -> Vec<String> {
        self.runs.get_mut(id).map(|run| std::mem::take(&mut run.pending_steer)).unwrap_or_default()
    }

    pub(super) fn spend(&mut self, id: &str, input: u64, output: u64) {
        let Some(run) = self.runs.get_mut(id) else { return };
        let (had_input, had_output) = run.usage.unwrap_or_default();
        run.usage = Some((had_input + input, had_output + output));
        if let Some(session) = self.sessions.get_mut(&run.session) {
            session.tokens = (session.tokens.0 + input, session.tokens.1 + output);
        }
    }

    pub(super) fn bill(&mut self, session: &str, micro_usd: u64) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.micro_usd += micro_usd;
        }
    }

    pub(super) fn ignore_stop(&mut self, id: &str) {
        if let Some(run) = self.runs.get_mut(id) {
            run.ignores_stop = true;
        }
    }

    pub(super) fn ignores_stop(&self, id: &str) -> bool {
        self.runs.get(id).is_some_and(|run| run.ignores_stop)
    }

    pub(super) fn remember(&mut self, session: &str, role: &str, text: &str) {
        self.message(session, json!({ "role": role, "content": text }));
    }

    fn remember_end(&mut self, session: &str, text: &str) {
        let message = json!({ "role": "assistant", "content": text, "finish_reason": "stop" });
        self.message(session, message);
    }

    pub(super) fn remember_call(&mut self, session: &str, command: &str) {
        let arguments = json!({ "command": command }).to_string();
        let call = json!({
            "id": "call_1", "type": "function",
            "function": { "name": "terminal", "arguments": arguments },
        });
        let message = json!({
            "role": "assistant", "content": "", "tool_calls": [call], "finish_reason": "tool_calls",
        });
        self.message(session, message);
    }

    fn message(&mut self, session: &str, mut message: Value) {
        let now = self.now;
        let kept = self.sessions.entry(session.to_owned()).or_insert_with(|| SessionState {
            started_at: now,
            messages: Vec::new(),
            tokens: (0, 0),
            micro_usd: 0,
        });
        message["id"] = kept.messages.len().into();
        message["session_id"] = session.into();
        message["timestamp"] = seconds(now).into();
        kept.messages.push(message);
    }
}
