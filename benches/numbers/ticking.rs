//! How long it takes to decide who gets what.

use std::hint::black_box;

use jiff::tz::TimeZone;
use timmy::core::model::account::Account;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{
    AgentRecords, AgentSlot, Authors, AutoTerms, IssueFacts, Limits, Load, Outcome, Pool,
    RankedBacklog, RankingInput, Readiness, Roster, Rules, Weights, WorkState,
};

use crate::sample::{Compared, milliseconds};
use crate::table::Row;
use crate::texts::Dice;

const REPOS: usize = 100;
const AGENTS: usize = 50;
/// Two for each agent.
const SLOTS: usize = 100;
const PAST: usize = 5_000;

const NOW: Timestamp = Timestamp::from_micros(1_795_435_200_000_000);
const DAY: i64 = 86_400_000_000;
const ROLES: [&str; 4] = ["coder", "coder", "coder", "reviewer"];
const SKILLS: [&str; 4] = ["rust", "python", "docs", "sql"];

pub fn measure() -> Row {
    let Compared { ours, yardstick, .. } = ticks(5_000, 200);
    let ratio = ours.percentile(99) / yardstick.median();
    Row {
        what: "tick: 5,000 candidates, 100 slots",
        goal: "p99 <= 5 x ranking them",
        measured: format!("{ratio:.2}"),
        holds: ratio <= 5.0,
        figures: format!("p99 {:.1} ms, {ours} ms; ranking {yardstick} ms", ours.percentile(99)),
        method: "RankedBacklog::new and choices, from facts in memory to matches with reasons, 200 \
                 times: 100 repositories, 50 agents with two slots each on 25 hosts and in 5 \
                 quotas, 5,000 outcomes of the past; RankedBacklog::new alone",
    }
}

/// Whether a tick costs each candidate the same, however many there are.
pub fn measure_sizes() -> Row {
    let [few, some, many] =
        [(1_000, 200), (5_000, 50), (100_000, 10)].map(|(candidates, rounds)| {
            ticks(candidates, rounds).ours.median() * 1e3 / candidates as f64
        });
    let [less, more] = [few / some, many / some];
    Row {
        what: "tick: per candidate",
        goal: "no more of 1,000 or 100,000 than of 5,000",
        measured: format!("{less:.2} and {more:.2}"),
        // What lies closer together than this says nothing.
        holds: less.max(more) <= 1.1,
        figures: format!("{few:.2}, {some:.2} and {many:.2} us at 1,000, 5,000 and 100,000"),
        method: "the same with other numbers of candidates, for the same 100 slots; medians",
    }
}

/// Milliseconds of whole ticks, beside those of ranking alone.
fn ticks(candidates: i64, rounds: usize) -> Compared {
    let mut dice = Dice::of(3);
    let facts: Vec<IssueFacts> = (1..=candidates).map(|number| issue(&mut dice, number)).collect();
    let setting = setting(&mut dice);
    let mut given = 0;
    let compared = Compared::in_turn(
        rounds,
        || {
            let (facts, setting) = (black_box(facts.clone()), setting.clone());
            milliseconds(|| {
                let judged = black_box(RankedBacklog::new(facts, setting));
                given = judged.choices().iter().filter(|one| one.winner.is_some()).count();
            })
        },
        || {
            let (facts, setting) = (black_box(facts.clone()), setting.clone());
            milliseconds(|| drop(black_box(RankedBacklog::new(facts, setting))))
        },
    );
    // One slot is kept for a p0.
    assert!(given >= SLOTS / 2, "the benchmark gives nothing away: {given}");
    compared
}

fn issue(dice: &mut Dice, number: i64) -> IssueFacts {
    let repo = RepoId(dice.below(REPOS) as i64);
    let created_at = Timestamp::from_micros(NOW.micros() - dice.below(400) as i64 * DAY);
    let mut labels = Vec::new();
    match dice.below(20) {
        0 => labels.push("priority/p0".to_owned()),
        level @ 1..9 => labels.push(format!("priority/p{}", level % 3 + 1)),
        _ => {}
    }
    if dice.below(2) == 0 {
        labels.push(format!("size/{}", dice.pick(&["xs", "s", "m", "l", "xl"])));
    }
    if dice.below(3) == 0 {
        labels.push(format!("role/{}", dice.pick(&ROLES)));
    }
    if dice.below(4) == 0 {
        labels.push(format!("skill/{}", dice.pick(&SKILLS)));
    }
    let readiness = Readiness { scope: true, place: false, acceptance: dice.below(2) == 0 };
    IssueFacts {
        touched_at: None,
        thread: ThreadId { repo, number },
        author: Some(Account { id: 7, login: "anna".to_owned() }.into()),
        created_at,
        opened_at: created_at,
        labels: labels.into(),
        assignees: [].into(),
        due_at: None,
        milestone: None,
        pinned: dice.below(50) == 0,
        readiness,
        names_protected: false,
        waits_for: Vec::new(),
        people: dice.below(6) as u32,
        held: false,
        snoozed_until: None,
        pulls: Vec::new(),
        work: WorkState::default(),
    }
}

fn setting(dice: &mut Dice) -> RankingInput {
    let weights = Weights {
        urgency: 350_000,
        value: 200_000,
        dependents: 200_000,
        people: 150_000,
        age: 100_000,
    };
    let rules = Rules {
        weights,
        epic_labels: vec!["epic".to_owned()],
        authors: Authors::Everyone,
        machines: Vec::new(),
        writers: Vec::new(),
        attempts: 3,
    };
    let workers = (0..AGENTS).map(|number| worker(dice, number)).collect();
    let pool = |number| Pool {
        name: format!("pool{number}"),
        concurrent: Some(15),
        is_empty: false,
        windows: Vec::new(),
        tries: None,
    };
    let limits = Limits {
        per_host: 4,
        per_repository: 2,
        reviews_waiting: 1_000,
        minimum: 0,
        issue_micro_usd: None,
        pools: (0..5).map(pool).collect(),
    };
    let past = (0..PAST).map(|_| Outcome {
        agent: format!("agent{}", dice.below(AGENTS)),
        role: (*dice.pick(&ROLES)).to_owned(),
        repo: RepoId(dice.below(REPOS) as i64),
        is_good: dice.below(4) > 0,
        at: Timestamp::from_micros(NOW.micros() - dice.below(200) as i64 * DAY),
    });
    let outcomes = AgentRecords::weigh(past.collect::<Vec<_>>(), NOW);
    let roster = Roster {
        auto: AutoTerms::default(),
        workers,
        limits,
        load: Load::default(),
        outcomes,
        small_handed_out: 0,
        until: None,
    };
    RankingInput { now: NOW, zone: TimeZone::UTC, rules, pauses: Vec::new(), roster }
}

fn worker(dice: &mut Dice, number: usize) -> AgentSlot {
    let skills = SKILLS.iter().filter(|_| dice.below(3) > 0).map(|skill| (*skill).to_owned());
    AgentSlot {
        name: format!("agent{number}"),
        skills: skills.collect(),
        roles: ROLES[2..].iter().map(|role| (*role).to_owned()).collect(),
        host: Some(format!("host{}", number / 2)),
        pool: number.is_multiple_of(2).then(|| format!("pool{}", number % 5)),
        capacity: (SLOTS / AGENTS) as u32,
        prior: 500_000,
        is_up: true,
        is_spent: false,
        ..AgentSlot::default()
    }
}
