//! The backlog as a command sees it: brought up to date if nobody else does so, else as the
//! ledger has it. Nothing is hidden: it is for the owner's own terminal.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::progress::Bar;
use crate::app::{self, AppError, Clocks};
use crate::cli::output::complain;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, FleetLimits};
use crate::core::handlers::{BacklogFacts, BacklogQuery};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::reply::{Queue, Why};
use crate::core::scheduling::{RankedBacklog, Roster, Rules};
use crate::engine::{self, JobDrivers, SyncProgress};
use crate::store::{self, Connection, Ledger, OpenError, Readers, backlog, repos, threads};

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

/// By what the backlog is judged.
pub(super) struct Judge {
    rules: Rules,
    roster: Roster,
    limits: FleetLimits,
    pub(super) zone: TimeZone,
}

impl Judge {
    /// As the configuration says. How agents are right now, only the process that drives them knows.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            rules: config.rules(),
            roster: Roster::idle(config.workers(), config.limits()),
            limits: config.fleet_limits(),
            zone: config.people.timezone.clone(),
        }
    }

    /// The backlog as the ledger has it at `now`.
    pub(super) fn rank(
        mut self,
        conn: &Connection,
        now: Timestamp,
    ) -> Result<RankedBacklog, store::Error> {
        self.rules.machines.extend(engine::remembered(conn)?.map(|own| own.login));
        engine::rank_backlog(conn, self.rules, (self.roster, &self.limits), self.zone, now)
    }
}

/// What timmy is called: its account's name, as far as the ledger remembers it.
pub(super) fn own_name(conn: &Connection) -> Result<String, store::Error> {
    Ok(engine::remembered(conn)?.map_or_else(|| "timmy".to_owned(), |own| own.login))
}

/// The backlog, judged now.
pub(super) struct BacklogView {
    /// Who would get what. It names what was asked about.
    pub(super) backlog: BacklogFacts,
    /// Why it may be old: what the forge said instead of telling what moved.
    pub(super) stale: Option<String>,
    /// What timmy is called in commands.
    pub(super) name: String,
    ledger: Readers,
}

impl BacklogView {
    /// As [`BacklogView::take`], with a bar while it reads and a word about what is missing.
    pub(super) async fn shown(config: &Config) -> Result<Self, BacklogError> {
        let view = {
            let bar = Bar::new();
            Self::take(config, &|progress| bar.show(progress)).await?
        };
        if let Some(problem) = &view.stale {
            complain(&format!("what moved lately is missing: {problem}"));
        }
        Ok(view)
    }

    /// Reads what moved, the first time all of it, if no other process owns the ledger; then
    /// judges what is known.
    async fn take(
        config: &Config,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<Self, BacklogError> {
        let (ledger, stale, is_ours) =
            match app::engine(config, Clocks::system(), Some(JobDrivers::default())) {
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
        let (judge, mode, now) = (Judge::of(config), config.dispatch.autonomy(), SystemClock.now());
        let read = ledger.read(move |conn| {
            let judged = Arc::new(judge.rank(conn, now)?);
            Ok((BacklogFacts::new(judged, unread, mode, []), own_name(conn)?))
        });
        let (backlog, name) = read.await?;
        Ok(Self { backlog, stale, name, ledger })
    }

    /// What comes next: `most` issues.
    pub(super) async fn queue(&mut self, most: usize) -> Result<Queue, store::Error> {
        let next = HashMap::from([(None, most)]);
        self.name(&BacklogQuery { next, ..BacklogQuery::default() }, Vec::new()).await?;
        Ok(self.backlog.queue(most))
    }

    /// Why an issue is handed out, or not; none if it is not in the backlog.
    pub(super) async fn why(&mut self, thread: ThreadId) -> Result<Option<Why>, store::Error> {
        let Some(case) = self.backlog.ask(thread) else { return Ok(None) };
        let near: Vec<ThreadId> = case.facts.waits_for.iter().copied().chain([thread]).collect();
        self.name(&BacklogQuery::default(), near.clone()).await?;
        let read = self.ledger.read(move |conn| {
            let known = near.iter().map(|thread| repos::name(conn, thread.repo));
            let known = known.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
            let known = known.into_iter().map(|repo| (repo.id, repo));
            Ok((threads::state(conn, thread)?, known.collect::<HashMap<_, _>>()))
        });
        let (state, repos) = read.await?;
        Ok(self.backlog.why(thread, &state, &repos))
    }

    /// Learns what those issues are called that an answer to `query` names, and `others`.
    async fn name(
        &mut self,
        query: &BacklogQuery,
        others: Vec<ThreadId>,
    ) -> Result<(), store::Error> {
        let mut wanted = others;
        wanted.extend(query.wanted(&self.backlog, &HashMap::new(), |_| true));
        let read = self.ledger.read(move |conn| backlog::titles(conn, &wanted));
        self.backlog.titles.extend(read.await?);
        Ok(())
    }

    /// See [`Readers::read`].
    pub(super) async fn read<T, F>(&self, look: F) -> Result<T, store::Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, store::Error> + Send + 'static,
    {
        self.ledger.read(look).await
    }
}
