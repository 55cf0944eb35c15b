//! What the page works with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::core::policy::audience::Audience;
use crate::engine::Engine;

/// How many answers are made at once: whoever asks for more waits, and takes nothing from the rest.
const TURNS: usize = 2;

/// How long somebody who looks waits for the ledger, with whoever came before.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the page works with.
pub struct PageState {
    pub(super) engine: Arc<Engine>,
    /// Where it listens.
    pub(super) listen: SocketAddr,
    /// Each is kept until its look has ended, also by one for whom nobody waits any longer.
    pub(super) turns: Arc<Semaphore>,
    pub(super) patience: Duration,
}

impl PageState {
    /// A page about what `engine` does, on a listener at `listen`.
    pub fn new(engine: Arc<Engine>, listen: SocketAddr) -> Self {
        Self { engine, listen, turns: Arc::new(Semaphore::new(TURNS)), patience: PATIENCE }
    }

    /// The same, which waits so long for the ledger.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Who may look: whoever has an account on this machine, or anybody.
    pub(super) fn audience(&self) -> Audience {
        match self.listen.ip().to_canonical().is_loopback() {
            true => Audience::Everything,
            false => Audience::Anybody,
        }
    }
}
