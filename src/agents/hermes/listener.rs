//! Listens to what runs stream: what an agent does just now, and what it asks.
//!
//! Old gateways let one listen, once; nothing of that is needed to know how a run stands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::gateway::{Failed, GatewayClient};
use super::wire::{WireApproval, WireRunEvent};
use crate::agents::event_stream::EventStream;
use crate::clock::Clock;

/// How long a stream may be silent; gateways send something every half minute.
const SILENCE: Duration = Duration::from_secs(2 * 60);

/// What was heard of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// What the agent does.
    pub(super) doing: Option<String>,
    /// What it asked last, and nobody answered.
    pub(super) question: Option<WireApproval>,
    /// How many events there were.
    pub(super) count: u64,
}

impl Heard {
    fn hear(&mut self, event: WireRunEvent) {
        self.count += 1;
        match event.event.as_str() {
            "tool.started" => {
                let tool = event.tool.unwrap_or_default();
                self.doing = Some(format!("{tool}: {}", event.preview.unwrap_or_default()));
            }
            "message.delta" => self.doing = Some("writes".to_owned()),
            "approval.request" => self.question = Some(event.approval),
            "approval.responded" => self.question = None,
            _ => {}
        }
    }
}

#[derive(Default)]
struct StreamLine {
    heard: Heard,
    /// Whether somebody listens, or nobody can.
    is_taken: bool,
}

type Lines = Mutex<HashMap<String, StreamLine>>;

/// What is heard of all runs that were not seen to end.
pub(super) struct EventListener {
    gateway: Arc<GatewayClient>,
    clock: Arc<dyn Clock>,
    lines: Arc<Lines>,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl EventListener {
    pub(super) fn new(gateway: Arc<GatewayClient>, clock: Arc<dyn Clock>) -> Self {
        let stop = CancellationToken::new();
        let _guard = stop.clone().drop_guard();
        Self { gateway, clock, lines: Arc::default(), stop, _guard }
    }

    /// What was heard of a run so far; listens to it from now on.
    pub(super) fn heard(&self, run: &str) -> Heard {
        let (heard, is_taken) = {
            let mut lines = lock(&self.lines);
            let line = lines.entry(run.to_owned()).or_default();
            (line.heard.clone(), std::mem::replace(&mut line.is_taken, true))
        };
        if !is_taken {
            let listening = listen(
                self.gateway.clone(),
                self.clock.clone(),
                self.lines.clone(),
                run.to_owned(),
            );
            tokio::spawn(self.stop.clone().run_until_cancelled_owned(listening));
        }
        heard
    }

    /// It is over: nothing of it is kept.
    pub(super) fn forget(&self, run: &str) {
        lock(&self.lines).remove(run);
    }
}

fn lock(lines: &Lines) -> MutexGuard<'_, HashMap<String, StreamLine>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens to the end of a stream. Where it broke off and can be had again, it is taken up with the
/// next look at the run.
async fn listen(
    gateway: Arc<GatewayClient>,
    clock: Arc<dyn Clock>,
    lines: Arc<Lines>,
    run: String,
) {
    let can_be_had_again = match gateway.listen(&["v1", "runs", &run, "events"]).await {
        Ok(mut response) => {
            let mut stream = EventStream::default();
            let mut is_first = true;
            loop {
                let piece = tokio::select! {
                    biased;
                    piece = response.chunk() => piece,
                    () = clock.sleep(SILENCE) => break,
                };
                let Ok(Some(piece)) = piece else { break };
                let Ok(messages) = stream.push(&piece) else { break };
                if !hear(&lines, &run, &messages, &mut is_first) {
                    return;
                }
            }
            // Where nothing is replayed, a second one hears nothing and is refused.
            true
        }
        Err(Failed::NotSent(_) | Failed::Unknown(_)) => true,
        Err(Failed::Refused { .. }) => false,
    };
    if let Some(line) = lock(&lines).get_mut(&run) {
        line.is_taken = !can_be_had_again;
    }
}

/// Takes in messages; whether anybody still wants to know.
fn hear(lines: &Lines, run: &str, messages: &[String], is_first: &mut bool) -> bool {
    let mut lines = lock(lines);
    let Some(line) = lines.get_mut(run) else { return false };
    let events = messages.iter().filter_map(|message| serde_json::from_str(message).ok());
    for event in events {
        // What is replayed is not counted twice.
        if std::mem::take(is_first) {
            line.heard = Heard::default();
        }
        line.heard.hear(event);
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::agents::hermes::listener::*;

    #[test]
    fn what_is_heard_is_what_it_does_and_asks() {
        let mut heard = Heard::default();
        let mut hear = |json: &str| {
            heard.hear(serde_json::from_str(json).unwrap());
            heard.clone()
        };
        let started =
            hear(r#"{"event":"tool.started","tool":"terminal","preview":"ls -la","seq":0}"#);
        assert_eq!(started.doing.as_deref(), Some("terminal: ls -la"));
        let asked = hear(
            r#"{"command":"rm -rf ./junk","description":"recursive delete","event":"approval.request"}"#,
        );
        assert_eq!(asked.question.unwrap().command.as_deref(), Some("rm -rf ./junk"));
        assert_eq!(hear(r#"{"event":"approval.responded","choice":"deny"}"#).question, None);
        assert_eq!(hear(r#"{"event":"something.new"}"#).count, 4);
    }
}
