//! The background work: the queue with its inbox and outbox, scheduled tasks, polling, backlog
//! sync, matching, the report.
//!
//! Within a thread everything happens in order: a text is dealt with only when what earlier texts
//! of the thread caused is done. Threads do not wait for one another.

mod accounts;
mod audience;
mod backlog_snapshot;
mod commit;
mod confirmations;
mod controls_snapshot;
mod dependencies;
mod identity;
mod inbox;
mod incidents;
mod outbox;
mod permissions;
mod planner;
mod poll;
mod queue;
mod relayed;
mod relocate;
mod report;
pub mod repositories;
mod retry;
mod snapshot;
mod sync;
mod tasks;
mod tick;

pub use identity::remembered;
pub use planner::rank_backlog;
pub use report::{Report, ReportAudience, ReportResult, ReportScope, gather, outlook};

use std::sync::Arc;
use std::time::Duration;

pub use sync::{NotSynced, SyncProgress};

use jiff::tz::TimeZone;
use regex::Regex;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Dispatch, Poll, Watch};
use crate::core::model::account::Account;
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::People;
use crate::core::policy::controls::AgentProfile;
use crate::core::scheduling::text::TextReader;
use crate::core::scheduling::{AgentSlot, Limits, Rules};
use crate::gitea::Gitea;
use crate::store::{Error, Ledger};

/// What the engine is made of.
pub struct Context {
    /// timmy's memory.
    pub ledger: Ledger,
    /// The forge.
    pub gitea: Gitea,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may what, by the names of the configuration.
    pub people: People,
    /// The agents, as people may know them.
    pub agents: Vec<AgentProfile>,
    /// The same, as far as issues are given to them.
    pub workers: Vec<AgentSlot>,
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
    parts: Context,
    own: OnceCell<Account>,
    accounts: accounts::Accounts,
    told: std::sync::Mutex<permissions::KnownProofs>,
    open: std::sync::Mutex<incidents::OpenIncidents>,
    /// Held while a label is looked for and made.
    labels_not_before: Mutex<Timestamp>,
    wakeup: queue::Wakeup,
    pace: std::sync::Mutex<report::ReportSchedule>,
    /// Rings when there may be something of the backlog to read.
    sync_wakeup: queue::Wakeup,
    reader: Arc<TextReader>,
    polled: watch::Sender<Timestamp>,
    ticked: watch::Sender<Timestamp>,
    kept: Mutex<Option<planner::CachedRanking>>,
}

impl Engine {
    /// An engine of these parts.
    pub fn new(parts: Context) -> Arc<Self> {
        let reader = Arc::new(TextReader::new(parts.acceptance.clone()));
        Arc::new(Self {
            accounts: accounts::Accounts::new(&parts.people, &parts.rules),
            parts,
            reader,
            sync_wakeup: queue::Wakeup::default(),
            own: OnceCell::new(),
            told: std::sync::Mutex::default(),
            open: std::sync::Mutex::default(),
            labels_not_before: Mutex::default(),
            wakeup: queue::Wakeup::default(),
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
        self.load_accounts().await?;
        let lanes = self.clone().run_queue(stop.clone());
        let (found, kept) = (self.run_poller(&stop), self.run_sync(&stop));
        tokio::try_join!(lanes, found, kept, self.run_planner(&stop)).map(drop)
    }
}

impl std::ops::Deref for Engine {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.parts
    }
}
