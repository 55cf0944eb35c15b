//! The backlog as a command sees it: brought up to date if nobody else does so, else as the
//! ledger has it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::{self, AppError, Clocks};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, DispatchMode};
use crate::core::handlers::{BacklogFacts, IssueCase, ThreadTitle};
use crate::core::model::ids::ThreadId;
use crate::core::reply::Mode;
use crate::core::scheduling::{RankedBacklog, Roster};
use crate::engine::{self, SyncProgress};
use crate::store::{self, Ledger, OpenError, Readers, backlog};

/// Why the backlog cannot be seen.
#[derive(Debug, thiserror::Error)]
pub(super) enum BacklogError {
    /// There is no engine that could read it.
    #[error(transparent)]
    Start(#[from] AppError),
    /// The ledger that another process writes cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] store::Error),
    /// The forge does not let it be read, and nothing of it is known.
    #[error("the backlog cannot be read: {0}. `timmy doctor` says more")]
    Unread(String),
    /// The process that owns the ledger has not read it yet.
    #[error("the backlog is being read by the timmy that runs: ask again in a minute")]
    NotYet,
    /// There are no repositories.
    #[error("there is nothing to watch: `timmy doctor` says what `gitea.watch` leads to")]
    NothingWatched,
}

/// The backlog, judged now. Nothing is hidden: it is for the owner's own terminal.
pub(super) struct BacklogView {
    /// Who would get what. It names only what it is told to: see [`BacklogView::study`].
    pub(super) backlog: BacklogFacts,
    /// Why it may be old: what the forge said instead of telling what moved.
    pub(super) stale: Option<String>,
    ledger: Readers,
}

impl BacklogView {
    /// Reads what moved, the first time all of it, if no other process owns the ledger; then
    /// judges what is known.
    pub(super) async fn take(
        config: &Config,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<Self, BacklogError> {
        let (ledger, stale, is_ours) = match app::engine(config, Clocks::system()) {
            Ok((ledger, engine)) => {
                let read = engine.read_backlog(progress).await;
                (ledger.readers(), read.err().map(|unread| unread.to_string()), true)
            }
            Err(AppError::Ledger(OpenError::Held { .. })) => {
                (Ledger::open_read_only(&config.ledger.path)?, None, false)
            }
            Err(failure) => return Err(failure.into()),
        };
        let stock = ledger.read(|conn| Ok((backlog::tracked(conn)?.len(), backlog::unread(conn)?)));
        let (tracked, unread) = stock.await?;
        if unread == tracked {
            return Err(match (stale, tracked) {
                (Some(problem), _) => BacklogError::Unread(problem),
                (None, 0) => BacklogError::NothingWatched,
                (None, _) if is_ours => {
                    BacklogError::Unread("no repository lets me list it".to_owned())
                }
                (None, _) => BacklogError::NotYet,
            });
        }
        let backlog = judged(&ledger, config, unread).await?;
        Ok(Self { backlog, stale, ledger })
    }

    /// What issues and pull requests are called, as far as they are open.
    pub(super) async fn titles(
        &self,
        threads: Vec<ThreadId>,
    ) -> Result<HashMap<ThreadId, backlog::StoredTitle>, store::Error> {
        self.ledger.read(move |conn| backlog::titles(conn, &threads)).await
    }

    /// See [`Readers::read`].
    pub(super) async fn read<T, F>(&self, look: F) -> Result<T, store::Error>
    where
        T: Send + 'static,
        F: FnOnce(&store::Connection) -> Result<T, store::Error> + Send + 'static,
    {
        self.ledger.read(look).await
    }

    /// Gets to know all about one issue, so that it can be explained; `false` if it is not in the
    /// backlog.
    pub(super) async fn study(&mut self, thread: ThreadId) -> Result<bool, store::Error> {
        let backlog = &self.backlog;
        let Some(case) = IssueCase::of(&backlog.judged, &backlog.choices, thread) else {
            return Ok(false);
        };
        let named = case.named().chain([thread]).chain(case.facts.waits_for.iter().copied());
        let titles = self.titles(named.collect()).await?.into_iter();
        self.backlog.titles.extend(titles.map(|(thread, title)| {
            (thread, ThreadTitle { repo: title.repo.name, title: title.title })
        }));
        self.backlog.cases.insert(thread, case);
        Ok(true)
    }
}

async fn judged(
    ledger: &Readers,
    config: &Config,
    unread: usize,
) -> Result<BacklogFacts, store::Error> {
    let now = SystemClock.now();
    let (mut rules, zone) = (config.rules(), config.people.timezone.clone());
    let roster = Roster::idle(config.workers(), config.limits());
    let mode = match config.dispatch.mode {
        DispatchMode::Off => Mode::Off,
        DispatchMode::Suggest => Mode::Suggest,
        DispatchMode::Auto => Mode::Auto,
    };
    let judge = ledger.read(move |conn| {
        rules.machines.extend(engine::remembered(conn)?.map(|own| own.login));
        let judged: RankedBacklog = engine::rank_backlog(conn, rules, roster, zone, now)?;
        let choices = judged.choose();
        Ok((Arc::new(judged), choices))
    });
    let (judged, choices) = judge.await?;
    let (cases, titles) = (HashMap::new(), HashMap::new());
    Ok(BacklogFacts { judged, choices, unread, mode, cases, titles })
}
