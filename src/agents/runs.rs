//! The attempts of one agent that run in this process, or did.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::run::Run;
use super::task::StoredRequest;

/// How many attempts that have ended are remembered.
const REMEMBERED: usize = 20;

/// By key, the oldest first.
#[derive(Default)]
pub(super) struct Runs(Mutex<VecDeque<(String, Arc<Run>)>>);

/// What a request to begin found.
pub(super) enum Begun {
    /// It is new: whoever asked has to do it.
    New,
    /// The same runs, or ran.
    Before,
    /// Another one has this key.
    Other,
}

impl Runs {
    fn runs(&self) -> MutexGuard<'_, VecDeque<(String, Arc<Run>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, key: &str) -> Option<Arc<Run>> {
        self.runs().iter().find(|(known, _)| known == key).map(|(_, run)| run.clone())
    }

    /// Remembers `run` for `request`, unless its key is known.
    pub(super) fn begin(&self, request: &StoredRequest, run: &Arc<Run>) -> Begun {
        let mut runs = self.runs();
        if let Some((_, known)) = runs.iter().find(|(key, _)| *key == request.key) {
            return if known.body == request.body { Begun::Before } else { Begun::Other };
        }
        runs.push_back((request.key.clone(), run.clone()));
        // What runs is never forgotten.
        while runs.len() > REMEMBERED {
            let Some(nth) = runs.iter().position(|(_, run)| run.is_over()) else { break };
            runs.remove(nth);
        }
        Begun::New
    }
}
