//! What is said of budgets.

/// What came of `budget`.
#[derive(Debug, Clone, PartialEq)]
pub enum BudgetAnswer {
    /// What was spent, and may be.
    Shown {
        /// Today, by the whole fleet.
        day: SpentBudget,
        /// On this issue, or on that of a job.
        issue: SpentBudget,
        /// That job, if one was named, and where it is, unless that is here.
        of: Option<(String, Option<String>)>,
        /// Today, by each agent that worked.
        agents: Vec<(String, SpentBudget)>,
        /// What the issue could be let cost, as a command writes it, until which job ends.
        more: Option<(String, String)>,
    },
    /// So much may be spent today.
    Day {
        /// By whom: `all`, or an agent.
        what: String,
        amount: String,
        /// When the day ends.
        until: String,
    },
    /// So much may be spent on this issue.
    Issue {
        amount: String,
        /// Until that has ended.
        job: String,
        /// Whether a question waits whether the job may begin.
        is_asked: bool,
    },
    /// The issue may cost as much already; none: whatever it takes.
    NoMore { most: Option<String> },
    /// Nothing is counted by repository.
    OfRepository,
}

/// A budget, and what of it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentBudget {
    /// What is spent or set aside.
    pub spent: String,
    /// Of what; none if there is no limit.
    pub most: Option<String>,
}

impl BudgetAnswer {
    /// What came of it, as a stable code for the audit.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Shown { .. } | Self::Day { .. } | Self::Issue { .. } => "done",
            Self::NoMore { .. } => "no_more",
            Self::OfRepository => "no_such_budget",
        }
    }
}
