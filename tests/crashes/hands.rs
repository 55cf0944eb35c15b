//! A clock that all of a run shares: the machine's, and ahead of it by what the test let pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use timmy::clock::{Clock as _, SystemClock};
use timmy::sandbox;

use crate::support::clock::until_noon;

#[derive(Clone)]
pub struct Hands(Arc<AtomicU64>);

impl Default for Hands {
    /// It begins at noon: no day ends that the test does not let end.
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(until_noon().as_secs())))
    }
}

impl Hands {
    /// So many seconds pass.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Another clock, which is so many seconds ahead of this one.
    #[cfg(feature = "temporal")]
    pub fn later(&self, seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(self.0.load(Ordering::SeqCst) + seconds)))
    }

    /// How far it is ahead, as a process is told that is started now.
    pub fn ahead(&self) -> String {
        self.0.load(Ordering::SeqCst).to_string()
    }

    /// For what runs in this process.
    pub fn clock(&self) -> sandbox::Clock {
        let hands = self.clone();
        Arc::new(move || {
            SystemClock.now().after(Duration::from_secs(hands.0.load(Ordering::SeqCst)))
        })
    }
}
