//! Who gets the next attempt.
//!
//! The same model tends to misread an issue in the same way, so the second attempt prefers another
//! family. A repair prefers whoever knows the work. Small work begins with the cheapest.

use std::cmp::Reverse;

use super::job::{Job, Tried};
use super::state::{State, WorkKind};

/// An agent that could take a job now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    pub agent: String,
    /// Whose model it runs; without a name, its own.
    pub family: Option<String>,
    /// What an attempt is expected to cost, in millionths of a US dollar.
    pub micro_usd: u64,
    /// How well it fits, in millionths: the greater goes first.
    pub fit: u64,
    /// Of a review: whether it runs a model of the family that made what is reviewed, which tends to
    /// err alike.
    pub is_kin: bool,
}

/// Those of `agents` that may take `job`, the preferred one first. `is_small`: of size `s` or less.
pub fn preferred(job: &Job, is_small: bool, agents: Vec<Rung>) -> Vec<Rung> {
    let mut agents: Vec<(u8, Rung)> =
        agents.into_iter().filter_map(|rung| Some((place(job, &rung)?, rung))).collect();
    agents.sort_by_cached_key(|(place, rung)| {
        let cheapest_first = if is_small { rung.micro_usd } else { 0 };
        (*place, rung.is_kin, cheapest_first, Reverse(rung.fit), rung.micro_usd, rung.agent.clone())
    });
    agents.into_iter().map(|(_, rung)| rung).collect()
}

/// How far back an agent stands; none if a person named another one.
fn place(job: &Job, rung: &Rung) -> Option<u8> {
    let past = &job.past;
    if past.agent.as_ref().is_some_and(|named| *named != rung.agent) {
        return None;
    }
    let is_repair = matches!(&job.state, State::Queued(queued) if queued.work != WorkKind::Begin);
    let failed = past.tried.iter().any(|tried| tried.agent == rung.agent);
    let family_failed = past.tried.iter().any(|tried| family(tried) == family_of(rung));
    let knows = past.last.as_ref().is_some_and(|last| last.grant.agent == rung.agent);
    Some(match (is_repair, failed, family_failed) {
        (true, ..) if knows => 0,
        (_, false, false) => 1,
        (_, false, true) => 2,
        (_, true, _) => 3,
    })
}

fn family(tried: &Tried) -> &str {
    tried.family.as_ref().unwrap_or(&tried.agent)
}

fn family_of(rung: &Rung) -> &str {
    rung.family.as_ref().unwrap_or(&rung.agent)
}
