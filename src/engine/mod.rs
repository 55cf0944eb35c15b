//! The loops that do things: one lane per thread, what is due later, what has to be looked at again,
//! and the catch-up, which finds what no webhook told.
//!
//! Within a thread everything happens in order: a text is dealt with only when what earlier texts
//! of the thread caused is done. Threads do not wait for one another.

mod backoff;
mod bonds;
mod catchup;
mod deliver;
mod errands;
mod facts;
mod fleet;
mod hear;
mod identity;
mod lanes;
mod moved;
mod rights;
mod store;
mod troubles;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Poll, Watch};
use crate::core::authority::People;
use crate::core::fleet::Agent;
use crate::core::heard::Account;
use crate::core::time::Timestamp;
use crate::gitea::Gitea;
use crate::store::{Error, Ledger};

/// What the engine is made of.
pub struct Parts {
    /// timmy's memory.
    pub ledger: Ledger,
    /// The forge.
    pub gitea: Gitea,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may what.
    pub people: Arc<People>,
    /// The agents, as people may know them.
    pub agents: Vec<Agent>,
    /// Which repositories are watched.
    pub watch: Watch,
    /// How often the forge is asked what happened there.
    pub poll: Poll,
    /// The zone in which dates are meant and times are said.
    pub zone: TimeZone,
    /// How long a write whose answer never came may still be under way; [`crate::crash::SETTLE`] if in doubt.
    pub settle: Duration,
}

/// The engine. It does nothing until [`Engine::run`].
pub struct Engine {
    parts: Parts,
    own: OnceCell<Account>,
    told: std::sync::Mutex<rights::Shown>,
    open: std::sync::Mutex<troubles::Open>,
    /// Held while a label is looked for and made.
    no_label_before: Mutex<Timestamp>,
    bell: lanes::Bell,
    polled: watch::Sender<Timestamp>,
}

impl Engine {
    /// An engine of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            own: OnceCell::new(),
            told: std::sync::Mutex::default(),
            open: std::sync::Mutex::default(),
            no_label_before: Mutex::default(),
            bell: lanes::Bell::default(),
            polled: watch::Sender::default(),
        })
    }

    /// Works until `stop`; what has been begun is finished first.
    ///
    /// # Errors
    /// If the ledger cannot be read or written. Nothing that the forge does ends it.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), Error> {
        let lanes = self.clone().run_lanes(stop.clone());
        tokio::try_join!(lanes, self.catch_up(&stop)).map(drop)
    }
}

impl std::ops::Deref for Engine {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
