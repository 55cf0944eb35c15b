//! What waits for what, in the whole backlog.

use super::IssueFacts;
use super::adjacency::Adjacency;
use super::components::Components;
use crate::core::model::ids::ThreadId;

/// More than this many that wait for one issue are counted as so many: the score knows no more.
pub const MANY_DEPENDENTS: u32 = 17;

/// How many issues are looked at for a circle, and named at most: the work stays within bounds,
/// whatever people tie together.
const CIRCLE: usize = 16;

/// The open issues, and which of them wait for which. Nodes are numbered like the facts.
///
/// What is waited for outside the backlog (pull requests, repositories that are not watched) is
/// not part of it.
#[derive(Debug)]
pub(super) struct Graph {
    waits_for: Adjacency,
    awaited_by: Adjacency,
    knots: Components,
}

impl Graph {
    /// The graph of these issues, which are in the order of [`IssueFacts::thread`].
    pub(super) fn new(facts: &[&IssueFacts]) -> Self {
        // Together in memory they are found faster than through the facts.
        let threads: Vec<ThreadId> = facts.iter().map(|facts| facts.thread).collect();
        let node = |thread: &ThreadId| threads.binary_search(thread).ok();
        let mut arrows: Vec<(u32, u32)> = Vec::new();
        for (waiter, facts) in facts.iter().enumerate() {
            let blockers = facts.waits_for.iter().filter_map(node);
            arrows.extend(blockers.map(|blocker| (waiter as u32, blocker as u32)));
        }
        let turned = arrows.iter().map(|(waiter, blocker)| (*blocker, *waiter)).collect();
        let waits_for = Adjacency::new(facts.len(), arrows);
        let knots = Components::of(&waits_for);
        Self { waits_for, awaited_by: Adjacency::new(facts.len(), turned), knots }
    }

    /// How many wait for `node`, directly or not, counted up to [`MANY_DEPENDENTS`]; none in a circle.
    pub(super) fn dependents(&self, node: u32) -> u32 {
        if self.awaited_by.of(node).is_empty() || self.knots.in_cycle(node) {
            return 0;
        }
        let mut met = vec![node];
        let mut backlog_facts = 0;
        while let Some(&next) = met.get(backlog_facts) {
            backlog_facts += 1;
            for waiter in self.awaited_by.of(next) {
                if !met.contains(waiter) {
                    met.push(*waiter);
                    if met.len() > MANY_DEPENDENTS as usize {
                        return MANY_DEPENDENTS;
                    }
                }
            }
        }
        met.len() as u32 - 1
    }

    /// A shortest circle through `node`, from it on, each waiting for the next and the last for
    /// the first; empty if there is none.
    ///
    /// If the sixteen nearest do not close a circle, it is the way to the last of them: all on it
    /// wait for each other, but that one not directly for the first.
    pub(super) fn circle(&self, node: u32) -> Vec<u32> {
        if !self.knots.in_cycle(node) {
            return Vec::new();
        }
        // Each node that was met, with the place of the one that led to it.
        let mut met = vec![(node, 0)];
        let mut backlog_facts = 0;
        while let Some(&(next, _)) = met.get(backlog_facts) {
            let blockers = self.waits_for.of(next);
            if blockers.binary_search(&node).is_ok() {
                return way_to(backlog_facts, &met);
            }
            for &blocker in blockers.iter().filter(|other| self.knots.same_component(node, **other))
            {
                if met.len() == CIRCLE {
                    break;
                }
                if met.iter().all(|(known, _)| *known != blocker) {
                    met.push((blocker, backlog_facts));
                }
            }
            backlog_facts += 1;
        }
        way_to(met.len() - 1, &met)
    }
}

/// The way on which the one at `place` was met.
fn way_to(place: usize, met: &[(u32, usize)]) -> Vec<u32> {
    let mut way = Vec::new();
    let mut at = place;
    loop {
        let (node, before) = met[at];
        way.push(node);
        if at == 0 {
            way.reverse();
            return way;
        }
        at = before;
    }
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::graph::*;
    use crate::core::scheduling::testing::{facts, thread};

    /// Issue n waits for each of the numbers beside it.
    fn graph(waits: &[(i64, &[i64])], issues: i64) -> Graph {
        let mut all: Vec<IssueFacts> = (0..issues).map(facts).collect();
        for (number, on) in waits {
            all[*number as usize].waits_for = on.iter().copied().map(thread).collect();
        }
        Graph::new(&all.iter().collect::<Vec<_>>())
    }

    #[test]
    fn whoever_waits_is_counted_once_by_whatever_way() {
        // 0 <- 1, 2; 1, 2 <- 3; 3 <- 4
        let graph = graph(&[(1, &[0]), (2, &[0]), (3, &[1, 2]), (4, &[3, 3])], 5);
        assert_eq!((0..5).map(|n| graph.dependents(n)).collect::<Vec<_>>(), [4, 2, 2, 1, 0]);
        assert!((0..5).all(|n| graph.circle(n).is_empty()));
    }

    #[test]
    fn circles_are_told_from_each_of_their_members_and_have_no_dependents() {
        // 0 -> 1 -> 2 -> 0, 3 -> 0, 2 -> 4, 5 -> 5
        let graph = graph(&[(0, &[1]), (1, &[2]), (2, &[0, 4]), (3, &[0]), (5, &[5])], 6);
        assert_eq!(graph.circle(0), [0, 1, 2]);
        assert_eq!(graph.circle(1), [1, 2, 0]);
        assert_eq!(graph.circle(5), [5]);
        assert!(graph.circle(3).is_empty() && graph.circle(4).is_empty());
        assert_eq!((0..6).map(|n| graph.dependents(n)).collect::<Vec<_>>(), [0, 0, 0, 0, 4, 0]);
    }

    #[test]
    fn of_several_circles_the_shortest_is_told() {
        // 0 -> 1 -> 2 -> 3 -> 0, 2 -> 0; one hub and many that it waits for and that wait for it
        let knot = graph(&[(0, &[1]), (1, &[2]), (2, &[0, 3]), (3, &[0])], 4);
        assert_eq!((knot.circle(0), knot.circle(3)), (vec![0, 1, 2], vec![3, 0, 1, 2]));
        let leaves: Vec<i64> = (1..40).collect();
        let mut waits: Vec<(i64, &[i64])> = leaves.iter().map(|leaf| (*leaf, &[0][..])).collect();
        waits.push((0, &leaves));
        let star = graph(&waits, 40);
        assert_eq!((star.circle(0), star.circle(39)), (vec![0, 1], vec![39, 0]));
    }

    #[test]
    fn what_is_not_in_the_backlog_holds_no_place() {
        assert_eq!(graph(&[(0, &[77])], 1).dependents(0), 0);
    }

    #[test]
    fn long_chains_and_large_knots_are_no_burden() {
        const LONG: i64 = 100_000;
        let mut chain: Vec<IssueFacts> = (0..LONG).map(facts).collect();
        for number in 1..LONG {
            chain[number as usize].waits_for = vec![thread(number - 1)];
        }
        let graph = Graph::new(&chain.iter().collect::<Vec<_>>());
        assert_eq!((graph.dependents(0), graph.dependents(LONG as u32 - 3)), (MANY_DEPENDENTS, 2));
        chain[0].waits_for = vec![thread(LONG - 1)];
        let graph = Graph::new(&chain.iter().collect::<Vec<_>>());
        let beginning: Vec<u32> = (0..16).map(|step| LONG as u32 - 2 - step).collect();
        assert_eq!((graph.dependents(7), graph.circle(LONG as u32 - 2)), (0, beginning));
    }
}
