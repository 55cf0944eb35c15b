//! What all connections and runs of a gateway share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::state::GatewayState;
use crate::sandbox::clock::Clock;
use crate::sandbox::faults::{Faults, Matcher};

/// What all of its connections and runs share.
pub(super) struct GatewayShared {
    pub(super) state: Mutex<GatewayState>,
    /// Counts what happened, so that somebody can wait for it.
    pub(super) changed: watch::Sender<u64>,
    pub(super) faults: Faults,
    pub(super) clock: Clock,
    /// Answers that are no answers of a gateway, for one request each.
    pub(super) planted: Mutex<Vec<(Matcher, u16, Vec<u8>)>>,
}

impl GatewayShared {
    pub(super) fn state(&self) -> MutexGuard<'_, GatewayState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state at the present moment, and tells whoever waits for that.
    pub(super) fn change<T>(&self, deed: impl FnOnce(&mut GatewayState) -> T) -> T {
        let done = {
            let mut state = self.state();
            state.now = (self.clock)();
            deed(&mut state)
        };
        self.changed.send_modify(|count| *count += 1);
        done
    }
}
