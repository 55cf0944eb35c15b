//! How an attempt goes: what it tells whoever looks, and what it is told meanwhile.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::agent::{AgentEnding, Allowance, FailureKind, Sighting, SteerOutcome};
use super::redact::Redactor;
use super::transcript::{Speaker, Transcript, TranscriptEntry};
use super::trouble::AgentTrouble;
use crate::core::jobs::money::Usage;
use crate::core::model::time::Timestamp;

/// The most texts that wait for an attempt.
const MOST_TOLD: usize = 20;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WorkEnd {
    /// By itself; the text holds its result line.
    Finished(String),
    Failed {
        kind: FailureKind,
        reason: String,
    },
    Stopped,
}

/// An attempt that runs in this process, or did.
pub(super) struct Run {
    /// The request that started it.
    pub(super) body: String,
    pub(super) stop: CancellationToken,
    /// A question of it was answered.
    pub(super) answered: Notify,
    redactor: Redactor,
    state: Mutex<RunState>,
}

#[derive(Default)]
struct RunState {
    doing: Option<String>,
    signs: u64,
    away: Option<AgentTrouble>,
    usage: Usage,
    told: VecDeque<String>,
    asked: AskedQuestions,
    transcript: Transcript,
    end: Option<WorkEnd>,
}

/// What an attempt asks whether it may do it. Each question has a number.
#[derive(Default)]
struct AskedQuestions {
    /// What it waits for, the oldest first.
    open: Vec<(u64, String)>,
    /// What was said to that, and it has not heard yet.
    said: Vec<(u64, bool)>,
    /// Whether it was stopped while it waited.
    was_left_open: bool,
}

impl Run {
    pub(super) fn new(body: String, redactor: Redactor) -> Self {
        let (stop, answered) = (CancellationToken::new(), Notify::new());
        Self { body, stop, answered, redactor, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It shows a sign of life.
    pub(super) fn is_alive(&self) {
        let mut state = self.state();
        state.signs += 1;
        state.away = None;
    }

    /// What it does now, on one line.
    pub(super) fn does(&self, doing: String) {
        let doing = self.redactor.redact(&doing);
        let mut state = self.state();
        state.doing = Some(doing);
        state.signs += 1;
    }

    /// Its model cannot be reached.
    pub(super) fn waits_for_its_host(&self, trouble: AgentTrouble) {
        self.state().away = Some(trouble);
    }

    pub(super) fn uses(&self, usage: Usage) {
        self.state().usage = usage;
    }

    pub(super) fn note(&self, at: Timestamp, speaker: Speaker, text: &str) {
        let entry = TranscriptEntry { at: Some(at), speaker, text: text.to_owned() };
        self.state().transcript.push(&self.redactor, entry);
    }

    /// What it was told since it last asked.
    pub(super) fn take_told(&self) -> VecDeque<String> {
        std::mem::take(&mut self.state().told)
    }

    /// It asks something under this number.
    pub(super) fn asks(&self, number: u64, question: String) {
        self.state().asked.open.push((number, question));
    }

    /// It waits for no answer any more. `is_stopped`: since it was stopped.
    pub(super) fn asks_no_more(&self, is_stopped: bool) {
        let mut state = self.state();
        let asked = &mut state.asked;
        asked.was_left_open |= is_stopped && !asked.open.is_empty();
        asked.open.clear();
        asked.said.clear();
    }

    /// Whether it was stopped while it waited for an answer.
    pub(super) fn left_a_question(&self) -> bool {
        self.state().asked.was_left_open
    }

    /// Says `is_allowed` to what it asks first, or to `question` if it asks that.
    pub(super) fn answer(&self, question: Option<&str>, is_allowed: bool) -> Allowance {
        let mut state = self.state();
        if self.stop.is_cancelled() || state.end.is_some() {
            return Allowance::NotAwaited;
        }
        let is_meant = |(_, asked): &(u64, String)| question.is_none_or(|only| only == asked);
        let Some(place) = state.asked.open.iter().position(is_meant) else {
            return Allowance::NotAwaited;
        };
        let (number, _) = state.asked.open.remove(place);
        state.asked.said.push((number, is_allowed));
        self.answered.notify_one();
        Allowance::Taken
    }

    /// What was said to its questions since this was asked last.
    pub(super) fn take_said(&self) -> Vec<(u64, bool)> {
        std::mem::take(&mut self.state().asked.said)
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// What `text` is without secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// It is over. A second end changes nothing.
    pub(super) fn ends(&self, end: WorkEnd) {
        self.state().end.get_or_insert(end);
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().end.is_some()
    }

    pub(super) fn steer(&self, text: &str) -> SteerOutcome {
        let mut state = self.state();
        if state.end.is_some() || self.stop.is_cancelled() || state.told.len() == MOST_TOLD {
            return SteerOutcome::NotNow;
        }
        state.told.push_back(text.to_owned());
        SteerOutcome::Taken
    }

    pub(super) fn usage(&self) -> Usage {
        self.state().usage
    }

    pub(super) fn transcript(&self) -> Transcript {
        self.state().transcript.clone()
    }

    pub(super) fn sighting(&self) -> Result<Sighting, AgentTrouble> {
        let state = self.state();
        let usage = state.usage;
        match &state.end {
            None => match (&state.away, state.asked.open.first()) {
                (Some(trouble), _) => Err(trouble.clone()),
                (None, Some((_, question))) => {
                    Ok(Sighting::Asks { question: Some(question.clone()), until: None })
                }
                (None, None) => Ok(Sighting::Working {
                    doing: state.doing.clone(),
                    sign: state.signs.to_string(),
                }),
            },
            Some(WorkEnd::Finished(text)) => {
                let unheard: Vec<_> = state.told.iter().cloned().collect();
                let unheard = (!unheard.is_empty()).then(|| unheard.join("\n\n"));
                Ok(Sighting::Ended(AgentEnding { text: text.clone(), usage, unheard }))
            }
            Some(WorkEnd::Failed { kind, reason }) => {
                Ok(Sighting::Failed { kind: *kind, reason: reason.clone(), usage })
            }
            Some(WorkEnd::Stopped) => Ok(Sighting::Stopped(usage)),
        }
    }
}
