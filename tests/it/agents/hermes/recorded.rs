//! What real gateways were recorded to say, of 0.19, 0.21 and 0.22: one exchange a line, as far as
//! timmy asks for such things. Keys are left out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An exchange with a gateway.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RecordedExchange {
    pub(super) version: String,
    pub(super) name: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The body; `null` if it is no JSON.
    #[serde(default)]
    pub(super) json: Value,
    /// A body that is no JSON: a text, or a stream of events.
    pub(super) text: Option<String>,
}

impl RecordedExchange {
    /// What was asked for: `run`, `stop`, `session` and the like.
    pub(super) fn kind(&self) -> &'static str {
        kind(&self.method, &self.path)
    }

    /// The run in its path.
    pub(super) fn run(&self) -> Option<&str> {
        self.path.split('/').find(|segment| segment.starts_with("run_"))
    }

    pub(super) fn body(&self) -> String {
        self.text.clone().unwrap_or_else(|| self.json.to_string())
    }

    /// The events of a stream.
    pub(super) fn events(&self) -> Vec<Value> {
        events(self.text.as_deref().unwrap_or_default())
    }
}

/// The events in a stream, as far as they are whole.
pub(super) fn events(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|json| serde_json::from_str(json).ok()).collect()
}

/// What a request asks a gateway for.
pub(super) fn kind(method: &str, path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        ("GET", ["health"]) => "short health",
        ("GET", ["health", "detailed"]) => "health",
        ("GET", ["v1", "capabilities"]) => "capabilities",
        ("POST", ["v1", "runs"]) => "start",
        ("GET", ["v1", "runs", _]) => "run",
        ("GET", ["v1", "runs", _, "events"]) => "events",
        ("POST", ["v1", "runs", _, "stop"]) => "stop",
        ("POST", ["v1", "runs", _, "steer"]) => "steer",
        ("POST", ["v1", "runs", _, "approval"]) => "approval",
        ("GET", ["api", "sessions", _]) => "session",
        ("GET", ["api", "sessions", _, "messages"]) => "messages",
        _ => "something else",
    }
}

/// All that was recorded, the oldest version first.
pub(super) fn all() -> Vec<RecordedExchange> {
    let files = [include_str!("recorded/0.19.jsonl"), include_str!("recorded/0.22.jsonl")];
    let lines = files.into_iter().flat_map(str::lines);
    lines.map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// What was recorded of this version under a name that begins so: `40-`.
pub(super) fn named(version: &str, start: &str) -> RecordedExchange {
    let found = all().into_iter().find(|one| one.version == version && one.name.starts_with(start));
    found.unwrap_or_else(|| panic!("{version}: no recording {start}"))
}
