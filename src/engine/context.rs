//! What every service of the engine works with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use regex::Regex;
use url::Url;

use super::activity::{Activity, Signal};
use super::last_poll::LastPoll;
use super::retry;
use crate::agents::Redactor;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{
    DispatchConfig, GuardsConfig, NotifyKind, PollConfig, RepositoryFilter, Secret, Watch,
};
use crate::core::decisions::TakeOver;
use crate::core::handlers::{ChangeSet, CrewRules};
use crate::core::jobs::ask_first::StartRules;
use crate::core::jobs::money::{Budgets, ChargeTerms};
use crate::core::jobs::{Commit, Draw, JobLimits, JobMerge, StepTime, Timeouts};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::quota::QuotaName;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::People;
use crate::core::policy::controls::{AgentProfile, ControlChange, PauseScope};
use crate::core::report::Hours;
use crate::core::scheduling::{AgentSlot, Limits, Routine, Rules};
use crate::gitea::Gitea;
use crate::store::Ledger;
use crate::tracer::Tracer;

/// The ledger, the forge, time, chance and what the configuration says. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub ledger: Ledger,
    pub gitea: Gitea,
    pub clock: Arc<dyn Clock>,
    pub chance: Chance,
    /// What is derived from the configuration.
    pub policy: Arc<Policy>,
    /// How long timmy waits for what.
    pub timing: Timing,
    /// Where spans go, if anywhere.
    pub tracer: Tracer,
    pub(super) activity: Arc<Activity>,
    /// Something new is stored that the queue has to see.
    pub(super) stored: Arc<Signal>,
    /// There may be something of the backlog to read.
    pub(super) moved: Arc<Signal>,
    pub(super) last_poll: Arc<LastPoll>,
}

/// What the configuration says of the work.
pub struct Policy {
    /// Who may what, by the names of the configuration.
    pub people: People,
    /// The agents, as people may know them.
    pub agents: Vec<AgentProfile>,
    /// The same, as far as issues are given to them.
    pub workers: Vec<AgentSlot>,
    /// How much they may do at once.
    pub limits: Limits,
    /// How issues are judged. timmy's own account is not part of it: the forge says which it is.
    pub rules: Rules,
    /// What is handed out by itself, and how often that is looked at.
    pub dispatch: DispatchConfig,
    pub watch: Watch,
    /// How often the forge is asked what happened there.
    pub poll: PollConfig,
    /// What a heading or a line says where a text names what makes an issue done.
    pub acceptance: Regex,
    /// The zone in which dates are meant and times are said.
    pub zone: TimeZone,
    /// The one report, if it is wanted.
    pub report: Option<Report>,
    /// What comes up again and again.
    pub routines: Vec<Routine>,
    /// Who is told elsewhere, if anybody is.
    pub notify: Option<Notify>,
    pub jobs: JobPolicy,
    /// How crews are made.
    pub crew: CrewRules,
    /// What a result must stand up to.
    pub guards: GuardsConfig,
    pub places: RunPlaces,
}

impl Policy {
    /// What an agent lives on: its quota, and what it alone was said to have no more of.
    pub(super) fn quotas_of(&self, agent: &str) -> Vec<QuotaName> {
        let slot = self.workers.iter().find(|slot| slot.name == agent);
        let own = QuotaName::Agent(agent.to_owned());
        match slot.and_then(|slot| slot.pool.clone()) {
            Some(pool) => vec![QuotaName::Pool(pool), own],
            None => vec![own],
        }
    }

    /// `changes`, which have the quotas tried of whom they let work again.
    pub(super) fn with_quotas(&self, mut changes: ChangeSet) -> ChangeSet {
        for change in &changes.fleet {
            if let ControlChange::Resume(PauseScope::Agent(agent)) = change {
                changes.quotas.extend(self.quotas_of(agent));
            }
        }
        changes
    }
}

/// Where guards run what agents wrote.
#[derive(Debug, Clone)]
pub struct RunPlaces {
    /// A folder of timmy's own, beside the ledger.
    pub runs: PathBuf,
    /// The files that nothing may see that runs there.
    pub secrets: Vec<PathBuf>,
    /// Whether agents run confined on this machine.
    pub confines_agents: bool,
}

/// What the configuration says of jobs.
#[derive(Debug, Clone)]
pub struct JobPolicy {
    /// The address of the forge, below which repositories are cloned.
    pub forge: Url,
    /// On which terms each agent works, by name.
    pub agents: BTreeMap<String, AgentTerms>,
    pub budgets: Budgets,
    /// What is asked before work begins.
    pub start_rules: StartRules,
    /// How often and how long one is tried.
    pub limits: JobLimits,
    /// How a result is taken over once a person says yes; none if nobody is asked.
    pub take_over: Option<TakeOver>,
    /// How often an open question is brought up.
    pub remind: Duration,
    /// How the forge is to merge, in its own word.
    pub merge_style: &'static str,
    /// How long a stop waits for attempts that end with timmy.
    pub stop: Duration,
    /// Hides secrets in what others wrote.
    pub redactor: Redactor,
}

/// On which terms an agent works.
#[derive(Debug, Clone)]
pub struct AgentTerms {
    /// The login of its account on the forge.
    pub account: String,
    /// Whose model it works with.
    pub family: Option<String>,
    /// A client that acts as its account, where there is a token of that.
    pub own: Option<Gitea>,
    pub timeouts: Timeouts,
    pub terms: ChargeTerms,
    /// Where it may work.
    pub repositories: RepositoryFilter,
    pub works_by: WorksBy,
    /// Whether it runs here with the rights of this service.
    pub is_unconfined: bool,
    /// Whether it takes nothing but threads.
    pub needs_thread: bool,
}

/// How an agent gets at a repository, and what it makes to the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorksBy {
    /// It clones and pushes by itself.
    Pushing,
    /// It has timmy's tools, which show one commit.
    Tools,
    /// timmy makes a clone for it, and pushes.
    Clone,
}

/// What the configuration says of the report.
#[derive(Debug, Clone)]
pub struct Report {
    /// The repository of its issue, as it is called there.
    pub repository: RepoName,
    pub title: String,
    pub hours: Hours,
    /// How long it is not looked at again, whatever moves.
    pub every: Duration,
}

/// Who is told of decisions, dead letters and incidents, beside the forge.
#[derive(Debug, Clone)]
pub struct Notify {
    pub kind: NotifyKind,
    /// Where it is sent. Its path may be a secret.
    pub url: Url,
    /// Sent to that address alone.
    pub token: Option<Secret>,
    /// When nobody is told anything.
    pub hours: Hours,
}

/// How long is waited for what a write whose answer never came may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long a write of unknown outcome may still take effect.
    pub settle: Duration,
    /// Then it is looked for once more.
    pub recheck: Duration,
}

impl Policy {
    /// Whether agents may work there.
    pub(super) fn lets_agents_work(&self, repo: &Repo) -> bool {
        let mut agents = self.jobs.agents.values();
        self.watch.covers(&repo.name)
            && agents.any(|terms| terms.repositories.covers(&repo.name, !repo.private))
    }

    /// Whether it is the account of an agent.
    pub(super) fn is_agents(&self, account: &Account) -> bool {
        self.jobs.agents.values().any(|terms| account.is(&terms.account))
    }

    /// That a pull request was merged as `commit` by this account, where the forge says which.
    pub(super) fn merge(&self, commit: Commit, by: Option<&Account>, into: &str) -> JobMerge {
        let is_its = |by: &Account| self.jobs.agents.iter().find(|(_, its)| by.is(&its.account));
        let agent = by.and_then(is_its).map(|(name, _)| name.clone());
        let into = agent.is_some().then(|| into.to_owned());
        JobMerge { commit, by_agent: agent, into }
    }
}

impl Context {
    /// These parts, and nothing to do yet.
    pub fn new(
        ledger: Ledger,
        gitea: Gitea,
        (clock, chance): (Arc<dyn Clock>, Chance),
        policy: Policy,
        timing: Timing,
    ) -> Self {
        let activity = Arc::new(Activity::default());
        let signal = || Arc::new(Signal::new(activity.clone()));
        let (stored, moved) = (signal(), signal());
        let policy = Arc::new(policy);
        let last_poll = Arc::default();
        let tracer = Tracer::default();
        Self {
            ledger,
            gitea,
            clock,
            chance,
            policy,
            timing,
            tracer,
            activity,
            stored,
            moved,
            last_poll,
        }
    }

    /// The same, whose spans go there.
    #[must_use]
    pub fn traced(self, tracer: Tracer) -> Self {
        Self { tracer, ..self }
    }

    /// The same, for reads that may find that somebody said something.
    pub(super) fn for_polling(&self) -> Self {
        Self { gitea: self.gitea.for_polling(), ..self.clone() }
    }

    /// The same, for reads that nobody waits for.
    pub(super) fn for_background(&self) -> Self {
        Self { gitea: self.gitea.for_background(), ..self.clone() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The moment of a step of a job, with its chance.
    pub(super) fn step_time(&self) -> StepTime {
        StepTime { at: self.now(), chance: Draw::of(self.chance.draw()) }
    }

    /// When to try again what has failed `failures` times.
    pub(super) fn next_try(&self, failures: u32) -> Timestamp {
        self.next_try_after(None, failures)
    }

    /// The same, if the forge asked for a pause.
    pub(super) fn next_try_after(&self, asked: Option<Duration>, failures: u32) -> Timestamp {
        self.now().after(retry::wait(asked, failures, self.chance.draw()))
    }
}
