//! A world that moves, told twice: to the ledger, and to plain sets and numbers, which say whether
//! a lease may be made.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use timmy::core::jobs::money::{Ceiling, Spent};
use timmy::core::jobs::{Fence, StepTime};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{Pool, QuotaWindow};
use timmy::store::jobs::{Lease, LeaseRequest};

use super::stage::{at, bid, slot, thread};
use super::terms;
use crate::support::random::Random;

/// The quota of ezra and bezalel, and its window.
pub const SHARED: &str = "shared";
const PER: Duration = Duration::from_secs(900);

pub fn shares(agent: &str) -> bool {
    agent != "allegro"
}

pub const AGENTS: [(&str, &str); 3] = [("ezra", "a"), ("bezalel", "a"), ("allegro", "b")];

/// How an attempt went, as far as limits ask.
pub struct Run {
    pub agent: &'static str,
    pub number: i64,
    pub given: Timestamp,
    /// What it cost, or is bounded by.
    pub cost: u64,
    pub ended: Option<Timestamp>,
    /// Whether it left something, once that is known.
    pub left: Option<bool>,
}

/// The world, told twice: to the ledger, and to this.
pub struct World {
    pub random: Random,
    pub second: i64,
    pub held: BTreeSet<i64>,
    pub snoozed: BTreeMap<i64, i64>,
    pub closed: BTreeSet<i64>,
    pub epic: BTreeSet<i64>,
    pub assigned: BTreeSet<i64>,
    pub linked: BTreeSet<i64>,
    /// Which issue each waits for.
    pub waits: BTreeMap<i64, i64>,
    pub paused: BTreeSet<String>,
    pub down: BTreeSet<&'static str>,
    pub capacity: u32,
    pub per_host: u32,
    pub per_repository: u32,
    pub reviews: u32,
    pub asked: bool,
    pub day: Option<u64>,
    pub day_began: i64,
    pub issue: Option<u64>,
    /// How many runs the quota that two agents share gives within [`PER`].
    pub window: Option<u64>,
    /// Until when an agent said that it is used up, until an attempt shows that it is not.
    pub spent_until: Option<i64>,
    /// How often that was found again when it was tried.
    pub spent_in_vain: u32,
    pub runs: BTreeMap<Fence, Run>,
    pub leases: Vec<(Lease, bool)>,
    /// Issues for which a job has ended.
    pub settled: BTreeSet<i64>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            second: 0,
            held: BTreeSet::new(),
            snoozed: BTreeMap::new(),
            closed: BTreeSet::new(),
            epic: BTreeSet::new(),
            assigned: BTreeSet::new(),
            linked: BTreeSet::new(),
            waits: BTreeMap::new(),
            paused: BTreeSet::new(),
            down: BTreeSet::new(),
            capacity: 2,
            per_host: 3,
            per_repository: 3,
            reviews: 0,
            asked: false,
            day: None,
            day_began: 0,
            issue: None,
            window: None,
            spent_until: None,
            spent_in_vain: 0,
            runs: BTreeMap::new(),
            leases: Vec::new(),
            settled: BTreeSet::new(),
        }
    }

    pub fn now(&self) -> StepTime {
        at(self.second)
    }

    pub fn bid(&self, agent: &str) -> LeaseRequest {
        let mut bid = bid(agent);
        bid.workers = AGENTS.map(|(name, host)| slot(name, host, self.capacity)).to_vec();
        for worker in &mut bid.workers {
            worker.is_up = !self.down.contains(worker.name.as_str());
        }
        bid.limits.per_host = self.per_host;
        bid.limits.per_repository = self.per_repository;
        bid.limits.reviews_waiting = 4;
        for worker in bid.workers.iter_mut().filter(|worker| shares(&worker.name)) {
            worker.pool = Some(SHARED.to_owned());
            worker.tokens = terms().bound.tokens;
        }
        let windows = self.window.map(|runs| QuotaWindow {
            per: PER,
            most: Ceiling { runs: Some(runs), ..Ceiling::default() },
            used: Spent::default(),
        });
        bid.limits.pools = vec![Pool {
            name: SHARED.to_owned(),
            concurrent: None,
            is_empty: false,
            windows: windows.into_iter().collect(),
            tries: None,
        }];
        bid.outside.reviews_waiting = self.reviews;
        bid.outside.is_asked = self.asked;
        bid.day_began = at(self.day_began).at;
        bid.budgets.day = Ceiling { micro_usd: self.day, ..Ceiling::default() };
        bid.budgets.issue = Ceiling { micro_usd: self.issue, ..Ceiling::default() };
        bid
    }

    /// Whether `agent` may work on an issue now; its own lease does not stand in its way.
    pub fn may(&self, agent: &str, number: i64, own: Option<Fence>) -> bool {
        let live = |run: &&Run| run.ended.is_none();
        let others = || self.runs.iter().filter(|(f, _)| Some(**f) != own).map(|(_, run)| run);
        let host = |agent: &str| AGENTS.iter().find(|(name, _)| *name == agent).map(|(_, h)| *h);
        let count = |wanted: &dyn Fn(&Run) -> bool| {
            u32::try_from(others().filter(live).filter(|run| wanted(run)).count()).unwrap()
        };
        let repo = thread(number).repo;
        let is_paused = ["all".to_owned(), format!("r{}", repo.0), agent.to_owned()]
            .iter()
            .any(|part| self.paused.contains(part));
        let bad = [&self.held, &self.closed, &self.epic, &self.assigned, &self.linked];
        let is_eligible = bad.iter().all(|set| !set.contains(&number))
            && self.snoozed.get(&number).is_none_or(|until| *until <= self.second)
            && self.waits.get(&number).is_none_or(|other| self.closed.contains(other))
            && !self.asked;
        let has_room = !self.down.contains(agent)
            && count(&|run| run.agent == agent) < self.capacity
            && count(&|run| host(run.agent) == host(agent)) < self.per_host
            && count(&|run| thread(run.number).repo == repo) < self.per_repository
            && self.reviews < 4;
        let sum = |wanted: &dyn Fn(&Run) -> bool| {
            others().filter(|run| wanted(run)).map(|run| run.cost).sum::<u64>()
        };
        let bound = terms().bound.micro_usd;
        let began = at(self.day_began).at;
        let today = sum(&|run| run.ended.is_none_or(|ended| ended >= began));
        let has_money = self.day.is_none_or(|most| today + bound <= most)
            && self.issue.is_none_or(|most| sum(&|run| run.number == number) + bound <= most);
        let is_probing = count(&|run| run.agent == agent) > 0;
        is_eligible
            && !is_paused
            && has_room
            && has_money
            && (!shares(agent) || self.has_quota(own))
            && self.is_trusted(agent, is_probing, own)
    }

    /// The shared quota, by its words: so many runs within a time; and one that is used up is tried
    /// by one attempt, once its time is over.
    fn has_quota(&self, own: Option<Fence>) -> bool {
        let now = self.now().at;
        let others = || {
            let others = self.runs.iter().filter(|(fence, _)| Some(**fence) != own);
            others.map(|(_, run)| run).filter(|run| shares(run.agent))
        };
        let counts = |run: &&Run| match run.ended {
            None => true,
            Some(ended) => run.cost > 0 && ended > now.before(PER),
        };
        let used = u64::try_from(others().filter(counts).count()).unwrap();
        let is_within = self.window.is_none_or(|most| used < most);
        let live = || others().filter(|run| run.ended.is_none()).map(|run| run.given);
        let is_there = self.spent_until.is_none_or(|until| {
            let tries = live().filter(|given| *given >= at(until).at).min();
            let goes_on = |given: Timestamp| given.after(Duration::from_secs(600)) <= now;
            at(until).at <= now && tries.is_none_or(goes_on)
        });
        is_within && is_there
    }

    /// The breaker, by its words: three threads in a row, and then one probe an hour.
    pub fn is_trusted(&self, agent: &str, is_probing: bool, own: Option<Fence>) -> bool {
        let mut known: Vec<(Timestamp, Fence, &Run)> = self
            .runs
            .iter()
            .filter(|(_, run)| run.agent == agent && run.left.is_some())
            .filter_map(|(fence, run)| Some((run.ended?, *fence, run)))
            .collect();
        known.sort_by_key(|(ended, fence, _)| (*ended, *fence));
        let empty: Vec<_> =
            known.iter().rev().take_while(|(_, _, run)| run.left == Some(false)).collect();
        let threads: BTreeSet<i64> = empty.iter().map(|(_, _, run)| run.number).collect();
        let hour = std::time::Duration::from_secs(3600);
        match empty.first() {
            Some((last, ..)) if threads.len() >= 3 => {
                let given =
                    self.runs.iter().filter(|(f, run)| run.agent == agent && Some(**f) != own);
                let latest = given.map(|(_, run)| run.given).max().unwrap_or_default();
                !is_probing && latest.max(*last).after(hour) <= self.now().at
            }
            _ => true,
        }
    }
}
