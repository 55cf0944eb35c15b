//! Facts for tests.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Authors, IssueFacts, LinkedPull, Milestone, Readiness, Rules, Weights, WorkState};
use crate::core::model::account::Account;
use crate::core::model::due_day::DueDay;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;

pub(super) fn thread(number: i64) -> ThreadId {
    ThreadId { repo: RepoId(1), number }
}

/// Monday noon.
pub(in crate::core) fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").expect("a time")
}

pub(super) fn in_days(days: i64) -> Timestamp {
    Timestamp::from_micros(now().micros() + days * 86_400_000_000)
}

pub(super) const WEIGHTS: Weights = Weights {
    urgency: 350_000,
    value: 200_000,
    dependents: 200_000,
    people: 150_000,
    age: 100_000,
};

pub(in crate::core) fn rules() -> Rules {
    Rules {
        weights: WEIGHTS,
        epic_labels: vec!["epic".to_owned()],
        authors: Authors::Everyone,
        machines: vec!["timmy".to_owned(), "ezra".to_owned()],
        writers: Vec::new(),
        attempts: 3,
    }
}

pub(super) const UTC: TimeZone = TimeZone::UTC;

/// An issue of today, of which nothing is known but what is to be done.
pub(in crate::core) fn facts(number: i64) -> IssueFacts {
    IssueFacts {
        thread: thread(number),
        author: Some(Account { id: 7, login: "anna".to_owned() }.into()),
        created_at: now(),
        opened_at: now(),
        labels: [].into(),
        assignees: [].into(),
        due_at: None,
        milestone: None,
        pinned: false,
        readiness: Readiness { scope: true, ..Readiness::default() },
        names_protected: false,
        waits_for: Vec::new(),
        people: 0,
        touched_at: None,
        held: false,
        snoozed_until: None,
        pulls: Vec::new(),
        work: WorkState::default(),
    }
}

/// A pull request of today, by somebody who may write.
pub(in crate::core) fn pull(number: i64) -> LinkedPull {
    LinkedPull {
        thread: thread(number),
        author: Some(Account { id: 8, login: "rita".to_owned() }.into()),
        by_writer: true,
        is_draft: false,
        moved_at: now(),
    }
}

/// Any moment, more often near.
fn moments() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (-100_i64..100).prop_map(in_days),
        1 => any::<i64>().prop_map(Timestamp::from_micros),
    ]
}

/// Any issue, whatever stands in it.
pub(super) fn any_facts() -> impl Strategy<Value = IssueFacts> {
    let labels = prop::collection::vec(
        prop_oneof!["priority/p[0-3]", "size/(xs|s|m|l|xl)", "epic", "skill/[a-c]", ".{0,9}"],
        0..4,
    );
    let milestone = prop::option::of(prop::option::of(moments())).prop_map(|due| {
        due.map(|due| Milestone { title: "v1".to_owned(), due_at: due.map(DueDay::from) })
    });
    let readiness = any::<(bool, bool, bool)>().prop_map(|(scope, place, acceptance)| Readiness {
        scope,
        place,
        acceptance,
    });
    let work = (any::<(bool, bool, bool)>(), 0..5_u32, any::<u8>()).prop_map(
        |((is_live, is_asked, is_settled), attempts, fails)| WorkState {
            is_live: is_live && attempts > 3,
            is_asked: is_asked && attempts > 3,
            is_settled: is_settled && attempts > 3,
            attempts,
            fails: fails.into(),
            ..WorkState::default()
        },
    );
    let times = (moments(), moments(), prop::option::of(moments()), prop::option::of(moments()));
    let waits_for = prop::collection::vec((0..12_i64).prop_map(thread), 0..2);
    let rest = (0..9_u32, any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (0..12_i64, labels, milestone, readiness, work, times, waits_for, rest).prop_map(
        |(number, labels, milestone, readiness, work, times, waits_for, rest)| {
            let (created_at, opened_at, due_at, snoozed_until) = times;
            let (people, pinned, held, has_pull) = rest;
            let pulls = if has_pull { vec![pull(99)] } else { Vec::new() };
            let issue = facts(number);
            IssueFacts {
                labels: labels.into(),
                milestone: milestone.map(Into::into),
                readiness,
                work,
                created_at,
                opened_at,
                due_at: due_at.map(DueDay::from),
                snoozed_until,
                waits_for,
                people,
                pinned,
                held,
                pulls,
                ..issue
            }
        },
    )
}
