//! When a round of polling was last completed.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::core::model::time::Timestamp;

/// No moment.
const NEVER: i64 = i64::MIN;

#[derive(Debug)]
pub(super) struct LastPoll(AtomicI64);

impl Default for LastPoll {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl LastPoll {
    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.micros(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Option<Timestamp> {
        let micros = self.0.load(Ordering::Relaxed);
        (micros != NEVER).then(|| Timestamp::from_micros(micros))
    }
}
