//! How an attempt goes: what it tells whoever looks, and the answers that it waits for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::end::TurnEnd;
use crate::agents::agent::{AgentEnding, Allowance, Sighting};
use crate::agents::redact::Redactor;
use crate::agents::transcript::{Speaker, Transcript, TranscriptEntry};
use crate::core::jobs::money::{Tokens, Usage};
use crate::core::model::time::Timestamp;

/// An attempt that runs in this process, or did.
pub(super) struct AcpRun {
    pub(super) stop: CancellationToken,
    /// A question of it was answered.
    pub(super) answered: Notify,
    pub(super) redactor: Redactor,
    state: Mutex<RunState>,
}

#[derive(Default)]
struct RunState {
    doing: Option<String>,
    signs: u64,
    usage: Usage,
    transcript: Transcript,
    /// What it waits for, the oldest first: its number and the question.
    open: Vec<(u64, String)>,
    /// What was said to that, and the agent has not heard yet.
    said: Vec<(u64, bool)>,
    end: Option<TurnEnd>,
}

impl AcpRun {
    pub(super) fn new(redactor: Redactor) -> Self {
        let (stop, answered) = (CancellationToken::new(), Notify::new());
        Self { stop, answered, redactor, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It shows a sign of life.
    pub(super) fn is_alive(&self) {
        self.state().signs += 1;
    }

    /// What it does now, on one line.
    pub(super) fn does(&self, doing: &str) {
        let doing = self.redactor.redact(doing);
        self.state().doing = Some(doing);
    }

    pub(super) fn note(&self, at: Timestamp, speaker: Speaker, text: &str) {
        let entry = TranscriptEntry { at: Some(at), speaker, text: text.to_owned() };
        self.state().transcript.push(&self.redactor, entry);
    }

    pub(super) fn used(&self, tokens: Tokens) {
        self.state().usage.tokens = Some(tokens);
    }

    /// It has cost so much so far. Less than before is no word.
    pub(super) fn cost(&self, micro_usd: u64) {
        let mut state = self.state();
        state.usage.micro_usd = state.usage.micro_usd.max(Some(micro_usd));
    }

    pub(super) fn asks(&self, number: u64, question: String) {
        self.state().open.push((number, question));
    }

    /// It waits for nothing any more.
    pub(super) fn asks_no_more(&self) {
        let mut state = self.state();
        state.open.clear();
        state.said.clear();
    }

    /// Says `is_allowed` to what it asks first, or to `question` if that is what it asks.
    pub(super) fn answer(&self, question: Option<&str>, is_allowed: bool) -> Allowance {
        let mut state = self.state();
        let is_meant = |(_, asked): &(u64, String)| question.is_none_or(|only| only == asked);
        if self.stop.is_cancelled() || state.end.is_some() {
            return Allowance::NotAwaited;
        }
        let Some(place) = state.open.iter().position(is_meant) else {
            return Allowance::NotAwaited;
        };
        let (number, _) = state.open.remove(place);
        state.said.push((number, is_allowed));
        self.answered.notify_one();
        Allowance::Taken
    }

    /// What was said since this was asked last.
    pub(super) fn take_said(&self) -> Vec<(u64, bool)> {
        std::mem::take(&mut self.state().said)
    }

    /// It is over. A second end changes nothing.
    pub(super) fn ends(&self, end: TurnEnd) {
        self.state().end.get_or_insert(end);
    }

    pub(super) fn usage(&self) -> Usage {
        self.state().usage
    }

    pub(super) fn transcript(&self) -> Transcript {
        self.state().transcript.clone()
    }

    pub(super) fn sighting(&self) -> Sighting {
        let state = self.state();
        let usage = state.usage;
        match &state.end {
            None => match state.open.first() {
                Some((_, question)) => {
                    Sighting::Asks { question: Some(question.clone()), until: None }
                }
                None => {
                    Sighting::Working { doing: state.doing.clone(), sign: state.signs.to_string() }
                }
            },
            Some(TurnEnd::Finished(text)) => {
                Sighting::Ended(AgentEnding { text: text.clone(), usage, unheard: None })
            }
            Some(TurnEnd::Failed { kind, reason }) => {
                Sighting::Failed { kind: *kind, reason: reason.clone(), usage }
            }
            Some(TurnEnd::Stopped) => Sighting::Stopped(usage),
        }
    }
}
