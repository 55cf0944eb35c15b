//! What one day's comment says of an agent: what it achieved lately, and what it does.

use super::agent_results::AgentResults;
use crate::core::model::incident::AgentProblem;
use crate::core::reply::Paused;

/// An agent, as a day tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentDay {
    pub agent: String,
    /// None if nothing ended with it lately.
    pub results: Option<AgentResults>,
    /// The share of good results that it has at least, most likely, in millionths.
    pub fit: u64,
    pub now: AgentActivity,
}

/// What an agent does at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentActivity {
    Idle,
    /// It takes no work, for this reason.
    Wrong(AgentProblem),
    Paused(Paused),
    /// It works on so many threads.
    Works {
        /// One that may be named, in full.
        thread: Option<String>,
        /// How many others.
        more: usize,
    },
}

impl AgentActivity {
    /// What an agent does that works on `threads`, as far as each may be named, if it is not for one
    /// of these reasons that it takes nothing.
    pub fn of(
        problem: Option<AgentProblem>,
        pause: Option<Paused>,
        threads: &[Option<String>],
    ) -> Self {
        match (problem, pause, threads) {
            (Some(problem), ..) => Self::Wrong(problem),
            (None, Some(pause), _) => Self::Paused(pause),
            (None, None, []) => Self::Idle,
            (None, None, threads) => Self::Works {
                thread: threads.iter().flatten().next().cloned(),
                more: threads.len() - 1,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::report::agent_day::*;

    #[test]
    fn the_reason_why_it_takes_nothing_is_told_first() {
        let door = Some("foundation/door#44".to_owned());
        let of = |problem, threads: &[Option<String>]| AgentActivity::of(problem, None, threads);
        assert_eq!(of(None, &[]), AgentActivity::Idle);
        let works = AgentActivity::Works { thread: door.clone(), more: 1 };
        assert_eq!(of(None, &[None, door.clone()]), works);
        let wrong = AgentActivity::Wrong(AgentProblem::BadKey);
        assert_eq!(of(Some(AgentProblem::BadKey), &[door]), wrong);
    }
}
