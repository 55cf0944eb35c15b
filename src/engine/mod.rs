//! The loops that do things: one lane per thread, what is due later, what has to be looked at again,
//! the catch-up, which finds what no webhook told, the backlog, which is read in full once, and the
//! tick, which decides who is to get what.
//!
//! Within a thread everything happens in order: a text is dealt with only when what earlier texts
//! of the thread caused is done. Threads do not wait for one another.

mod accounts;
mod backlog;
mod backoff;
mod bonds;
mod catchup;
mod confirm;
mod deliver;
mod errands;
mod facts;
mod fleet;
mod hear;
mod identity;
mod lanes;
mod look;
mod moved;
mod ranking;
mod relayed;
mod report;
mod rights;
mod store;
mod tick;
mod troubles;
pub mod watched;
mod wishes;

pub use identity::remembered;
pub use ranking::judge;
pub use report::{Listener, Report, Spoken, Telling, gather, outlook};

use std::sync::Arc;
use std::time::Duration;

pub use backlog::{Progress, Unread};

use jiff::tz::TimeZone;
use regex::Regex;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Dispatch, Poll, Watch};
use crate::core::authority::People;
use crate::core::backlog::text::Reader;
use crate::core::backlog::{Limits, Rules, Worker};
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
    /// Who may what, by the names of the configuration.
    pub people: People,
    /// The agents, as people may know them.
    pub agents: Vec<Agent>,
    /// The same, as far as issues are given to them.
    pub workers: Vec<Worker>,
    /// How much they may do at once.
    pub limits: Limits,
    /// How issues are judged. Whose account is timmy's own, the forge tells.
    pub rules: Rules,
    /// What is handed out by itself, and how often that is looked at.
    pub dispatch: Dispatch,
    /// Which repositories are watched.
    pub watch: Watch,
    /// How often the forge is asked what happened there.
    pub poll: Poll,
    /// What a heading or a line says where a text names what makes an issue done.
    pub acceptance: Regex,
    /// The zone in which dates are meant and times are said.
    pub zone: TimeZone,
    /// The one report, if it is wanted.
    pub report: Option<Report>,
    /// How long a write whose answer never came may still be under way; [`crate::crash::SETTLE`] if in doubt.
    pub settle: Duration,
}

/// The engine. It does nothing until [`Engine::run`].
pub struct Engine {
    parts: Parts,
    own: OnceCell<Account>,
    accounts: accounts::Accounts,
    told: std::sync::Mutex<rights::Shown>,
    open: std::sync::Mutex<troubles::Open>,
    /// Held while a label is looked for and made.
    no_label_before: Mutex<Timestamp>,
    bell: lanes::Bell,
    pace: std::sync::Mutex<report::Pace>,
    /// Rings when there may be something of the backlog to read.
    stock: lanes::Bell,
    reader: Arc<Reader>,
    polled: watch::Sender<Timestamp>,
    ticked: watch::Sender<Timestamp>,
    kept: Mutex<Option<ranking::Kept>>,
}

impl Engine {
    /// An engine of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let reader = Arc::new(Reader::new(parts.acceptance.clone()));
        Arc::new(Self {
            accounts: accounts::Accounts::new(&parts.people, &parts.rules),
            parts,
            reader,
            stock: lanes::Bell::default(),
            own: OnceCell::new(),
            told: std::sync::Mutex::default(),
            open: std::sync::Mutex::default(),
            no_label_before: Mutex::default(),
            bell: lanes::Bell::default(),
            pace: std::sync::Mutex::default(),
            polled: watch::Sender::default(),
            ticked: watch::Sender::default(),
            kept: Mutex::default(),
        })
    }

    /// Works until `stop`; what has been begun is finished first.
    ///
    /// # Errors
    /// If the ledger cannot be read or written. Nothing that the forge does ends it.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), Error> {
        self.remember_accounts().await?;
        let lanes = self.clone().run_lanes(stop.clone());
        let (found, kept) = (self.catch_up(&stop), self.keep_backlog(&stop));
        tokio::try_join!(lanes, found, kept, self.run_ticks(&stop)).map(drop)
    }
}

impl std::ops::Deref for Engine {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
