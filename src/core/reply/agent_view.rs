//! How an agent is, and what its account may do, as people may know it: no keys, no addresses.

use crate::core::jobs::ReviewShare;
use crate::core::model::incident::AgentProblem;
use crate::core::model::repository::Permissions;

/// An agent, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentView {
    pub state: AgentState,
    /// The model that it works with, where it says so.
    pub model: Option<String>,
    /// What its account may do in the repository in which it is asked about.
    pub rights: AgentRights,
    /// What its reviews led to, if it gave any.
    pub reviews: Option<ReviewShare>,
}

/// Whether an agent takes work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AgentState {
    /// It was not asked yet.
    #[default]
    Unknown,
    Ready,
    /// It answers and takes no work, in its own words.
    Refuses(String),
    Wrong(AgentProblem),
}

impl AgentState {
    /// What is said of it in a column, but for words of its own.
    pub fn said(&self) -> &'static str {
        match self {
            Self::Unknown => "not asked yet",
            Self::Ready => "ready",
            Self::Refuses(_) => "takes no work",
            Self::Wrong(problem) => problem.said(),
        }
    }
}

/// What an agent's account may do in a repository, as far as the forge shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AgentRights {
    #[default]
    Unknown,
    /// It does not see the repository.
    Nothing,
    /// It may read there, and not push.
    Reads,
    /// It may push there.
    Pushes {
        /// Whether it may push to the default branch as well, or merge into it: then nobody has to
        /// look at what it does. None where the forge does not show it.
        to_default: Option<bool>,
    },
}

impl AgentRights {
    /// What these rights of an account are; `to_default` as above.
    pub fn of(permissions: Permissions, to_default: Option<bool>) -> Self {
        let Permissions { admin, push, pull } = permissions;
        match (admin || push, pull) {
            (true, _) => Self::Pushes { to_default },
            (false, true) => Self::Reads,
            (false, false) => Self::Nothing,
        }
    }

    /// What is said of them in a column.
    pub fn said(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Nothing => "may not read",
            Self::Reads => "reads, may not push",
            Self::Pushes { to_default: None } => "pushes; to the default branch: unknown",
            Self::Pushes { to_default: Some(false) } => "pushes, not to the default branch",
            Self::Pushes { to_default: Some(true) } => "pushes, also to the default branch",
        }
    }
}
