//! The ranked backlog: built when somebody asks, cached for a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{Mutex, MutexGuard};

use super::accounts::Accounts;
use super::context::{AgentTerms, Context, JobPolicy};
use super::identity::Identity;
use super::jobs::Fleet;
use super::repository_policies::RepositoryPolicies;
use super::roster::FleetRecords;
use crate::config::FleetLimits;
use crate::core::jobs::ask_first::names_protected;
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoId;
use crate::core::model::issue::NamedPaths;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AgentSlot, IssueFacts, RankedBacklog, RankingInput, Roster, Rules};
use crate::store::{Connection, Error, backlog, controls, jobs, repos, scope_answers};

/// How long a ranking is kept. Facts of a large backlog take tens of megabytes: nobody shall pay
/// for them who does not look.
const KEPT: Duration = Duration::from_secs(60);

/// What is next, and who would do it.
pub(super) struct Planner {
    ctx: Context,
    identity: Arc<Identity>,
    accounts: Arc<Accounts>,
    fleet: Arc<Fleet>,
    policies: Arc<RepositoryPolicies>,
    cached: Mutex<Option<CachedRanking>>,
    /// Held by background work for as long as it uses a ranking.
    turn: Mutex<()>,
}

/// The ranking that was made last, and what it was made of.
struct CachedRanking {
    judged: Arc<RankedBacklog>,
    version: i64,
    policies: u64,
    knows_itself: bool,
}

impl CachedRanking {
    fn is_old(&self, now: Timestamp) -> bool {
        let made = self.judged.setting.now;
        now < made || made.after(KEPT) <= now || self.judged.holds_until() <= now
    }
}

impl Planner {
    pub(super) fn new(
        ctx: Context,
        identity: Arc<Identity>,
        accounts: Arc<Accounts>,
        fleet: Arc<Fleet>,
        policies: Arc<RepositoryPolicies>,
    ) -> Self {
        let (cached, turn) = (Mutex::default(), Mutex::default());
        Self { ctx, identity, accounts, fleet, policies, cached, turn }
    }

    /// Lets background work use rankings one after the other: what moved in between makes a new
    /// one, and two of a large backlog take twice the memory. What it gives is held until the
    /// ranking is dropped.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// The whole backlog, judged at most a minute ago, with everything that moved since then.
    pub(super) async fn ranking(&self) -> Result<Arc<RankedBacklog>, Error> {
        self.versioned_ranking().await.map(|(judged, _)| judged)
    }

    /// The same, with the version of the backlog that was judged.
    pub(super) async fn versioned_ranking(&self) -> Result<(Arc<RankedBacklog>, i64), Error> {
        // Held all the while: a second ranking beside the first would take as much memory again.
        let mut cached = self.cached.lock().await;
        let now = self.ctx.now();
        let knows_itself = self.identity.known().is_some();
        let policies = self.policies.version();
        let version = self.ctx.ledger.read(backlog::version).await?;
        if let Some(cached) = &*cached
            && (cached.version, cached.policies, cached.knows_itself)
                == (version, policies, knows_itself)
            && !cached.is_old(now)
        {
            return Ok((cached.judged.clone(), cached.version));
        }
        *cached = None;
        let (rules, roster, zone) =
            (self.present_rules(), self.roster(now), self.ctx.policy.zone.clone());
        let limits = self.limits();
        let judge = self.ctx.ledger.read(move |conn| {
            let judged = rank_backlog(conn, rules, (roster, &limits), zone, now)?;
            Ok((backlog::version(conn)?, Arc::new(judged)))
        });
        let (version, judged) = judge.await?;
        *cached = Some(CachedRanking { judged: judged.clone(), version, policies, knows_itself });
        Ok((judged, version))
    }

    /// Lets go of a ranking that nobody may be given any more.
    pub(super) async fn forget_old(&self) {
        let now = self.ctx.now();
        self.cached.lock().await.take_if(|cached| cached.is_old(now));
    }

    /// What the configuration says, and whose account is timmy's own.
    pub(super) fn present_rules(&self) -> Rules {
        let mut rules = self.accounts.present_rules();
        rules.machines.extend(self.identity.known().map(|own| own.login.clone()));
        rules
    }

    /// The agents as they were found to be: what runs, the ledger says. Where none can be driven,
    /// it is told what would be handed out if they could.
    fn roster(&self, now: Timestamp) -> Roster {
        let workers = &self.ctx.policy.workers;
        let mut workers = match self.fleet.is_empty() {
            true => workers.clone(),
            false => self.fleet.slots(workers, now),
        };
        self.keep_out(&mut workers);
        let until = self.fleet.changes_at(now);
        Roster { until, ..Roster::idle(workers, self.ctx.policy.limits.clone()) }
    }

    /// Keeps agents out of repositories whose people do not want them there.
    fn keep_out(&self, workers: &mut [AgentSlot]) {
        let restricted = self.policies.restricted();
        for worker in workers.iter_mut().filter(|_| !restricted.is_empty()) {
            let shut =
                |repo: &&RepoId| !self.policies.admits(**repo, &worker.name, &worker.roles, true);
            let shut: Vec<RepoId> = restricted.iter().filter(shut).copied().collect();
            worker.workplaces = worker.workplaces.without(shut);
        }
    }

    /// The repositories in which something would be handed out have their policy read. Where no
    /// agent can be driven nothing is.
    pub(super) async fn read_policies(&self, judged: &RankedBacklog) -> Result<(), Error> {
        if self.fleet.is_empty() {
            return Ok(());
        }
        let given = judged.choices().iter().filter(|choice| choice.winner.is_some());
        let places: BTreeSet<RepoId> = given.map(|choice| choice.thread.repo).collect();
        let named = self.ctx.ledger.read(move |conn| {
            let named = places.into_iter().map(|place| repos::name(conn, place));
            named.collect::<Result<Vec<_>, _>>()
        });
        let named: Vec<Repo> = named.await?.into_iter().flatten().collect();
        self.policies.refresh(&named).await;
        Ok(())
    }

    fn limits(&self) -> FleetLimits {
        let JobPolicy { agents, budgets, start_rules, .. } = &self.ctx.policy.jobs;
        let repositories =
            |(name, terms): (&String, &AgentTerms)| (name.clone(), terms.repositories.clone());
        FleetLimits {
            repositories: agents.iter().map(repositories).collect(),
            budgets: *budgets,
            protected: start_rules.paths.clone(),
            protected_there: self.policies.all_protected(),
            starts_per_day: self.ctx.policy.dispatch.starts_per_day,
        }
    }
}

/// The whole backlog as the ledger knows it at the moment `now`, judged by `rules` for the agents
/// of `roster`, who may do so much.
///
/// # Errors
/// If the ledger cannot be read.
pub fn rank_backlog(
    conn: &Connection,
    rules: Rules,
    (roster, limits): (Roster, &FleetLimits),
    zone: TimeZone,
    now: Timestamp,
) -> Result<RankedBacklog, Error> {
    let fleet = controls::at(conn, now)?;
    let records = FleetRecords {
        conn,
        controls: &fleet,
        limits,
        machines: &rules.machines,
        zone: &zone,
        now,
    };
    let roster = records.added_to(roster)?;
    let setting = RankingInput { now, zone, rules, pauses: fleet.pauses, roster };
    let mut facts = backlog::facts(conn, now)?;
    jobs::add_work(conn, &mut facts)?;
    if setting.roster.workers.iter().any(|worker| worker.cannot_ask) {
        let mut globs: BTreeMap<RepoId, Vec<Glob>> = BTreeMap::new();
        let mut see = |facts: &mut IssueFacts, named: &NamedPaths| {
            let repo = facts.thread.repo;
            let globs = globs.entry(repo).or_insert_with(|| limits.protected_in(repo));
            facts.names_protected |= names_protected(named, globs);
        };
        backlog::look_at_paths(conn, &mut facts, &mut see)?;
        let answered = scope_answers::named_paths(conn)?;
        for facts in &mut facts {
            if let Some(named) = answered.get(&facts.thread) {
                see(facts, named);
            }
        }
    }
    Ok(RankedBacklog::new(facts, setting))
}
