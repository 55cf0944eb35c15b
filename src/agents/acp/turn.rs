//! The one turn of a session: the prompt, what comes of it, and how it is cancelled.
//!
//! A session that was cancelled is never asked again: some agents send what was cancelled once more
//! with the next prompt, and do it then.

use std::time::Duration;

use serde_json::{Value, json};

use super::connection::AcpConnection;
use super::end;
use super::heard::Heard;
use super::opening::{OpenSession, is_mode};
use super::permission::{self, PermissionPolicy, Permitted};
use super::wire::{
    LONGEST_ID, WireError, WireMessage, WireOption, WirePermissionRequest, WireSessionUpdate,
    WireTurnEnd, WireUpdate,
};
use crate::agents::agent::FailureKind;
use crate::agents::run::{Run, WorkEnd};
use crate::agents::transcript::Speaker;
use crate::clock::{Clock, Waiting};

/// How long an agent that is to stop may take to say that it did.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The most questions that one agent has open at once.
const MOST_OPEN: usize = 100;

/// How many ways to answer one are remembered.
const MOST_OPTIONS: usize = 20;

/// What a turn needs.
pub(super) struct Turning<'a> {
    pub(super) connection: &'a mut AcpConnection,
    pub(super) session: &'a OpenSession,
    pub(super) policy: &'a PermissionPolicy,
    /// Where it works, as it sees that.
    pub(super) folder: &'a str,
    pub(super) run: &'a Run,
    pub(super) clock: &'a dyn Clock,
}

/// What the agent asks and nobody has answered.
struct OpenQuestion {
    number: u64,
    id: Value,
    options: Vec<WireOption>,
}

/// A turn while it goes.
struct GoingTurn<'a> {
    with: Turning<'a>,
    prompt: u64,
    heard: Heard,
    open: Vec<OpenQuestion>,
    asked: u64,
    is_cancelled: bool,
}

/// Asks the agent to do what `prompt` says, and waits until it has, or gave up, or was stopped.
pub(super) async fn turn(with: Turning<'_>, prompt: &str) -> WorkEnd {
    let content = json!([{ "type": "text", "text": prompt }]);
    let params = json!({ "sessionId": with.session.id, "prompt": content });
    let prompt = with.connection.ask("session/prompt", params);
    let mut turn = GoingTurn {
        with,
        prompt,
        heard: Heard::default(),
        open: Vec::new(),
        asked: 0,
        is_cancelled: false,
    };
    let end = turn.go().await;
    turn.with.run.asks_no_more(turn.is_cancelled);
    // What it said last is kept, however it ended.
    turn.last_words();
    turn.note_nonsense();
    end
}

impl GoingTurn<'_> {
    async fn go(&mut self) -> WorkEnd {
        let (run, clock) = (self.with.run, self.with.clock);
        let mut patience: Waiting = Box::pin(std::future::pending());
        loop {
            let message = tokio::select! {
                biased;
                () = run.stop.cancelled(), if !self.is_cancelled => {
                    self.cancel();
                    patience = clock.sleep(PATIENCE);
                    continue;
                }
                () = &mut patience => return WorkEnd::Stopped,
                () = run.answered.notified(), if !self.is_cancelled => {
                    self.pass_on();
                    continue;
                }
                message = self.with.connection.receive() => message,
            };
            let end = match message {
                Ok(message) => self.message(message),
                Err(lost) => Some(end::failed(FailureKind::GaveUp, lost.to_string())),
            };
            if let Some(end) = end {
                return if self.is_cancelled { WorkEnd::Stopped } else { end };
            }
        }
    }

    /// The agent is to stop. What it asks is answered at once: left open, that holds up some.
    fn cancel(&mut self) {
        self.is_cancelled = true;
        let connection = &mut *self.with.connection;
        connection.notify("session/cancel", json!({ "sessionId": self.with.session.id }));
        for question in self.open.drain(..) {
            connection.answer(question.id, permission::cancelled());
        }
        self.with.run.asks_no_more(true);
    }

    /// Tells the agent what was said to its questions.
    fn pass_on(&mut self) {
        for (number, is_allowed) in self.with.run.take_said() {
            let Some(place) = self.open.iter().position(|one| one.number == number) else {
                continue;
            };
            let question = self.open.remove(place);
            let answer = permission::answer(&question.options, is_allowed);
            self.with.connection.answer(question.id, answer);
            self.note(if is_allowed { "A person allowed this, once." } else { "This was denied." });
        }
    }

    /// What follows from a message; the end, if it is that.
    fn message(&mut self, message: WireMessage) -> Option<WorkEnd> {
        match message {
            WireMessage::Answer { id, given } if id == self.prompt => Some(self.over(given)),
            // Nobody waits for that any more.
            WireMessage::Answer { .. } => None,
            WireMessage::Request { id, method, params } => {
                self.with.run.is_alive();
                match method.as_str() {
                    "session/request_permission" => self.permission(id, params),
                    _ => self.with.connection.answer_unknown(id, &method),
                }
                None
            }
            WireMessage::Notification { method, params } if method == "session/update" => {
                match serde_json::from_value::<WireSessionUpdate>(params) {
                    Ok(told) if told.session_id == self.with.session.id => self.update(told.update),
                    // Of another session, or of a later version.
                    _ => None,
                }
            }
            WireMessage::Notification { .. } => None,
        }
    }

    fn update(&mut self, update: WireUpdate) -> Option<WorkEnd> {
        self.with.run.is_alive();
        if self.is_other_mode(&update) {
            let reason = format!("it left the mode {:?}, into which it was put", self.mode());
            return Some(end::failed(FailureKind::GaveUp, reason));
        }
        self.heard.update(update, self.with.run, self.with.clock.now());
        None
    }

    fn mode(&self) -> &str {
        &self.with.session.mode
    }

    /// Whether the agent tells that it put itself into another mode, in which it may ask nothing.
    fn is_other_mode(&self, update: &WireUpdate) -> bool {
        match update {
            WireUpdate::CurrentModeUpdate { mode } => mode != self.mode(),
            WireUpdate::ConfigOptionUpdate { options } => {
                let mut modes = options.iter().filter(|option| is_mode(option));
                modes.any(|option| option.current_value.as_str().is_some_and(|m| m != self.mode()))
            }
            _ => false,
        }
    }

    fn over(&mut self, given: Result<Value, WireError>) -> WorkEnd {
        let run = self.with.run;
        let answer = match given {
            Ok(answer) => answer,
            Err(error) => return end::of_error(&error, run.redactor()),
        };
        let Ok(answer) = serde_json::from_value::<WireTurnEnd>(answer) else {
            let reason = "its answer to the prompt is none".to_owned();
            return end::failed(FailureKind::GaveUp, reason);
        };
        self.heard.used(answer.usage.and_then(end::tokens), run);
        let said = self.last_words();
        end::of_answer(&answer, said)
    }

    fn permission(&mut self, id: Value, params: Value) {
        let (connection, run) = (&mut *self.with.connection, self.with.run);
        let request = match serde_json::from_value::<WirePermissionRequest>(params) {
            Ok(request) if request.session_id == self.with.session.id => request,
            _ => return connection.answer(id, permission::cancelled()),
        };
        if self.is_cancelled || self.open.len() >= MOST_OPEN {
            return connection.answer(id, permission::cancelled());
        }
        let question = permission::question(&request, self.with.folder, run.redactor());
        let permitted = self.with.policy.of(&request);
        let answered = match permitted {
            Permitted::Asked => {
                self.asked += 1;
                let number = self.asked;
                let mut options = request.options;
                options.retain(|option| option.option_id.len() <= LONGEST_ID);
                options.truncate(MOST_OPTIONS);
                self.open.push(OpenQuestion { number, id, options });
                self.note(&format!("It asks whether it may do this: {question}"));
                return run.asks(number, question);
            }
            Permitted::Yes => "Allowed",
            Permitted::No => "Denied",
        };
        let is_allowed = permitted == Permitted::Yes;
        connection.answer(id, permission::answer(&request.options, is_allowed));
        self.note(&format!("{answered} by the configuration: {question}"));
    }

    fn last_words(&mut self) -> String {
        self.heard.last_words(self.with.run, self.with.clock.now())
    }

    fn note(&self, text: &str) {
        self.with.run.note(self.with.clock.now(), Speaker::Note, text);
    }

    fn note_nonsense(&self) {
        let lines = self.with.connection.nonsense;
        if lines > 0 {
            self.note(&format!("{lines} lines of its output were no messages."));
        }
    }
}
