//! What the configuration says about the backlog: how it is judged, and who can take how much.

use std::collections::BTreeMap;

use super::{AgentConfig, AgentKind, AskBefore, BudgetConfig, Config, MicroUsd, RepositoryFilter};
use crate::core::jobs::ask_first::StartRules;
use crate::core::jobs::money::{Budgets, Ceiling, ChargeTerms};
use crate::core::jobs::{JobLimits, Timeouts};
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoId;
use crate::core::model::spending::Spent;
use crate::core::scheduling::{AgentSlot, Limits, Pool, QuotaWindow, Rules};

/// How many lines a worker holds at once: for an attempt its session, what shows that its agent is busy,
/// and what it fetches or brings; for an agent how that is, twice while one takes the place of another.
const LINES_OF_ATTEMPT: usize = 3;
const LINES_OF_AGENT: usize = 2;

/// The same of guards, of which two run at once.
const LINES_OF_GUARDS: usize = 2 * LINES_OF_ATTEMPT + LINES_OF_AGENT;

/// What the agents may do, as far as that depends on what the ledger holds.
#[derive(Debug, Clone, Default)]
pub struct FleetLimits {
    /// In which repositories, by agent; one that is not there may work in all.
    pub repositories: BTreeMap<String, RepositoryFilter>,
    /// What they may spend.
    pub budgets: Budgets,
    /// What is protected everywhere.
    pub protected: Vec<Glob>,
    /// What is protected beside that, by repository.
    pub protected_there: BTreeMap<RepoId, Vec<Glob>>,
    /// How many jobs may start by themselves on a day.
    pub starts_per_day: u32,
}

impl FleetLimits {
    /// What is configured as protected in `repo`.
    pub fn protected_in(&self, repo: RepoId) -> Vec<Glob> {
        let there = self.protected_there.get(&repo).into_iter().flatten();
        self.protected.iter().chain(there).cloned().collect()
    }
}

impl Config {
    /// How issues are judged. Which account is timmy's own, the file does not say.
    pub fn rules(&self) -> Rules {
        Rules {
            weights: self.score.weights,
            epic_labels: self.score.epic_labels.clone(),
            authors: self.dispatch.authors.clone(),
            machines: self.agents.iter().map(|agent| agent.account.clone()).collect(),
            writers: self.people.trusted().map(str::to_owned).collect(),
            attempts: self.dispatch.attempts,
        }
    }

    /// The agents that issues can be given to.
    pub fn workers(&self) -> Vec<AgentSlot> {
        self.agents.iter().map(|agent| self.worker(agent)).collect()
    }

    fn worker(&self, agent: &AgentConfig) -> AgentSlot {
        let bound = self.charge_terms(agent).bound;
        AgentSlot {
            name: agent.name.clone(),
            roles: agent.roles.iter().map(ToString::to_string).collect(),
            skills: agent.skills.clone(),
            host: agent.host.clone(),
            pool: agent.pool.clone(),
            capacity: agent.capacity,
            prior: agent.prior,
            is_up: true,
            micro_usd: bound.micro_usd,
            tokens: bound.tokens,
            family: agent.family.clone(),
            ..AgentSlot::default()
        }
    }

    /// What an attempt of `agent` is charged.
    pub fn charge_terms(&self, agent: &AgentConfig) -> ChargeTerms {
        let most = match &agent.kind {
            AgentKind::OpenAi { max_tokens, .. } => Some(*max_tokens),
            AgentKind::Elsewhere { max_tokens, .. } => *max_tokens,
            _ => None,
        };
        let MicroUsd(issue) = self.budget.issue;
        ChargeTerms::new(agent.price, most, issue, self.dispatch.attempts)
    }

    /// In which repositories each agent may work, and what it may cost.
    pub fn fleet_limits(&self) -> FleetLimits {
        let agents = self.agents.iter();
        FleetLimits {
            repositories: agents.map(|one| (one.name.clone(), one.repositories.clone())).collect(),
            budgets: self.budgets(),
            protected: self.guards.rules.protected.clone(),
            protected_there: BTreeMap::new(),
            starts_per_day: self.dispatch.starts_per_day,
        }
    }

    /// How many attempts of `agent` may be under way at once.
    pub fn attempts_at_once(&self, agent: &AgentConfig) -> u32 {
        match agent.host {
            Some(_) => agent.capacity.min(self.dispatch.per_host),
            None => agent.capacity,
        }
    }

    /// How many lines the workers of other hosts hold at once, at most.
    pub fn worker_lines(&self) -> usize {
        let is_away = |agent: &&AgentConfig| matches!(agent.kind, AgentKind::Elsewhere { .. });
        let (mut agents, mut by_host) = (0, BTreeMap::<Option<&str>, u32>::new());
        for agent in self.agents.iter().filter(is_away) {
            agents += 1;
            let attempts = by_host.entry(agent.host.as_deref()).or_default();
            *attempts = attempts.saturating_add(agent.capacity).min(self.dispatch.per_host);
        }
        let attempts =
            by_host.values().map(|attempts| usize::try_from(*attempts).unwrap_or(usize::MAX));
        let attempts = attempts.fold(0, usize::saturating_add);
        let guards = if self.guards.away.is_some() { LINES_OF_GUARDS } else { 0 };
        attempts.saturating_mul(LINES_OF_ATTEMPT).saturating_add(agents * LINES_OF_AGENT + guards)
    }

    /// How long an attempt of `agent` may take.
    pub fn timeouts(&self, agent: &AgentConfig) -> Timeouts {
        match agent.kind {
            AgentKind::Forge => agent.timeout.of_one_unseen(self.dispatch.timeout),
            _ => agent.timeout.over(self.dispatch.timeout),
        }
    }

    /// What may be spent.
    pub fn budgets(&self) -> Budgets {
        let most =
            |MicroUsd(micro_usd)| Ceiling { micro_usd: Some(micro_usd), ..Ceiling::default() };
        let BudgetConfig { issue, agent_day, day } = self.budget;
        Budgets { issue: most(issue), agent_day: most(agent_day), day: most(day) }
    }

    /// How often and how long a job is tried.
    pub fn job_limits(&self) -> JobLimits {
        let (attempts, repairs) = (self.dispatch.attempts, self.dispatch.repairs);
        let default = JobLimits::default();
        // Checks that never end, and runs, are found not to have ended, before a person is asked instead.
        let longest = (self.guards.rules.checks_within * 2).max(self.guards.longest_runs());
        let judging = default.judging.max(longest);
        JobLimits { attempts, repairs, judging, begin: self.accept.expire, ..default }
    }

    /// What people are asked before work begins.
    pub fn start_rules(&self) -> StartRules {
        let paths = self.guards.rules.protected.clone();
        let mut rules = StartRules { paths, ..StartRules::default() };
        for reason in &self.dispatch.ask {
            match reason {
                AskBefore::Devops => rules.devops = true,
                AskBefore::Protected => rules.protected = true,
                // Of two limits the lower one is asked about first.
                AskBefore::Over(MicroUsd(over)) => {
                    rules.over = Some(rules.over.map_or(*over, |other| other.min(*over)));
                }
            }
        }
        rules
    }

    /// How much may run at once.
    pub fn limits(&self) -> Limits {
        let window = |window: &super::PoolWindow| QuotaWindow {
            per: window.per,
            most: window.ceiling,
            used: Spent::default(),
        };
        let pool = |pool: &super::PoolConfig| Pool {
            name: pool.name.clone(),
            concurrent: pool.concurrent,
            is_empty: false,
            windows: pool.windows.iter().map(window).collect(),
            tries: None,
        };
        Limits {
            per_host: self.dispatch.per_host,
            per_repository: self.dispatch.per_repository,
            reviews_waiting: self.dispatch.reviews_waiting,
            minimum: self.dispatch.minimum,
            issue_micro_usd: self.budgets().issue.micro_usd,
            pools: self.pools.iter().map(pool).collect(),
        }
    }
}
