//! What the configuration says about the backlog: how it is judged, and who can take how much.

use super::{AgentConfig, BudgetConfig, Config, MicroUsd};
use crate::core::jobs::money::{Budgets, Ceiling};
use crate::core::jobs::{JobLimits, Timeouts};
use crate::core::scheduling::{AgentSlot, Limits, Pool, Rules};

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
        self.agents.iter().map(worker).collect()
    }

    /// How long an attempt of `agent` may take.
    pub fn timeouts(&self, agent: &AgentConfig) -> Timeouts {
        agent.timeout.over(self.dispatch.timeout)
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
        JobLimits { attempts, repairs, ..JobLimits::default() }
    }

    /// How much may run at once.
    pub fn limits(&self) -> Limits {
        let pool = |pool: &super::PoolConfig| Pool {
            name: pool.name.clone(),
            concurrent: pool.concurrent,
            is_empty: false,
        };
        Limits {
            per_host: self.dispatch.per_host,
            per_repository: self.dispatch.per_repository,
            reviews_waiting: self.dispatch.reviews_waiting,
            minimum: self.dispatch.minimum,
            pools: self.pools.iter().map(pool).collect(),
        }
    }
}

fn worker(agent: &AgentConfig) -> AgentSlot {
    AgentSlot {
        name: agent.name.clone(),
        roles: agent.roles.iter().map(ToString::to_string).collect(),
        skills: agent.skills.clone(),
        host: agent.host.clone(),
        pool: agent.pool.clone(),
        capacity: agent.capacity,
        prior: agent.prior,
        is_up: true,
        is_spent: false,
    }
}
