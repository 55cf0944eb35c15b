//! How fast a whole backlog is judged: what may be handed out, what it is worth, in which order.

use std::hint::black_box;

use jiff::tz::TimeZone;
use regex::Regex;
use timmy::core::model::account::Account;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::policy::controls::Controls;
use timmy::core::scheduling::text::TextReader;
use timmy::core::scheduling::{Authors, IssueFacts, Milestone, Rules, Weights, WorkState, rank};
use timmy::sandbox::backlog::{Backlog, BacklogRepo, Place, Shape, Thread};

use crate::sample::{Compared, milliseconds};
use crate::table::Row;

const ISSUES: usize = 100_000;
const ROUNDS: usize = 15;

pub fn measure() -> Row {
    let now = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let shape = Shape { repos: 1_000, issues: ISSUES, seed: 1, now };
    let facts = facts(&Backlog::of(shape));
    let (rules, fleet) = (rules(), Controls::default());
    let Compared { ours, yardstick, ratio } = Compared::in_turn(
        ROUNDS,
        || milliseconds(|| drop(black_box(rank(black_box(&facts), &rules, &fleet, now, &zone)))),
        // Whoever ranks must at least look at everything, and sort it.
        || {
            let mut order: Vec<_> = facts.iter().map(|one| (one.created_at, one.thread)).collect();
            milliseconds(|| order.sort_unstable())
        },
    );
    Row {
        what: "score 100,000 issues",
        goal: "<= 10 x sorting their dates",
        measured: ratio.to_string(),
        holds: ratio.median() <= 10.0,
        figures: format!("{ours} ms; sorting {yardstick} ms"),
        method: "rank on a made backlog of 1,000 repositories with labels, milestones, due dates, \
                 chains and circles: eligibility, score, dependents and order; sorting dates, with \
                 repository and number; one core",
    }
}

fn rules() -> Rules {
    Rules {
        weights: Weights {
            urgency: 350_000,
            value: 200_000,
            dependents: 200_000,
            people: 150_000,
            age: 100_000,
        },
        epic_labels: vec!["epic".into()],
        authors: Authors::Everyone,
        machines: vec!["timmy".into(), "ezra".into()],
        writers: Vec::new(),
        attempts: 3,
    }
}

fn facts(backlog: &Backlog) -> Vec<IssueFacts> {
    let reader = TextReader::new(Regex::new("(?i)accept|done when|expected").unwrap());
    let issues = backlog.threads().filter(|(_, thread)| !thread.is_pull);
    issues.map(|(place, thread)| of(place, thread, &backlog.repos[place.repo], &reader)).collect()
}

fn of(place: Place, thread: &Thread, repo: &BacklogRepo, reader: &TextReader) -> IssueFacts {
    let milestone = thread.milestone.map(|nth| repo.milestones[nth].clone());
    IssueFacts {
        touched_at: None,
        thread: id(place),
        author: Some(account(thread.author).into()),
        created_at: thread.created,
        opened_at: thread.created,
        labels: thread.labels.iter().map(|label| (*label).to_owned()).collect(),
        assignees: thread.assignees.iter().map(|login| account(login)).collect(),
        due_at: thread.due.map(Into::into),
        milestone: milestone
            .map(|(title, due_at)| Milestone { title, due_at: due_at.map(Into::into) }.into()),
        pinned: thread.pinned,
        readiness: reader.read(id(place).repo, &thread.title, &thread.body).readiness,
        names_protected: false,
        waits_for: thread.waits_for.iter().copied().map(id).collect(),
        people: (place.number % 6) as u32,
        held: place.number.is_multiple_of(50),
        snoozed_until: None,
        pulls: Vec::new(),
        work: WorkState { fails: (place.number % 20 / 18) as u32, ..WorkState::default() },
    }
}

fn id(place: Place) -> ThreadId {
    ThreadId { repo: RepoId(place.repo as i64), number: place.number as i64 }
}

fn account(login: &str) -> Account {
    Account { id: 1, login: login.to_owned() }
}
