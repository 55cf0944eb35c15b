//! An agent that does as the test says, at the other end of a pipe.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use crate::agents::acp::connection::AcpConnection;
use crate::agents::acp::opening::{PATIENCE, open};
use crate::agents::acp::permission::PermissionPolicy;
use crate::agents::acp::turn::{Turning, turn};
use crate::agents::redact::Redactor;
use crate::agents::run::{Run, WorkEnd};
use crate::agents::transcript::{Speaker, TranscriptEntry};
use crate::agents::trouble::AgentTrouble;
use crate::clock::{Clock, ManualClock};
use crate::config::AcpPermission;
use crate::core::jobs::money::Usage;
use crate::core::model::time::Timestamp;

/// Where it works.
pub(super) const FOLDER: &str = "/timmy/checkout";

/// How a session went.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) end: WorkEnd,
    pub(super) usage: Usage,
    pub(super) transcript: Vec<TranscriptEntry>,
    not_opened: Option<AgentTrouble>,
}

impl Told {
    pub(super) fn said_by(&self, speaker: Speaker) -> Vec<&str> {
        let by = self.transcript.iter().filter(|entry| entry.speaker == speaker);
        by.map(|entry| entry.text.as_str()).collect()
    }

    /// Why nothing began.
    pub(super) fn trouble(self) -> AgentTrouble {
        self.not_opened.unwrap_or_else(|| panic!("it began, and ended with {:?}", self.end))
    }
}

pub(super) struct ScriptedAgent {
    input: Lines<BufReader<ReadHalf<DuplexStream>>>,
    output: WriteHalf<DuplexStream>,
    /// The numbers under which timmy asks, by those of the script.
    numbers: HashMap<u64, Value>,
}

impl ScriptedAgent {
    /// The next message to it; none at the end.
    pub(super) async fn hears(&mut self) -> Option<Value> {
        let line = self.input.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Waits for a request or a notification with this name.
    pub(super) async fn asked(&mut self, method: &str) -> Value {
        let message = self.hears().await.unwrap_or_else(|| panic!("no {method}: it ended"));
        assert_eq!(message["method"], method, "{message}");
        message
    }

    /// Waits for the same as in a recording.
    pub(super) async fn expects(&mut self, recorded: &Value) {
        let message = self.hears().await.unwrap_or_else(|| panic!("no {recorded}: it ended"));
        assert_eq!(message["method"], recorded["method"], "{message}");
        if recorded["method"].is_null() {
            assert_eq!(message["id"], recorded["id"]);
            assert_eq!(message["result"], recorded["result"], "{message}");
            assert_eq!(message["error"]["code"], recorded["error"]["code"], "{message}");
        } else if let Some(id) = recorded["id"].as_u64() {
            if recorded["method"] != "initialize" && recorded["method"] != "session/prompt" {
                assert_eq!(message["params"], recorded["params"]);
            }
            self.numbers.insert(id, message["id"].clone());
        }
    }

    /// An answer of the recording answers what timmy asked.
    pub(super) fn renumber(&self, message: &mut Value) {
        if message.get("method").is_none()
            && let Some(known) = message["id"].as_u64().and_then(|id| self.numbers.get(&id))
        {
            message["id"] = known.clone();
        }
    }

    pub(super) async fn says(&mut self, message: &Value) {
        self.prints(&format!("{message}\n")).await;
    }

    pub(super) async fn prints(&mut self, text: &str) {
        // Whoever does not read it to its end has reasons.
        let _ = self.output.write_all(text.as_bytes()).await;
    }

    pub(super) async fn answers(&mut self, asked: &Value, result: Value) {
        self.says(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result })).await;
    }

    pub(super) async fn updates(&mut self, update: Value) {
        let params = json!({ "sessionId": "s", "update": update });
        self.says(&json!({ "method": "session/update", "params": params })).await;
    }

    pub(super) async fn speaks(&mut self, text: &str) {
        let content = json!({ "type": "text", "text": text });
        self.updates(json!({ "sessionUpdate": "agent_message_chunk", "content": content })).await;
    }

    /// Asks whether it may run a command.
    pub(super) async fn asks(&mut self, id: Value, session: &str, command: &str) {
        let call = json!({ "toolCallId": "t", "kind": "execute", "title": "a command",
            "rawInput": { "command": command } });
        let options = json!([
            { "optionId": "yes", "kind": "allow_once", "name": "Yes" },
            { "optionId": "no", "kind": "reject_once", "name": "No" },
        ]);
        let params = json!({ "sessionId": session, "toolCall": call, "options": options });
        let method = "session/request_permission";
        self.says(&json!({ "id": id, "method": method, "params": params })).await;
    }

    /// Opens the session `s` and waits for the prompt.
    pub(super) async fn opens(&mut self) -> Value {
        let asked = self.asked("initialize").await;
        self.answers(&asked, json!({ "protocolVersion": 1 })).await;
        let asked = self.asked("session/new").await;
        self.answers(&asked, json!({ "sessionId": "s" })).await;
        self.asked("session/prompt").await
    }

    pub(super) async fn finishes(&mut self, prompt: &Value) {
        self.answers(prompt, json!({ "stopReason": "end_turn" })).await;
    }

    /// Reads on until timmy closes the line.
    pub(super) async fn ends(mut self) {
        while self.hears().await.is_some() {}
    }
}

/// timmy's side of a session, for a test that looks at it meanwhile.
pub(super) struct Side {
    pub(super) run: Arc<Run>,
    pub(super) clock: ManualClock,
    /// How long it waits for each answer in the beginning.
    pub(super) patience: Duration,
}

impl Side {
    pub(super) fn new() -> Self {
        let run = Arc::new(Run::new(String::new(), Redactor::new(["the-token-of-ezra"])));
        Self { run, clock: ManualClock::at(Timestamp::default()), patience: PATIENCE }
    }

    /// Returns when it waits for answers to these.
    pub(super) async fn until(&self, is_so: impl Fn(&Run) -> bool) {
        while !is_so(&self.run) {
            tokio::task::yield_now().await;
        }
    }

    /// Leads the whole session with the agent. `denies`: what is not allowed is denied.
    pub(super) async fn leads(&self, line: DuplexStream, mode: &str, denies: bool) -> Told {
        let (output, input) = tokio::io::split(line);
        let mut connection = AcpConnection::new(output, input);
        let clock: &dyn Clock = &self.clock;
        let opened = open(&mut connection, (clock, self.patience), FOLDER, mode).await;
        let allowed = vec![AcpPermission::Read, AcpPermission::Edit];
        let policy = PermissionPolicy { allowed, denies };
        let (end, not_opened) = match opened {
            Err(error) => (WorkEnd::Stopped, Some(error.trouble())),
            Ok(session) => {
                let with = Turning {
                    connection: &mut connection,
                    session: &session,
                    policy: &policy,
                    folder: FOLDER,
                    run: &self.run,
                    clock,
                };
                (turn(with, "do it").await, None)
            }
        };
        let transcript = self.run.transcript();
        let (beginning, rest) = transcript.parts();
        let transcript = beginning.iter().chain(rest).cloned().collect();
        Told { end, usage: self.run.usage(), transcript, not_opened }
    }
}

/// An agent, and the other end of its line.
pub(super) fn agent() -> (ScriptedAgent, DuplexStream) {
    let (line, other) = tokio::io::duplex(64 << 10);
    let (input, output) = tokio::io::split(other);
    let input = BufReader::new(input).lines();
    (ScriptedAgent { input, output, numbers: HashMap::new() }, line)
}

/// How a session goes with an agent that does `part`. What the policy does not allow is denied.
pub(super) async fn session<F: Future<Output = ()>>(
    mode: &str,
    part: impl FnOnce(ScriptedAgent) -> F,
) -> Told {
    let (agent, line) = agent();
    let side = Side::new();
    tokio::join!(side.leads(line, mode, true), part(agent)).0
}
