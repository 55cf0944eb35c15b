//! Why an issue scores what it scores, term by term.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::calendar::Calendar;
use super::labels::{priority, size};
use super::score::{of_level, of_milestone};
use super::{IssueFacts, MILLION, RankedIssue, Readiness, Rules};
use crate::core::model::time::Timestamp;

/// A term of the score: the first five give points, the others are factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Labels and due dates.
    Urgency,
    /// Milestones and pins.
    Value,
    /// Issues that wait for this one.
    Dependents,
    /// People heard in the thread.
    People,
    /// Time since it was opened.
    Age,
    /// What the text holds.
    Readiness,
    /// How large it is.
    Size,
    /// What failed so far.
    Failures,
}

/// The fact from which a term has its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermReason {
    /// Nothing speaks for it.
    Nothing,
    /// Its label `priority/...`, such as `p1`.
    Priority(String),
    /// It is due in so many days; below zero: it is overdue.
    Due(i64),
    /// Its milestone, and in how many days that is due; none if it has no date.
    Milestone(String, Option<i64>),
    /// It is pinned.
    Pinned,
    /// So many issues wait for it; [`super::MANY_DEPENDENTS`] stands for more than can be counted.
    Dependents(u32),
    /// So many people spoke there in 30 days.
    People(u32),
    /// It is open for so many days.
    OpenFor(i64),
    /// What its text holds, and what not.
    Text(Readiness),
    /// Its label `size/...`, such as `s`.
    Size(String),
    /// So many attempts failed since a person last touched it.
    Failures(u32),
}

/// One term of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermLine {
    /// Which.
    pub term: Term,
    /// Its value or its factor, in millionths.
    pub value: u64,
    /// From where it has it.
    pub because: TermReason,
    /// What it gives before the factors are applied, in millionths of a point; none for a factor.
    pub points: Option<u64>,
}

/// The terms of a score with their reasons, in the order of the formula.
pub fn explain(
    facts: &IssueFacts,
    standing: &RankedIssue,
    rules: &Rules,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<TermLine> {
    let calendar = Calendar::at(now, zone);
    let (terms, weights) = (&standing.score.terms, &rules.weights);
    let given = |term, value: u32, weight, because| {
        let value = u64::from(value);
        let points = 100 * value * weight / MILLION;
        TermLine { term, value, because, points: Some(points) }
    };
    let factor =
        |term, value: u32, because| TermLine { term, value: value.into(), because, points: None };
    let dependents = match standing.dependents {
        0 => TermReason::Nothing,
        n => TermReason::Dependents(n),
    };
    let people =
        if facts.people == 0 { TermReason::Nothing } else { TermReason::People(facts.people) };
    let days = -calendar.days_until(facts.opened_at);
    let sized = size(&facts.labels);
    let fails = if facts.work.fails == 0 {
        TermReason::Nothing
    } else {
        TermReason::Failures(facts.work.fails)
    };
    vec![
        given(
            Term::Urgency,
            terms.urgency,
            weights.urgency,
            urgent(facts, terms.urgency, &calendar),
        ),
        given(Term::Value, terms.value, weights.value, valuable(facts, terms.value, &calendar)),
        given(Term::Dependents, terms.dependents, weights.dependents, dependents),
        given(Term::People, terms.people, weights.people, people),
        given(Term::Age, terms.age, weights.age, TermReason::OpenFor(days.max(0))),
        factor(Term::Readiness, terms.readiness, TermReason::Text(facts.readiness)),
        factor(
            Term::Size,
            terms.size,
            sized.map_or(TermReason::Nothing, |size| TermReason::Size(size.to_string())),
        ),
        factor(Term::Failures, terms.fails, fails),
    ]
}

fn urgent(facts: &IssueFacts, value: u32, calendar: &Calendar<'_>) -> TermReason {
    let level = priority(&facts.labels);
    match (level, facts.due_at) {
        (_, Some(due)) if value > of_level(level) => TermReason::Due(calendar.days_to(due)),
        (Some(level), _) => TermReason::Priority(level.to_string()),
        (None, _) => TermReason::Nothing,
    }
}

fn valuable(facts: &IssueFacts, value: u32, calendar: &Calendar<'_>) -> TermReason {
    match &facts.milestone {
        Some(milestone) if value > 0 && value == of_milestone(Some(milestone), calendar) => {
            let days = milestone.due_at.map(|due| calendar.days_to(due));
            TermReason::Milestone(milestone.title.clone(), days)
        }
        _ if facts.pinned => TermReason::Pinned,
        _ => TermReason::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::policy::controls::Controls;
    use crate::core::scheduling::explain::*;
    use crate::core::scheduling::testing::{UTC, facts, in_days, now, rules};
    use crate::core::scheduling::{Milestone, rank};

    fn explained(facts: IssueFacts) -> Vec<TermLine> {
        let ranking =
            rank(std::slice::from_ref(&facts), &rules(), &Controls::default(), now(), &UTC);
        explain(&facts, &ranking.ready[0], &rules(), now(), &UTC)
    }

    fn reasons(facts: IssueFacts) -> Vec<TermReason> {
        explained(facts).into_iter().map(|line| line.because).collect()
    }

    #[test]
    fn a_bare_issue_has_nothing_that_speaks_for_it() {
        let Readiness { scope, .. } = facts(1).readiness;
        let text = TermReason::Text(Readiness { scope, ..Readiness::default() });
        let nothing = TermReason::Nothing;
        assert_eq!(
            reasons(facts(1)),
            [
                nothing.clone(),
                nothing.clone(),
                nothing.clone(),
                nothing.clone(),
                TermReason::OpenFor(0),
                text,
                nothing.clone(),
                nothing,
            ]
        );
    }

    #[test]
    fn the_fact_that_counts_is_told() {
        let mut issue = facts(1);
        issue.labels = ["priority/p2".into(), "size/xl".into()].into();
        issue.due_at = Some(in_days(3).into());
        issue.pinned = true;
        issue.milestone =
            Some(Milestone { title: "v1".into(), due_at: Some(in_days(20).into()) }.into());
        let told = reasons(issue.clone());
        assert_eq!((&told[0], &told[1]), (&TermReason::Due(3), &TermReason::Pinned));
        issue.due_at = Some(in_days(13).into());
        issue.milestone =
            Some(Milestone { title: "v1".into(), due_at: Some(in_days(5).into()) }.into());
        let told = reasons(issue);
        assert_eq!(told[0], TermReason::Priority("p2".into()));
        assert_eq!(told[1], TermReason::Milestone("v1".into(), Some(5)));
        assert_eq!(told[6], TermReason::Size("xl".into()));
    }

    #[test]
    fn the_points_before_the_factors_sum_up() {
        let issue = IssueFacts { people: 4, ..facts(1) };
        let points: Vec<_> = explained(issue).into_iter().filter_map(|line| line.points).collect();
        assert_eq!(points, [8_750_000, 0, 0, 15_000_000, 0]);
    }
}
