//! What an issue is worth, term by term.
//!
//! `P = 100 (0.35 U + 0.20 V + 0.20 D + 0.15 H + 0.10 A) (0.4 + 0.6 R) / sqrt(S) 0.6^fails`,
//! the weights being those of the configuration. Each term is a whole number of millionths,
//! rounded down; the points are divided out once, at the end, and rounded down.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::labels::{priority, size};
use super::{IssueFacts, Milestone, Readiness, Weights, tables};
use crate::core::command::value::Level;
use crate::core::model::due_day::DueDay;

/// All of a term.
const ONE: u32 = 1_000_000;
/// From how many days on a due date begins to count.
const DUE: i64 = 14;
/// The same for the date of a milestone.
const MILESTONE: i64 = 30;
/// How many people make an issue as lively as can be.
const PEOPLE: u32 = 4;
/// After how many days an issue is as old as can be.
const OLD: i64 = 60;

/// The score of an issue for which `dependents` others wait.
pub(super) fn score(
    facts: &IssueFacts,
    dependents: u32,
    weights: Weights,
    calendar: &Calendar<'_>,
) -> Score {
    let terms = Terms {
        urgency: urgency(priority(&facts.labels), facts.due_at, calendar),
        value: value(facts.milestone.as_deref(), facts.pinned, calendar),
        dependents: tables::dependents(dependents),
        people: facts.people.min(PEOPLE) * ONE / PEOPLE,
        age: part(-calendar.days_until(facts.opened_at), OLD),
        readiness: tables::readiness(held(facts.readiness)),
        size: tables::size(size(&facts.labels)),
        fails: tables::fails(facts.work.fails),
    };
    Score { points: points(&terms, weights), terms }
}

/// The points of these terms, in millionths.
fn points(terms: &Terms, weights: Weights) -> u64 {
    let Terms { urgency, value, dependents, people, age, readiness, size, fails } = *terms;
    let sum = [
        (weights.urgency, urgency),
        (weights.value, value),
        (weights.dependents, dependents),
        (weights.people, people),
        (weights.age, age),
    ]
    .map(|(weight, term)| u128::from(weight) * u128::from(term))
    .iter()
    .sum::<u128>();
    // A hundred points of a million each, over five factors of a million: 10^8 / 10^30.
    let product = sum * u128::from(readiness) * u128::from(size) * u128::from(fails);
    u64::try_from(product / 10_u128.pow(22)).unwrap_or(u64::MAX)
}

fn urgency(level: Option<Level>, due: Option<DueDay>, calendar: &Calendar<'_>) -> u32 {
    due.map_or(0, |due| nearness(due, DUE, calendar)).max(of_level(level))
}

/// How urgent a priority alone makes an issue.
pub(super) fn of_level(level: Option<Level>) -> u32 {
    match level {
        Some(Level::P0) => ONE,
        Some(Level::P1) => 700_000,
        Some(Level::P2) => 400_000,
        Some(Level::P3) => 100_000,
        None => 250_000,
    }
}

fn value(milestone: Option<&Milestone>, pinned: bool, calendar: &Calendar<'_>) -> u32 {
    of_milestone(milestone, calendar).max(if pinned { ONE / 2 } else { 0 })
}

/// How valuable a milestone alone makes an issue.
pub(super) fn of_milestone(milestone: Option<&Milestone>, calendar: &Calendar<'_>) -> u32 {
    match milestone {
        Some(Milestone { due_at: Some(due), .. }) => nearness(*due, MILESTONE, calendar),
        Some(Milestone { due_at: None, .. }) => ONE / 5,
        None => 0,
    }
}

/// `1 - days / span` until a day; all of it on the day itself and later.
fn nearness(due: DueDay, span: i64, calendar: &Calendar<'_>) -> u32 {
    part(span - calendar.days_to(due), span)
}

/// `days / span`, between 0 and 1.
fn part(days: i64, span: i64) -> u32 {
    let part = days.clamp(0, span) * i64::from(ONE) / span;
    u32::try_from(part).unwrap_or(ONE)
}

/// How many of the three things a text holds.
fn held(readiness: Readiness) -> u32 {
    let Readiness { scope, place, acceptance } = readiness;
    [scope, place, acceptance].into_iter().map(u32::from).sum()
}

/// The terms of a score, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// Labels and due dates.
    pub urgency: u32,
    /// Milestones and pins.
    pub value: u32,
    /// Issues that wait for this one.
    pub dependents: u32,
    /// People heard in the thread.
    pub people: u32,
    /// Time since it was opened.
    pub age: u32,
    /// What the text holds: a factor.
    pub readiness: u32,
    /// How large it is: a factor.
    pub size: u32,
    /// What failed so far: a factor.
    pub fails: u32,
}

/// What an issue is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    /// In millionths of a point; at most 100 points.
    pub points: u64,
    /// What they are made of.
    pub terms: Terms,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::core::model::time::Timestamp;
    use crate::core::scheduling::MILLION;
    use crate::core::scheduling::score::*;
    use crate::core::scheduling::testing::{UTC, WEIGHTS, any_facts, facts, in_days, now};

    fn worth(facts: &IssueFacts, dependents: u32) -> Score {
        score(facts, dependents, WEIGHTS, &Calendar::at(now(), &UTC))
    }

    #[test]
    fn the_terms_are_those_of_the_formula() {
        let mut issue = facts(1);
        issue.labels = ["priority/p1".into(), "size/s".into()].into();
        issue.due_at = Some(in_days(3).into());
        issue.milestone =
            Some(Milestone { title: "v1".into(), due_at: Some(in_days(15).into()) }.into());
        issue.people = 2;
        issue.opened_at = in_days(-15);
        issue.readiness.place = true;
        let score = worth(&issue, 2);
        let Terms { urgency, value, dependents, people, age, readiness, size, fails } = score.terms;
        assert_eq!((urgency, value, dependents), (785_714, 500_000, 387_762));
        assert_eq!((people, age, readiness), (500_000, 250_000, 800_000));
        assert_eq!((size, fails), (707_107, ONE));
        let exact = 100.0
            * (0.35 * 11.0 / 14.0
                + 0.2 * 0.5
                + 0.2 * 3_f64.ln() / 17_f64.ln()
                + 0.15 * 0.5
                + 0.1 * 0.25)
            * 0.8
            / 2_f64.sqrt();
        assert!((score.points as f64 / 1e6 - exact).abs() < 1e-3, "{} {exact}", score.points);
    }

    #[test]
    fn the_best_issue_has_a_hundred_points() {
        let mut issue = facts(1);
        issue.labels = ["priority/p0".into(), "size/xs".into()].into();
        issue.milestone =
            Some(Milestone { title: "v1".into(), due_at: Some(in_days(-1).into()) }.into());
        issue.people = 9;
        issue.opened_at = in_days(-61);
        issue.readiness = Readiness { scope: true, place: true, acceptance: true };
        assert_eq!(worth(&issue, 16).points, 100 * MILLION);
    }

    #[test]
    fn dates_count_from_their_day_and_never_beyond_all_of_it() {
        let urgency = |due: Timestamp| {
            worth(&IssueFacts { due_at: Some(due.into()), ..facts(1) }, 0).terms.urgency
        };
        assert_eq!([0, -1, -9999].map(|days| urgency(in_days(days))), [ONE; 3]);
        assert_eq!(urgency(in_days(7)), 500_000);
        assert_eq!([14, 20, 2_900_000].map(|days| urgency(in_days(days))), [250_000; 3]);
        let at = |text| urgency(Timestamp::parse(text).expect("a time"));
        assert_eq!(at("9999-12-31T23:59:59Z"), 250_000);
        assert_eq!(at("0001-01-01T00:00:00Z"), ONE);
    }

    #[test]
    fn a_milestone_without_a_date_is_worth_a_fifth_and_a_pin_a_half() {
        let mut issue = facts(1);
        issue.milestone = Some(Milestone { title: "someday".into(), due_at: None }.into());
        assert_eq!(worth(&issue, 0).terms.value, 200_000);
        issue.pinned = true;
        assert_eq!(worth(&issue, 0).terms.value, 500_000);
    }

    /// Each way of making an issue more worth doing, and of making it less.
    fn better(issue: &IssueFacts, how: u8) -> IssueFacts {
        let mut better = issue.clone();
        match how {
            0 => better.people += 1,
            1 => better.opened_at = better.opened_at.before(std::time::Duration::from_secs(86_400)),
            2 => better.pinned = true,
            3 => better.readiness.scope = true,
            4 => better.readiness.acceptance = true,
            5 => better.readiness.place = true,
            6 => better.labels = ["priority/p0".into(), "size/xs".into()].into(),
            7 => better.due_at = better.due_at.map(|due| due.min(in_days(0).into())),
            8 => better.work.fails = better.work.fails.saturating_sub(1),
            _ => {
                better.milestone =
                    Some(Milestone { title: "v1".into(), due_at: Some(in_days(0).into()) }.into());
            }
        }
        better
    }

    proptest! {
        #[test]
        fn each_factor_lifts_and_never_lowers(issue in any_facts(), how in 0..10_u8, waiting in 0..40_u32) {
            let score = worth(&issue, waiting);
            prop_assert!(worth(&better(&issue, how), waiting).points >= score.points);
            prop_assert!(worth(&issue, waiting + 1).points >= score.points);
            prop_assert!(score.points <= 100 * MILLION);
        }

        #[test]
        fn whatever_the_weights_it_is_a_hundred_points_at_most(
            issue in any_facts(), waiting in 0..40_u32, mut cuts in prop::array::uniform4(0..=MILLION),
        ) {
            cuts.sort_unstable();
            let [a, b, c, d] = cuts;
            let weights = Weights {
                urgency: a, value: b - a, dependents: c - b, people: d - c, age: MILLION - d,
            };
            let score = score(&issue, waiting, weights, &Calendar::at(now(), &UTC));
            prop_assert!(score.points <= 100 * MILLION);
        }

        #[test]
        fn the_points_are_the_exact_product_rounded_down(issue in any_facts(), waiting in 0..40_u32) {
            let Score { points, terms } = worth(&issue, waiting);
            let sum = [
                (WEIGHTS.urgency, terms.urgency), (WEIGHTS.value, terms.value),
                (WEIGHTS.dependents, terms.dependents), (WEIGHTS.people, terms.people),
                (WEIGHTS.age, terms.age),
            ].iter().map(|(weight, term)| *weight as f64 * *term as f64 / 1e12).sum::<f64>();
            let exact = 1e8 * sum * (terms.readiness as f64 / 1e6) * (terms.size as f64 / 1e6)
                * (terms.fails as f64 / 1e6);
            prop_assert!((points as f64 - exact).abs() <= 1.5, "{points} {exact}");
        }
    }
}
