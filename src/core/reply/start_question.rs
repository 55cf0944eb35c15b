//! What is shown of work before it begins.

use crate::core::jobs::money::BudgetUnit;
use crate::core::jobs::start_terms::{StartProposal, StartReason};
use crate::core::jobs::{AwaitedStart, JobRecord, State, Waiting};

/// Work about which a person is asked before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartView {
    pub agent: String,
    /// Its role, where it is not the usual one.
    pub role: Option<String>,
    /// What a yes adds to the budget of the issue, if that has no room.
    pub more: Option<String>,
    /// What may be spent on it in all.
    pub budget: Option<String>,
    /// Whether agents worked on it before.
    pub is_begun: bool,
    /// Why it is asked, a sentence each.
    pub reasons: Vec<String>,
}

/// The role of those to whom no label gives another.
const USUAL: &str = "coder";

impl StartView {
    /// What the job of `record` is to begin with, if a person is asked about that.
    pub fn of(record: &JobRecord) -> Option<Self> {
        let State::Waiting(Waiting::Start(awaited)) = &record.job.state else { return None };
        let AwaitedStart { proposal, .. } = &**awaited;
        let StartProposal { terms, reasons, .. } = proposal;
        let role = record.job.spec.role.clone();
        Some(Self {
            agent: terms.agent.clone(),
            role: Some(role).filter(|role| role != USUAL),
            more: proposal.shortage().map(|short| {
                let total = match short.unit {
                    BudgetUnit::MicroUsd => terms.budget.micro_usd,
                    BudgetUnit::Tokens => terms.budget.tokens,
                    BudgetUnit::Runs => terms.budget.runs,
                };
                let total = total.unwrap_or_default();
                short.unit.said(total.saturating_sub(short.most.max(short.spent)))
            }),
            budget: terms.budget.said(),
            is_begun: record.started().next().is_some(),
            reasons: reasons.iter().map(|reason| said(reason, &terms.agent)).collect(),
        })
    }
}

fn said(reason: &StartReason, agent: &str) -> String {
    match reason {
        StartReason::Devops => {
            "The role `devops` reaches beyond this repository (`dispatch.ask`).".to_owned()
        }
        StartReason::Replanned => "The issue was edited after its plan was approved.".to_owned(),
        StartReason::Protected(paths) => {
            let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
            let are = if paths.len() == 1 { "is" } else { "are" };
            format!("It names {}, which {are} protected.", paths.join(", "))
        }
        StartReason::TooManyPaths => {
            "It names so many files that I did not look at all of them.".to_owned()
        }
        StartReason::CannotAsk => format!(
            "`{agent}` was not seen to ask before it does something dangerous: what it does here, it may do unasked."
        ),
        StartReason::Costly { may_cost, over } => {
            let said = |amount| BudgetUnit::MicroUsd.said(amount);
            format!(
                "It may come to {}, and I ask over {} (`dispatch.ask`).",
                said(*may_cost),
                said(*over)
            )
        }
        StartReason::Budget(shortage) => format!("T{}.", shortage.fact().split_at(1).1),
    }
}
