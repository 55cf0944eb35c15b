//! Why nobody got a job: how that is said, and what it says of agents.

use jiff::tz::TimeZone;

use crate::core::jobs::Job;
use crate::core::jobs::ladder::Rung;
use crate::core::jobs::money::{BudgetScope, BudgetShortage};
use crate::core::model::time::{Timestamp, said as said_at};
use crate::core::scheduling::Rejection;
use crate::store::jobs::LeaseRefusal;

/// What is said of a job that nobody got.
pub(super) struct RefusalWords {
    /// Where nobody was even tried.
    pub(super) nobody: &'static str,
    /// What the job is about.
    pub(super) what: &'static str,
    /// The agent that was named for it: whoever reads that it waits, reads for whom.
    pub(super) named: Option<String>,
    pub(super) zone: TimeZone,
}

impl RefusalWords {
    /// Why nobody got it: of each agent that was tried, and once what no agent is to blame for.
    pub(super) fn told(&self, refusals: &[(String, LeaseRefusal)], now: Timestamp) -> String {
        let mut words: Vec<String> = Vec::new();
        for (agent, why) in refusals {
            let said = self.said((agent.as_str(), why), now);
            if !words.contains(&said) {
                words.push(said);
            }
        }
        words.join("; ")
    }

    fn said(&self, (agent, why): (&str, &LeaseRefusal), now: Timestamp) -> String {
        let said = match why {
            LeaseRefusal::OverBudget(over) if over.scope == BudgetScope::AgentDay => {
                over.told_of(agent)
            }
            LeaseRefusal::OverBudget(over) => return over.to_string(),
            LeaseRefusal::Ineligible(obstacles) => {
                let said: Vec<&str> = obstacles.iter().map(|obstacle| obstacle.said()).collect();
                return format!("{} is {}", self.what, said.join(" and "));
            }
            LeaseRefusal::Lacks(lack @ Rejection::CannotAsk) => {
                let way_out = format!("/timmy retry agent={agent} asks a person whether it may");
                format!("{}; {way_out}", lack.said())
            }
            LeaseRefusal::Lacks(lack) => lack.said().to_owned(),
            LeaseRefusal::PoolEmpty(Some(until)) => {
                format!("{why} until {}", said_at(*until, now, &self.zone))
            }
            other => other.to_string(),
        };
        match self.named.as_deref() == Some(agent) {
            true => said,
            false => format!("{agent}: {said}"),
        }
    }
}

/// Why nobody was even tried.
pub(super) fn nobody(job: &Job, ladder: &[Rung]) -> &'static str {
    match (&job.past.agent, ladder.is_empty()) {
        (Some(_), true) => "the agent that was named has no room, or may not work there",
        (None, true) => "no agent has room, or none may work there",
        (_, false) => "",
    }
}

/// The agent whose own day has no room, and by how much.
pub(super) fn agent_day((agent, why): &(String, LeaseRefusal)) -> Option<(String, BudgetShortage)> {
    match why {
        LeaseRefusal::OverBudget(over) if over.scope == BudgetScope::AgentDay => {
            Some((agent.clone(), *over))
        }
        _ => None,
    }
}

/// Whether an agent is refused for what it is, whichever job it would get.
pub(super) fn is_about_agent(why: &LeaseRefusal) -> bool {
    match why {
        LeaseRefusal::AgentPaused | LeaseRefusal::BreakerOpen | LeaseRefusal::PoolEmpty(_) => true,
        LeaseRefusal::Lacks(lack) => matches!(
            lack,
            Rejection::AgentDown
                | Rejection::AgentUnseen
                | Rejection::AgentBusy
                | Rejection::HostFull
                | Rejection::PoolEmpty
                | Rejection::ReviewsWaiting
                | Rejection::Budget
        ),
        LeaseRefusal::NotThere
        | LeaseRefusal::NamedAnother
        | LeaseRefusal::Unknown
        | LeaseRefusal::Ineligible(_)
        | LeaseRefusal::OverBudget(_)
        | LeaseRefusal::NeedsYes(_)
        | LeaseRefusal::HeldBack(_)
        | LeaseRefusal::NoLedgerName => false,
    }
}
