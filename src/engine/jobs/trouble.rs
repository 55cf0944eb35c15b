//! What a trouble with an agent means: for its job, and for the world.

use std::time::Duration;

use crate::agents::AgentTrouble;
use crate::core::jobs::NeverRan;
use crate::core::model::incident::AgentProblem;
use crate::core::model::time::Timestamp;

/// How long a quota is left alone of which nobody says when it begins anew.
const SPENT: Duration = Duration::from_secs(60 * 60);

/// When a quota begins anew that is spent at `now`.
pub(super) fn spent_until(until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    until.unwrap_or_else(|| now.after(SPENT))
}

/// Why an attempt did not run that met this before it began.
pub(super) fn never_ran(trouble: &AgentTrouble, now: Timestamp) -> NeverRan {
    match trouble {
        AgentTrouble::HostAway(_) => NeverRan::HostAway,
        AgentTrouble::BadKey => NeverRan::BadKey,
        AgentTrouble::ModelGone(_) => NeverRan::ModelGone,
        AgentTrouble::PoolSpent { until } => {
            NeverRan::PoolSpent { until: spent_until(*until, now) }
        }
        AgentTrouble::Down(_)
        | AgentTrouble::CannotRun(_)
        | AgentTrouble::Busy { .. }
        | AgentTrouble::NotFound
        | AgentTrouble::BadRequest(_)
        | AgentTrouble::Conflict
        | AgentTrouble::Timeout
        | AgentTrouble::Garbage(_)
        | AgentTrouble::Unsupported => NeverRan::GatewayDown,
    }
}

/// What is wrong with an agent that meets this, beside the attempt.
pub(super) fn problem(trouble: &AgentTrouble) -> Option<AgentProblem> {
    match trouble {
        AgentTrouble::HostAway(_) => Some(AgentProblem::HostAway),
        AgentTrouble::BadKey => Some(AgentProblem::BadKey),
        AgentTrouble::ModelGone(_) => Some(AgentProblem::ModelGone),
        AgentTrouble::PoolSpent { .. } => Some(AgentProblem::PoolSpent),
        AgentTrouble::Down(_)
        | AgentTrouble::CannotRun(_)
        | AgentTrouble::Timeout
        | AgentTrouble::Garbage(_) => Some(AgentProblem::Down),
        AgentTrouble::Busy { .. }
        | AgentTrouble::NotFound
        | AgentTrouble::BadRequest(_)
        | AgentTrouble::Conflict
        | AgentTrouble::Unsupported => None,
    }
}
