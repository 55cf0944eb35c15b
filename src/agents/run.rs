//! How an attempt goes: what it tells whoever looks, and what it is told meanwhile.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::agent::{AgentEnding, FailureKind, Sighting, SteerOutcome};
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
    transcript: Transcript,
    end: Option<WorkEnd>,
}

impl Run {
    pub(super) fn new(body: String, redactor: Redactor) -> Self {
        let (stop, state) = (CancellationToken::new(), Mutex::default());
        Self { body, stop, redactor, state }
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

    /// Until when its quota is used up, if it ended by that.
    pub(super) fn spent_until(&self) -> Option<Timestamp> {
        match self.state().end {
            Some(WorkEnd::Failed { kind: FailureKind::PoolSpent { until }, .. }) => until,
            _ => None,
        }
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
            None => match &state.away {
                Some(trouble) => Err(trouble.clone()),
                None => Ok(Sighting::Working {
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
