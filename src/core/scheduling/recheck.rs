//! The same rules once more, for one issue and one agent: what was decided from a snapshot is
//! checked again in the act.

use super::capacity::{Capacity, Demand};
use super::eligibility::ineligible;
use super::labels::IssueLabels;
use super::{AgentSlot, Ineligible, IssueFacts, Rejection, Roster, Rules};
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;

/// All that stands in the way of an issue. One that waits for itself waits for another, too.
pub fn obstacles(
    facts: &IssueFacts,
    rules: &Rules,
    fleet: &Controls,
    now: Timestamp,
) -> Vec<Ineligible> {
    ineligible(facts, false, rules, fleet, now)
}

/// The first thing that `agent` lacks to take an issue beside all that runs; one that is not in the
/// roster cannot be reached. `wanted`: where, and how what is to be done is labelled. `role`: the one that
/// it needs; none if a person named the agent, who knows what it can do.
pub fn lack(
    (repo, labels): (RepoId, &[String]),
    agent: &str,
    role: Option<&str>,
    roster: &Roster,
) -> Option<Rejection> {
    let capacity = Capacity::beside(&roster.load, roster);
    let place = capacity.workers().position(|worker| worker.name == agent);
    let Some(place) = place else { return Some(Rejection::AgentDown) };
    let unfit = role.and_then(|role| unfit(labels, role, capacity.worker(place)));
    // What the issue may cost is asked where the ledger is: a person may have allowed less.
    let demand = Demand { repo, spent: 0 };
    unfit.or_else(|| capacity.lack(place, demand))
}

fn unfit(labels: &[String], role: &str, worker: &AgentSlot) -> Option<Rejection> {
    let skills = IssueLabels::of(labels).skills;
    match worker.roles.iter().any(|held| held == role) {
        false => Some(Rejection::NoRole),
        true => (!worker.knows(&skills)).then_some(Rejection::NoSkill),
    }
}
