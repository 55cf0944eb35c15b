//! How long it takes to decide who gets what.

use std::hint::black_box;
use std::time::Instant;

use jiff::tz::TimeZone;
use timmy::core::model::account::Account;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{
    AgentRecords, AgentSlot, Authors, IssueFacts, Limits, Load, Outcome, Pool, RankedBacklog,
    RankingInput, Readiness, Roster, Rules, Weights, WorkState,
};

use crate::sample::Sample;
use crate::table::Row;
use crate::texts::Dice;

const CANDIDATES: i64 = 5_000;
const REPOS: usize = 100;
const AGENTS: usize = 50;
/// Two for each agent.
const SLOTS: usize = 100;
const PAST: usize = 5_000;
const ROUNDS: usize = 200;

const NOW: Timestamp = Timestamp::from_micros(1_795_435_200_000_000);
const DAY: i64 = 86_400_000_000;
const ROLES: [&str; 4] = ["coder", "coder", "coder", "reviewer"];
const SKILLS: [&str; 4] = ["rust", "python", "docs", "sql"];

pub fn measure() -> Row {
    let mut dice = Dice::of(3);
    let facts: Vec<IssueFacts> = (1..=CANDIDATES).map(|number| issue(&mut dice, number)).collect();
    let setting = setting(&mut dice);
    let (mut ranks, mut ticks) = (Vec::new(), Vec::new());
    let mut given = 0;
    for _ in 0..ROUNDS {
        let (facts, setting) = (facts.clone(), setting.clone());
        let begun = Instant::now();
        let judged = RankedBacklog::new(black_box(facts), setting);
        ranks.push(begun.elapsed().as_secs_f64() * 1e3);
        let choices = black_box(judged.choose());
        ticks.push(begun.elapsed().as_secs_f64() * 1e3);
        given = choices.iter().filter(|choice| choice.winner.is_some()).count();
    }
    // One slot is kept for a p0.
    assert!(given >= SLOTS / 2, "the benchmark gives nothing away: {given}");
    let (ranks, ticks) = (Sample::from(ranks), Sample::from(ticks));
    Row {
        what: "tick: 5,000 candidates, 100 slots",
        goal: "p99 <= 100 ms",
        holds: ticks.percentile(99) <= 100.0,
        measured: format!("p99 {:.1} ms, median {ticks} ms", ticks.percentile(99)),
        yardstick: format!("to rank them alone: {ranks} ms"),
        method: "Judged::new and choose, from facts in memory to choices with reasons, 200 times: \
                 100 repositories, 50 agents with two slots each on 25 hosts and in 5 quotas, \
                 5,000 outcomes of the past",
    }
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
    let readiness = Readiness { scope: true, acceptance: dice.below(2) == 0, checklist: false };
    IssueFacts {
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
        attempts: 3,
    };
    let workers = (0..AGENTS).map(|number| worker(dice, number)).collect();
    let pool =
        |number| Pool { name: format!("pool{number}"), concurrent: Some(15), is_empty: false };
    let limits = Limits {
        per_host: 4,
        per_repository: 2,
        reviews_waiting: 1_000,
        minimum: 0,
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
    let roster = Roster { workers, limits, load: Load::default(), outcomes, small_handed_out: 0 };
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
    }
}
