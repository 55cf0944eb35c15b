//! What would change if a decision were made otherwise.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ranked_backlog::RankedBacklog;
use crate::core::model::ids::ThreadId;

/// Where an issue stands in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Its place among what may be handed out, from 1; none if it may not be.
    pub place: Option<usize>,
    /// What it is worth, in millionths of a point.
    pub points: u64,
    /// Who gets it.
    pub agent: Option<String>,
}

/// An issue that two decisions see differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RankChange {
    /// Which.
    pub thread: ThreadId,
    /// Where it stands in the first.
    pub before: Placement,
    /// Where it stands in the second.
    pub after: Placement,
}

impl RankChange {
    /// Whether it has another place.
    pub fn is_move(&self) -> bool {
        self.before.place != self.after.place
    }

    /// Whether it goes to another agent, to one at all, or to none any more.
    pub fn is_of_agent(&self) -> bool {
        self.before.agent != self.after.agent
    }
}

/// The issues that have another place or go to another agent, of two decisions about the same
/// backlog: in the order of the second, those that may not be handed out there at the end.
pub fn compare(before: &RankedBacklog, after: &RankedBacklog) -> Vec<RankChange> {
    let mut old: BTreeMap<ThreadId, Placement> = seats(before).collect();
    seats(after)
        .filter_map(|(thread, after)| {
            let before = old.remove(&thread)?;
            Some(RankChange { thread, before, after })
        })
        .filter(|change| change.is_move() || change.is_of_agent())
        .collect()
}

/// All issues in the order of the ranking.
fn seats(judged: &RankedBacklog) -> impl Iterator<Item = (ThreadId, Placement)> {
    let won = judged.choices().iter().filter_map(|choice| {
        let winner = choice.winner.as_ref()?;
        Some((choice.thread, winner.agent.clone()))
    });
    let mut agents: BTreeMap<ThreadId, String> = won.collect();
    let ready = judged.ranking.ready.iter().zip((1..).map(Some));
    let others = judged.ranking.others.iter().zip(std::iter::repeat(None));
    ready.chain(others).map(move |(standing, place)| {
        let (points, agent) = (standing.score.points, agents.remove(&standing.thread));
        (standing.thread, Placement { place, points, agent })
    })
}
