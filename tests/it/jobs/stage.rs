//! A ledger that knows a backlog and a fleet.

use std::collections::{HashMap, HashSet};

use timmy::core::jobs::ask_first::StartRules;
use timmy::core::jobs::money::Budgets;
use timmy::core::jobs::{Draw, JobId, JobLimits, NewJob, Origin, Purpose, StepTime};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::issue::NamedPaths;
use timmy::core::model::repository::Repo;
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{
    AgentSlot, Authors, BacklogEntry, Limits, Readiness, Rules, Weights,
};
use timmy::store::backlog::{self, BacklogSource, SyncFinding};
use timmy::store::jobs::{self, ForgeView, LeaseRequest};
use timmy::store::{Error, Transaction, cursors};

use super::{TIMEOUTS, terms};
use crate::support::facts;

/// So many seconds into the story.
pub fn at(second: i64) -> StepTime {
    StepTime { at: Timestamp::from_micros((1_000_000 + second) * 1_000_000), chance: Draw(0) }
}

/// Issues 1 to 9; those above 6 are in a second repository.
pub fn thread(number: i64) -> ThreadId {
    ThreadId { repo: RepoId(if number > 6 { 2 } else { 1 }), number }
}

pub fn entry(number: i64, second: i64) -> BacklogEntry {
    let mut item = facts::issue(number, at(-100).at);
    item.updated_at = at(second).at;
    let readiness = Readiness { scope: true, ..Readiness::default() };
    BacklogEntry {
        item,
        readiness,
        may_be_a_form: false,
        closes: Vec::new(),
        paths: NamedPaths::default(),
    }
}

pub fn put(tx: &Transaction<'_>, entry: &BacklogEntry) -> Result<(), Error> {
    backlog::put(tx, thread(entry.item.number).repo, entry, BacklogSource::Webhook)
}

/// Both repositories are watched and were read in full. The ledger has a name.
pub fn tracked(tx: &Transaction<'_>) -> Result<(), Error> {
    let (door, window) = (facts::repo("foundation/door"), facts::repo("foundation/window"));
    let window = Repo { id: RepoId(2), ..window };
    for repo in [&door, &window] {
        cursors::watch(tx, repo, at(-200).at)?;
    }
    backlog::keep_only(tx, &HashSet::from([door.id, window.id]), true)?;
    let open = HashMap::from([(door.id, HashSet::new()), (window.id, HashSet::new())]);
    backlog::read_in_full(tx, &SyncFinding { open }, at(-200).at)?;
    for number in 1..=9 {
        put(tx, &entry(number, -100))?;
    }
    jobs::introduce(tx, "t-1").map(drop)
}

pub fn new_job(number: i64) -> NewJob {
    NewJob {
        adopts: None,
        claims_by_card: false,
        crew: None,
        thread: thread(number).into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Match,
        agent: None,
        limits: JobLimits::default(),
        budget: None,
    }
}

pub fn begin(tx: &Transaction<'_>, number: i64, now: StepTime) -> Result<JobId, Error> {
    Ok(jobs::create(tx, &new_job(number), now.at)?.expect("a job").spec.id)
}

pub fn slot(name: &str, host: &str, capacity: u32) -> AgentSlot {
    AgentSlot {
        name: name.to_owned(),
        roles: vec!["coder".to_owned()],
        skills: Vec::new(),
        host: Some(host.to_owned()),
        pool: None,
        capacity,
        prior: 500_000,
        is_up: true,
        is_spent: false,
        ..AgentSlot::default()
    }
}

/// A bid of an agent with room everywhere.
pub fn bid(agent: &str) -> LeaseRequest {
    let weights = Weights {
        urgency: 350_000,
        value: 200_000,
        dependents: 200_000,
        people: 150_000,
        age: 100_000,
    };
    LeaseRequest {
        agent: agent.to_owned(),
        family: None,
        timeouts: TIMEOUTS,
        terms: terms(),
        can_be_told: true,
        rules: Rules {
            weights,
            epic_labels: vec!["epic".to_owned()],
            authors: Authors::Everyone,
            machines: vec!["ezra".to_owned(), "bezalel".to_owned(), "timmy".to_owned()],
            writers: Vec::new(),
            attempts: 3,
        },
        workers: vec![slot("ezra", "a", 9), slot("bezalel", "a", 9), slot("allegro", "b", 9)],
        limits: Limits {
            per_host: 9,
            per_repository: 9,
            reviews_waiting: 9,
            minimum: 0,
            issue_micro_usd: None,
            pools: Vec::new(),
        },
        budgets: Budgets::default(),
        start_rules: StartRules::default(),
        day_began: at(0).at,
        outside: ForgeView { reviews_waiting: 0, is_asked: false },
    }
}
