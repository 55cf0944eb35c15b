//! Where each issue stands.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::eligibility::ineligible;
use super::graph::Graph;
use super::labels::priority;
use super::score::score;
use super::{IssueFacts, Rules};
use crate::core::command::value::Level;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;
use crate::core::scheduling::eligibility::Ineligible;
use crate::core::scheduling::score::Score;

/// One issue, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedIssue {
    /// Which.
    pub thread: ThreadId,
    /// Whether it goes before all that are not.
    pub is_p0: bool,
    /// What it is worth.
    pub score: Score,
    /// When it was written: the older of equals goes first.
    pub created_at: Timestamp,
    /// What keeps it from being handed out, the firmest first, each once; empty if nothing.
    pub obstacles: Vec<Ineligible>,
    /// How many open issues wait for it, directly or not, counted up to [`super::MANY_DEPENDENTS`]; none if
    /// it waits for itself.
    pub dependents: u32,
    /// A shortest circle of dependencies that it is part of: itself, then each time what that one
    /// waits for; of a circle of more than sixteen the beginning. Empty if there is none.
    pub circle: Box<[ThreadId]>,
}

/// The whole backlog, judged: what may be handed out comes first, the best before all others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking {
    /// In the order in which they are to be handed out.
    pub ready: Vec<RankedIssue>,
    /// What may not be, in the same order.
    pub others: Vec<RankedIssue>,
}

impl Ranking {
    /// The place of an issue among those that may be handed out, from 1 on.
    pub fn place(&self, thread: ThreadId) -> Option<usize> {
        self.ready.iter().position(|standing| standing.thread == thread).map(|index| index + 1)
    }

    /// Where an issue stands, whether it may be handed out or not.
    pub fn find(&self, thread: ThreadId) -> Option<&RankedIssue> {
        self.ready.iter().chain(&self.others).find(|standing| standing.thread == thread)
    }

    /// The first `count` issues that may be handed out, or might if they did not wait for others.
    pub fn promising(&self, count: usize) -> Vec<ThreadId> {
        self.best(count, |one| one.obstacles.iter().all(|o| *o == Ineligible::Blocked))
    }

    /// The first `count` issues that may be handed out, or would be if nothing kept them back.
    pub fn foremost(&self, count: usize) -> Vec<ThreadId> {
        self.best(count, |_| true)
    }

    /// The first `count` issues that may be handed out, or of which `counts` is true.
    fn best(&self, count: usize, counts: impl Fn(&RankedIssue) -> bool) -> Vec<ThreadId> {
        // Both lists are in order: the best of all are among the best of each.
        let ready = self.ready.iter().take(count);
        let mut best: Vec<_> =
            ready.chain(self.others.iter().filter(|one| counts(one)).take(count)).collect();
        best.sort_unstable_by_key(|standing| standing.order());
        best.iter().take(count).map(|standing| standing.thread).collect()
    }

    /// How many of those issues that are `among` may not be handed out, by the firmest thing in
    /// their way; the most frequent first.
    pub fn behind(&self, among: impl Fn(&RankedIssue) -> bool) -> Vec<(Ineligible, usize)> {
        let mut counts: BTreeMap<Ineligible, usize> = BTreeMap::new();
        let others = self.others.iter().filter(|standing| among(standing));
        for obstacle in others.filter_map(|standing| standing.obstacles.first()) {
            *counts.entry(*obstacle).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts
    }
}

impl RankedIssue {
    fn is_ready(&self) -> bool {
        self.obstacles.is_empty()
    }

    /// What comes first is least: p0, points, then age, repository and number.
    fn order(&self) -> impl Ord + use<> {
        (Reverse((self.is_p0, self.score.points)), self.created_at, self.thread)
    }
}

/// Judges the open issues of all watched repositories. Their order does not matter.
pub fn rank(
    facts: &[IssueFacts],
    rules: &Rules,
    fleet: &Controls,
    now: Timestamp,
    zone: &TimeZone,
) -> Ranking {
    let mut facts: Vec<&IssueFacts> = facts.iter().collect();
    facts.sort_unstable_by_key(|facts| facts.thread);
    let graph = Graph::new(&facts);
    let calendar = Calendar::at(now, zone);
    let judge = |(issue, place): (&&IssueFacts, u32)| {
        let circle = graph.circle(place);
        let dependents = graph.dependents(place);
        RankedIssue {
            thread: issue.thread,
            is_p0: priority(&issue.labels) == Some(Level::P0),
            score: score(issue, dependents, rules.weights, &calendar),
            created_at: issue.created_at,
            obstacles: ineligible(issue, !circle.is_empty(), rules, fleet, now),
            dependents,
            circle: circle.into_iter().map(|place| facts[place as usize].thread).collect(),
        }
    };
    let mut all: Vec<RankedIssue> = facts.iter().zip(0..).map(judge).collect();
    // A standing is large: the keys are sorted, and each standing is moved once.
    all.sort_by_cached_key(|standing| (!standing.is_ready(), standing.order()));
    let others = all.split_off(all.partition_point(RankedIssue::is_ready));
    all.shrink_to_fit();
    Ranking { ready: all, others }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::core::scheduling::ranking::*;
    use crate::core::scheduling::testing::{UTC, any_facts, facts, in_days, now, rules, thread};

    fn ranked(facts: &[IssueFacts]) -> Ranking {
        rank(facts, &rules(), &Controls::default(), now(), &UTC)
    }

    fn labelled(number: i64, label: &str) -> IssueFacts {
        IssueFacts { labels: [label.to_owned()].into(), ..facts(number) }
    }

    #[test]
    fn p0_goes_before_whatever_has_more_points() {
        let labels = ["priority/p0", "size/xl"].map(str::to_owned).into();
        let urgent = IssueFacts { labels, ..facts(9) };
        let rich = IssueFacts { people: 4, due_at: Some(now().into()), ..labelled(1, "size/xs") };
        let ranking = ranked(&[rich, urgent]);
        assert!(ranking.ready[0].score.points < ranking.ready[1].score.points);
        assert_eq!((ranking.place(thread(9)), ranking.place(thread(1))), (Some(1), Some(2)));
    }

    #[test]
    fn of_equals_the_older_goes_first_then_the_lower_number() {
        let issue = |number, days| IssueFacts { created_at: in_days(days), ..facts(number) };
        let ranking = ranked(&[issue(3, -1), issue(1, -1), issue(2, -2)]);
        let order: Vec<i64> = ranking.ready.iter().map(|standing| standing.thread.number).collect();
        assert_eq!(order, [2, 1, 3]);
    }

    #[test]
    fn a_circle_is_named_and_blocks_whoever_is_in_it() {
        let waits = |number, on| IssueFacts { waits_for: vec![thread(on)], ..facts(number) };
        let ranking = ranked(&[waits(1, 2), waits(2, 1), facts(3)]);
        assert_eq!(ranking.ready.len(), 1);
        let one = ranking.find(thread(1)).expect("it is in the backlog");
        assert_eq!(
            (one.obstacles.as_slice(), &*one.circle),
            (&[Ineligible::Blocked][..], &[thread(1), thread(2)][..])
        );
        assert_eq!(ranking.place(thread(1)), None);
        assert_eq!(ranking.find(thread(77)), None);
    }

    #[test]
    fn promising_is_what_is_ready_or_only_waits() {
        let waits =
            |number| IssueFacts { waits_for: vec![thread(99)], ..labelled(number, "priority/p1") };
        let ranking = ranked(&[
            facts(1),
            waits(2),
            IssueFacts { held: true, ..waits(3) },
            labelled(4, "priority/p0"),
        ]);
        assert_eq!(ranking.promising(9), [thread(4), thread(2), thread(1)]);
        assert_eq!(ranking.promising(2), [thread(4), thread(2)]);
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_does_not_depend_on_the_input(
            (issues, shuffled) in prop::collection::vec(any_facts(), 0..12).prop_map(|mut issues| {
                issues.sort_by_key(|issue| issue.thread);
                issues.dedup_by_key(|issue| issue.thread);
                issues
            }).prop_flat_map(|issues| (Just(issues.clone()), Just(issues).prop_shuffle())),
        ) {
            let ranking = ranked(&issues);
            prop_assert_eq!(&ranking, &ranked(&shuffled));
            prop_assert_eq!(ranking.ready.len() + ranking.others.len(), issues.len());
            prop_assert!(ranking.ready.is_sorted_by(|one, other| one.order() < other.order()));
        }
    }
}
