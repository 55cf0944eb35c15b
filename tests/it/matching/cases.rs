//! Small fleets and backlogs in which everything that can be scarce is.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{
    AgentRecords, AgentSlot, AutoTerms, Beginning, Candidate, Limits, Load, Outcome, Pool, Roster,
    TriedAgent, Workplaces,
};

pub const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

/// A backlog and a fleet.
#[derive(Debug, Clone)]
pub struct Case {
    pub candidates: Vec<Candidate>,
    pub roster: Roster,
}

/// An agent that can do everything, once at a time.
pub fn worker(name: &str) -> AgentSlot {
    AgentSlot {
        name: name.into(),
        roles: vec!["coder".into()],
        skills: Vec::new(),
        host: None,
        pool: None,
        capacity: 1,
        prior: 500_000,
        is_up: true,
        is_spent: false,
        ..AgentSlot::default()
    }
}

/// A fleet with nothing to do and much room.
pub fn roster(workers: impl IntoIterator<Item = AgentSlot>) -> Roster {
    Roster {
        workers: workers.into_iter().collect(),
        limits: Limits {
            per_host: 4,
            per_repository: 4,
            reviews_waiting: 5,
            minimum: 0,
            issue_micro_usd: None,
            pools: Vec::new(),
        },
        load: Load::default(),
        outcomes: AgentRecords::default(),
        small_handed_out: 0,
        until: None,
        auto: AutoTerms::default(),
    }
}

/// An issue for a coder.
pub fn candidate(number: i64, points: u64) -> Candidate {
    Candidate {
        thread: ThreadId { repo: RepoId(1), number },
        is_p0: false,
        points: points * 1_000_000,
        created_at: Timestamp::from_micros(number),
        role: "coder".into(),
        skills: Vec::new(),
        is_dangerous: false,
        is_small: false,
        is_large: false,
        beginning: Beginning::Suggested,
        tried: Box::default(),
        spent: 0,
    }
}

pub fn outcome(agent: &str, is_good: bool) -> Outcome {
    Outcome { agent: agent.into(), role: "coder".into(), repo: RepoId(1), is_good, at: NOW }
}

/// Of Ada's model it is known whose it was.
fn tried(agent: String) -> TriedAgent {
    let family = (agent == "ada").then(|| "opus".to_owned());
    TriedAgent { agent, family }
}

fn words(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let some = proptest::sample::subsequence(all, 0..=all.len());
    some.prop_map(|words| words.into_iter().map(str::to_owned).collect())
}

fn maybe(all: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(select(all)).prop_map(|name| name.map(str::to_owned))
}

prop_compose! {
    fn workers()(
        parts in prop::collection::vec(
            (
                words(&["coder", "devops"]),
                words(&["rust", "python"]),
                maybe(&["host1", "host2"]),
                maybe(&["pool1", "pool2"]),
                0..3_u32,
                select(vec![0, 300_000, 500_000, 900_000]),
                prop::bool::weighted(0.9),
                prop::bool::weighted(0.1),
                (0..3_u64, maybe(&["opus", "llama"]), prop::collection::btree_set((1..4_i64).prop_map(RepoId), 0..2), prop::bool::weighted(0.2)),
            ),
            1..=4,
        ),
    ) -> Vec<AgentSlot> {
        let names = ["ada", "bob", "eve", "kim"];
        let made = |((roles, skills, host, pool, capacity, prior, is_up, is_spent, rest), name)| {
            let (micro_usd, family, barred, cannot_ask) = rest;
            AgentSlot {
                name: String::from(name), roles, skills, host, pool, capacity, prior, is_up, is_spent,
                micro_usd, family, workplaces: Workplaces::AllBut(barred), is_out_of_quota: false,
                cannot_ask,
                ..AgentSlot::default()
            }
        };
        parts.into_iter().zip(names).map(made).collect()
    }
}

prop_compose! {
    fn limits()(
        per_host in 1..4_u32, per_repository in 1..4_u32, reviews_waiting in 1..4_u32,
        minimum in select(vec![0, 5_000_000]), issue_micro_usd in prop::option::of(1..4_u64),
        concurrent in prop::collection::vec((prop::option::of(0..3_u32), prop::bool::weighted(0.1)), 2),
    ) -> Limits {
        let pools = concurrent
            .into_iter()
            .zip(["pool1", "pool2"])
            .map(|((concurrent, is_empty), name)| Pool {
                name: name.into(),
                concurrent,
                is_empty,
                windows: Vec::new(),
                tries: None,
            })
            .collect();
        Limits { per_host, per_repository, reviews_waiting, minimum, issue_micro_usd, pools }
    }
}

prop_compose! {
    fn rosters()(
        workers in workers(),
        limits in limits(),
        jobs in prop::collection::vec(0..2_u32, 4),
        repos in prop::collection::btree_map((1..4_i64).prop_map(RepoId), 0..3_u32, 0..3),
        reviews_waiting in select(vec![0, 0, 0, 0, 1, 2]),
        past in prop::collection::vec(
            (select(vec!["ada", "bob", "eve", "kim"]), any::<bool>(), 0..90_i64, 1..4_i64), 0..30),
        small_handed_out in 0..30_u64,
    ) -> Roster {
        let agents: BTreeMap<_, _> =
            workers.iter().zip(jobs).map(|(worker, jobs)| (worker.name.clone(), jobs)).collect();
        let past = past.into_iter().map(|(agent, is_good, days, repo)| Outcome {
            repo: RepoId(repo),
            at: Timestamp::from_micros(NOW.micros() - days * 86_400_000_000),
            ..outcome(agent, is_good)
        });
        let outcomes = AgentRecords::weigh(past, NOW);
        let load = Load { agents, repos, reviews_waiting };
        let auto = AutoTerms::default();
        Roster { workers, limits, load, outcomes, small_handed_out, until: None, auto }
    }
}

prop_compose! {
    fn candidates(most: usize)(
        parts in prop::collection::vec(
            (
                1..4_i64,
                prop::bool::weighted(0.2),
                select(vec![0, 4_999_999, 5_000_000, 31_300_000, 31_300_001, 100_000_000]),
                0..3_i64,
                select(vec!["coder", "coder", "devops", "reviewer"]),
                words(&["rust"]),
                any::<bool>(),
                (words(&["ada", "bob"]), 0..2_u64, prop::bool::weighted(0.2)),
            ),
            0..=most,
        ),
    ) -> Vec<Candidate> {
        parts
            .into_iter()
            .zip(1..)
            .map(|((repo, is_p0, points, created, role, skills, is_small, past), number)| Candidate {
                thread: ThreadId { repo: RepoId(repo), number },
                is_p0,
                points,
                created_at: Timestamp::from_micros(created),
                role: role.into(),
                skills,
                is_dangerous: past.2,
                is_small,
                is_large: false,
                beginning: Beginning::Suggested,
                tried: past.0.into_iter().map(tried).collect(),
                spent: past.1,
            })
            .collect()
    }
}

/// Anything that can be.
pub fn cases() -> impl Strategy<Value = Case> {
    let both = (candidates(12), rosters());
    both.prop_map(|(candidates, roster)| Case { candidates, roster })
}

/// Without what is not about worth: no p0 goes first, nothing is tried, the fleet is idle and
/// works; at most six issues for at most four agents.
pub fn crossing_cases() -> impl Strategy<Value = Case> {
    (candidates(6), rosters()).prop_map(|(mut candidates, mut roster)| {
        for candidate in &mut candidates {
            candidate.is_p0 = false;
            candidate.is_small = false;
            candidate.tried = Box::default();
        }
        for worker in &mut roster.workers {
            (worker.is_up, worker.is_spent) = (true, false);
            worker.capacity = worker.capacity.max(1);
        }
        roster.load = Load::default();
        Case { candidates, roster }
    })
}

/// As [`crossing_cases`], each quota within one host.
pub fn plain_cases() -> impl Strategy<Value = Case> {
    crossing_cases().prop_map(|mut case| {
        for worker in &mut case.roster.workers {
            worker.pool = worker.host.as_ref().map(|host| host.replace("host", "pool"));
        }
        case
    })
}
