//! What the configuration says about the backlog.

use serde::{Deserialize, Serialize};

/// How issues are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How much each term of the score counts.
    pub weights: Weights,
    /// Labels of issues that gather others, and are not worked on themselves. Names ignore case.
    pub epic_labels: Vec<String>,
    /// Whose issues may be handed out.
    pub authors: Authors,
    /// The accounts of agents, and timmy's own: to be assigned to one of them is no obstacle.
    pub machines: Vec<String>,
    /// People whom the configuration trusts with work: what they have taken up is theirs.
    #[serde(default)]
    pub writers: Vec<String>,
    /// How often one job is tried.
    pub attempts: u32,
}

/// How much each term of the score counts, in millionths. They sum to exactly 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// Labels and due dates.
    pub urgency: u64,
    /// Milestones and pins.
    pub value: u64,
    /// Issues that wait for this one.
    pub dependents: u64,
    /// People heard in the thread.
    pub people: u64,
    /// Time since it was opened.
    pub age: u64,
}

/// Whose issues may be dispatched by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authors {
    /// Everybody's.
    Everyone,
    /// Those of whoever may read the repository as a collaborator or a member, and of these
    /// accounts. An issue does not say whether its author may: what starts by itself asks first.
    ReadersAnd(Vec<String>),
    /// Those of these accounts.
    Only(Vec<String>),
}

impl Authors {
    /// The accounts that are named.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Everyone => &[],
            Self::ReadersAnd(names) | Self::Only(names) => names,
        }
    }

    /// The accounts that are named, to be changed.
    pub fn names_mut(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Everyone => None,
            Self::ReadersAnd(names) | Self::Only(names) => Some(names),
        }
    }

    /// Whether the issues of the account `login` may be. Names ignore case.
    pub fn allow(&self, login: &str) -> bool {
        match self {
            Self::Everyone | Self::ReadersAnd(_) => true,
            Self::Only(names) => names.iter().any(|name| name.eq_ignore_ascii_case(login)),
        }
    }
}
