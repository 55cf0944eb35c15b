//! Whatever moves between a match and the act: no lease on what is not eligible, over capacity,
//! paused or over budget, and one wherever nothing speaks against it.
//!
//! The world moves at random. Beside the ledger it is kept here, in plain sets and numbers, and
//! asked whether a lease may be made.

use std::collections::{BTreeMap, BTreeSet};

use timmy::core::command::value::{ArgumentValue as _, IssueRef};
use timmy::core::jobs::money::{Ceiling, Usage};
use timmy::core::jobs::{
    CancelReason, Claim, Event, Failure, Fence, JobId, Judgement, Moment, NeverRan, Progress,
    Verdict,
};
use timmy::core::model::dependency::Blocker;
use timmy::core::model::ids::RepoId;
use timmy::core::model::issue::Label;
use timmy::core::model::thread::{Hold, Snooze, ThreadState};
use timmy::core::model::time::Timestamp;
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::core::scheduling::Rejection;
use timmy::store::backlog::{self, BacklogSource};
use timmy::store::jobs::{self, Bid, Lease, Refusal};
use timmy::store::{Error, Transaction, controls, threads};

use super::stage::{at, begin, bid, entry, new_job, put, slot, thread, tracked};
use super::{digest, terms};
use crate::support::ledger::in_transaction;
use crate::support::people::account;
use crate::support::random::Random;

const AGENTS: [(&str, &str); 3] = [("ezra", "a"), ("bezalel", "a"), ("allegro", "b")];

/// How an attempt went, as far as limits ask.
struct Run {
    agent: &'static str,
    number: i64,
    given: Timestamp,
    /// What it cost, or is bounded by.
    cost: u64,
    ended: Option<Timestamp>,
    /// Whether it left something, once that is known.
    left: Option<bool>,
}

/// The world, told twice: to the ledger, and to this.
struct World {
    random: Random,
    second: i64,
    held: BTreeSet<i64>,
    snoozed: BTreeMap<i64, i64>,
    closed: BTreeSet<i64>,
    epic: BTreeSet<i64>,
    assigned: BTreeSet<i64>,
    linked: BTreeSet<i64>,
    /// Which issue each waits for.
    waits: BTreeMap<i64, i64>,
    paused: BTreeSet<String>,
    down: BTreeSet<&'static str>,
    capacity: u32,
    per_host: u32,
    per_repository: u32,
    reviews: u32,
    asked: bool,
    day: Option<u64>,
    day_began: i64,
    issue: Option<u64>,
    runs: BTreeMap<Fence, Run>,
    leases: Vec<(Lease, bool)>,
    /// Issues for which a job has ended.
    settled: BTreeSet<i64>,
}

impl World {
    fn new(seed: u64) -> Self {
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
            runs: BTreeMap::new(),
            leases: Vec::new(),
            settled: BTreeSet::new(),
        }
    }

    fn now(&self) -> Moment {
        at(self.second)
    }

    fn bid(&self, agent: &str) -> Bid {
        let mut bid = bid(agent);
        bid.workers = AGENTS.map(|(name, host)| slot(name, host, self.capacity)).to_vec();
        for worker in &mut bid.workers {
            worker.is_up = !self.down.contains(worker.name.as_str());
        }
        bid.limits.per_host = self.per_host;
        bid.limits.per_repository = self.per_repository;
        bid.limits.reviews_waiting = 4;
        bid.outside.reviews_waiting = self.reviews;
        bid.outside.is_asked = self.asked;
        bid.day_began = at(self.day_began).at;
        bid.budgets.day = Ceiling { micro_usd: self.day, ..Ceiling::default() };
        bid.budgets.issue = Ceiling { micro_usd: self.issue, ..Ceiling::default() };
        bid
    }

    /// Whether `agent` may work on an issue now; its own lease does not stand in its way.
    fn may(&self, agent: &str, number: i64, own: Option<Fence>) -> bool {
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
            && self.is_trusted(agent, is_probing, own)
    }

    /// The breaker, by its words: three threads in a row, and then one probe an hour.
    fn is_trusted(&self, agent: &str, is_probing: bool, own: Option<Fence>) -> bool {
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

    fn issue(&mut self) -> i64 {
        i64::try_from(self.random.below(9)).unwrap() + 1
    }

    fn flip<T: Ord>(set: &mut BTreeSet<T>, value: T) -> bool {
        if set.contains(&value) { !set.remove(&value) } else { set.insert(value) }
    }

    /// Something moves.
    fn moves(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        let pause = if self.random.below(12) == 0 { 4000 } else { 40 };
        self.second += 1 + i64::try_from(self.random.below(pause)).unwrap();
        let number = self.issue();
        let small = |random: &mut Random| u32::try_from(random.below(4)).unwrap();
        match self.random.below(18) {
            0 => {
                Self::flip(&mut self.held, number);
                self.say(tx, number)?;
            }
            1 => {
                self.snoozed.insert(number, self.second + 30);
                self.say(tx, number)?;
            }
            2 => self.show(tx, number, |world| &mut world.closed)?,
            3 => self.show(tx, number, |world| &mut world.epic)?,
            4 => self.show(tx, number, |world| &mut world.assigned)?,
            5 => self.link(tx, number)?,
            6 | 7 => self.pause(tx)?,
            8 => {
                let (agent, _) = AGENTS[self.random.below(3)];
                Self::flip(&mut self.down, agent);
            }
            9 => self.capacity = small(&mut self.random),
            10 => self.per_host = small(&mut self.random) + 1,
            11 => self.per_repository = small(&mut self.random) + 1,
            12 => self.reviews = small(&mut self.random) + 1,
            13 => self.asked = self.random.below(5) == 0,
            14 => {
                self.day = Some(u64::from(small(&mut self.random)) * 900_000 + 300_000);
                self.issue = Some(u64::from(small(&mut self.random)) * 500_000 + 600_000);
            }
            15 | 16 => self.bind(tx, number)?,
            _ => self.day_began = self.second,
        }
        Ok(())
    }

    fn say(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        let hold = self.held.contains(&number).then(|| Hold {
            by: account("anna"),
            reason: None,
            since: self.now().at,
        });
        let snooze = self
            .snoozed
            .get(&number)
            .map(|until| Snooze { by: account("anna"), until: at(*until).at });
        threads::save(tx, thread(number), &ThreadState { hold, snooze, refused_on: None })
    }

    fn show(
        &mut self,
        tx: &Transaction<'_>,
        number: i64,
        what: impl Fn(&mut Self) -> &mut BTreeSet<i64>,
    ) -> Result<(), Error> {
        Self::flip(what(self), number);
        if self.closed.contains(&number) {
            // What it waits for is asked anew when it comes back.
            self.waits.remove(&number);
        }
        let mut shown = entry(number, self.second);
        shown.item.open = !self.closed.contains(&number);
        if self.epic.contains(&number) {
            shown.item.labels = vec![Label { id: 3, name: "Epic".to_owned(), exclusive: false }];
        }
        if self.assigned.contains(&number) {
            shown.item.assignees = vec![account("anna")];
        }
        put(tx, &shown)
    }

    /// It waits for another issue, or for none any more.
    fn bind(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        if self.closed.contains(&number) {
            return Ok(());
        }
        let other = self.issue();
        let mut blockers = Vec::new();
        if self.waits.remove(&number).is_none() && other != number {
            self.waits.insert(number, other);
            let repo = "foundation/door".parse().unwrap();
            blockers.push(Blocker { thread: thread(other), repo, open: true });
        }
        backlog::bind(tx, thread(number), &blockers, self.now().at)
    }

    /// Somebody opens a pull request for it, or closes that.
    fn link(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        let is_open = Self::flip(&mut self.linked, number);
        let mut pull = entry(number, self.second);
        pull.item.number = number + if number > 6 { 20 } else { 100 };
        pull.item.id = 5000 + number;
        (pull.item.is_pull, pull.item.open) = (true, is_open);
        pull.closes = vec![IssueRef::read(&format!("#{number}")).unwrap()];
        let repo = thread(number).repo;
        backlog::put(tx, repo, &pull, BacklogSource::Webhook)
    }

    fn pause(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        let (name, part) = match self.random.below(4) {
            0 => ("all".to_owned(), PauseScope::All),
            1 => ("r1".to_owned(), PauseScope::Repo(RepoId(1))),
            2 => ("r2".to_owned(), PauseScope::Repo(RepoId(2))),
            _ => {
                let (agent, _) = AGENTS[self.random.below(3)];
                (agent.to_owned(), PauseScope::Agent(agent.to_owned()))
            }
        };
        let change = match Self::flip(&mut self.paused, name) {
            true => ControlChange::Pause(Pause { part, by: account("anna"), since: self.now().at }),
            false => ControlChange::Resume(part),
        };
        controls::apply(tx, &change)
    }

    /// An agent's match is carried out, which was made before all that moved since.
    fn act(&mut self, tx: &Transaction<'_>) -> Result<bool, Error> {
        let (number, (agent, _)) = (self.issue(), AGENTS[self.random.below(3)]);
        let made = match jobs::live_in(tx, thread(number))? {
            Some(live) => {
                let is_queued = live.job.state.kind().name() == "queued";
                let made = jobs::lease(tx, live.job.spec.id, &self.bid(agent), self.now())?;
                let expected = is_queued && self.may(agent, number, None);
                assert_eq!(made.is_ok(), expected, "{agent} on #{number}: {made:?}");
                made
            }
            None => {
                // Once a job ended, somebody has to give a reason for another.
                if self.random.below(2) == 0 {
                    jobs::unsettle(tx, thread(number))?;
                    self.settled.remove(&number);
                }
                let expected = self.may(agent, number, None) && !self.settled.contains(&number);
                let made = jobs::dispatch(tx, &new_job(number), &self.bid(agent), self.now())?;
                assert_eq!(made.is_ok(), expected, "{agent} on a new #{number}: {made:?}");
                let live = jobs::live_in(tx, thread(number))?;
                assert_eq!(live.is_some(), expected, "a match that is refused leaves no job");
                made
            }
        };
        if let Ok((lease, _)) = made {
            let cost = terms().bound.micro_usd;
            let given = self.now().at;
            let run = Run { agent, number, given, cost, ended: None, left: None };
            assert!(self.runs.keys().all(|fence| *fence < lease.fence()), "tokens grow");
            self.runs.insert(lease.fence(), run);
            self.leases.push((lease, false));
            return Ok(true);
        }
        Ok(false)
    }

    /// An attempt goes on, or ends.
    fn go_on(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        if self.leases.is_empty() {
            return Ok(());
        }
        let which = self.random.below(self.leases.len());
        let (lease, is_started) = self.leases[which].clone();
        let run = &self.runs[&lease.fence()];
        let now = self.now();
        if !is_started {
            let expected = self.may(run.agent, run.number, Some(lease.fence()));
            let started = jobs::start(tx, &lease, &self.bid(run.agent), now)?;
            assert_eq!(started.is_ok(), expected, "#{}: {started:?}", run.number);
            if started.is_ok() {
                self.leases[which].1 = true;
                return Ok(());
            }
            let told = Event::Attempt(lease.fence(), Progress::NeverRan(NeverRan::Moved));
            self.tell(tx, lease.job(), told)?;
            self.end(which, 0, None);
            return Ok(());
        }
        let usage = Usage { tokens: None, micro_usd: Some(1000) };
        let fence = lease.fence();
        match self.random.below(3) {
            0 => {
                let failure = Failure::Agent(digest(&fence.to_string()));
                let failed = Progress::Failed { failure, usage };
                self.tell(tx, lease.job(), Event::Attempt(fence, failed))?;
                self.end(which, 1000, Some(false));
            }
            1 => {
                let ended = Progress::Ended { claim: Claim::Comment, usage };
                self.tell(tx, lease.job(), Event::Attempt(fence, ended))?;
                let verdict = Verdict::Pass { ask: false };
                let look = jobs::get(tx, lease.job())?.expect("a job").job.past.look;
                let digest = digest("");
                let found = Judgement { look, commit: None, pull: None, verdict, digest };
                self.tell(tx, lease.job(), Event::Judged(found))?;
                self.end(which, 1000, Some(true));
            }
            _ => {
                self.tell(tx, lease.job(), Event::Cancel(CancelReason::IssueGone))?;
                let stopped = Progress::Stopped { usage };
                self.tell(tx, lease.job(), Event::Attempt(fence, stopped))?;
                self.end(which, 1000, None);
            }
        }
        Ok(())
    }

    fn tell(&mut self, tx: &Transaction<'_>, job: JobId, event: Event) -> Result<(), Error> {
        let told = jobs::advance(tx, job, None, event, self.now())?.expect("a possible step");
        if told.after.state.kind().is_end() {
            self.settled.insert(told.after.spec.thread.number);
        }
        Ok(())
    }

    fn end(&mut self, which: usize, cost: u64, left: Option<bool>) {
        let (lease, _) = self.leases.remove(which);
        let ended = Some(self.now().at);
        let run = self.runs.get_mut(&lease.fence()).expect("a run");
        (run.cost, run.ended, run.left) = (cost, ended, left);
    }

    /// What waits for its time is queued again.
    fn wake(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        for due in jobs::due(tx, self.now().at, 99)? {
            if due.job.state.leased().is_none() {
                self.tell(tx, due.job.spec.id, Event::Due)?;
            }
        }
        Ok(())
    }
}

#[test]
fn no_lease_is_made_that_may_not_be_and_none_is_refused_that_may() {
    let mut made = 0;
    for seed in 0..40 {
        let (told, tell) = std::sync::mpsc::channel();
        in_transaction(move |tx| {
            tracked(tx)?;
            let mut world = World::new(seed);
            for _ in 0..150 {
                if world.random.below(3) == 0 {
                    world.moves(tx)?;
                }
                world.wake(tx)?;
                if world.act(tx)? {
                    told.send(()).unwrap();
                }
                world.go_on(tx)?;
            }
            assert_eq!(jobs::rebuilt(tx)?, []);
            let held: Vec<Fence> = jobs::leases(tx)?.iter().map(Lease::fence).collect();
            let mut known: Vec<Fence> = world.leases.iter().map(|(l, _)| l.fence()).collect();
            known.sort();
            assert_eq!(held, known);
            Ok(())
        });
        made += tell.iter().count();
    }
    assert!(made > 200, "only {made} leases were made");
}

#[test]
fn what_cannot_be_checked_makes_no_lease() {
    in_transaction(|tx| {
        tracked(tx)?;
        let unknown = begin(tx, 40, at(0))?;
        assert_eq!(jobs::lease(tx, unknown, &bid("ezra"), at(0))?, Err(Refusal::Unknown));
        let id = begin(tx, 1, at(0))?;
        assert!(jobs::lease(tx, id, &bid("nobody"), at(0))?.is_err());
        assert_eq!(jobs::lease(tx, JobId(99), &bid("ezra"), at(0))?, Err(Refusal::NotThere));
        tx.execute("DELETE FROM meta WHERE key = 'ledger'", [])?;
        assert_eq!(jobs::lease(tx, id, &bid("ezra"), at(0))?, Err(Refusal::NoLedgerName));
        Ok(())
    });
}

#[test]
fn a_person_passes_over_what_only_keeps_timmy_from_starting_by_itself() {
    in_transaction(|tx| {
        tracked(tx)?;
        let mut world = World::new(1);
        world.link(tx, 1)?;
        let origin = timmy::core::jobs::Origin::Person("anna".to_owned());
        let new = jobs::NewJob { origin, ..new_job(1) };
        let id = jobs::create(tx, &new, at(0).at)?.expect("a job").spec.id;
        world.held.insert(1);
        world.say(tx, 1)?;
        let held = jobs::lease(tx, id, &bid("ezra"), at(0))?;
        assert!(matches!(held, Err(Refusal::Ineligible(_))), "a hold is for everybody");
        world.held.clear();
        world.say(tx, 1)?;
        assert!(jobs::lease(tx, id, &bid("ezra"), at(0))?.is_ok());
        Ok(())
    });
}

#[test]
fn an_agent_needs_the_role_unless_a_person_named_it() {
    in_transaction(|tx| {
        tracked(tx)?;
        let review = jobs::NewJob { role: "reviewer".to_owned(), ..new_job(1) };
        let id = jobs::create(tx, &review, at(0).at)?.expect("a job").spec.id;
        let refused = jobs::lease(tx, id, &bid("ezra"), at(0))?;
        assert_eq!(refused, Err(Refusal::Lacks(Rejection::NoRole)));
        let cancel = Event::Cancel(CancelReason::IssueGone);
        jobs::advance(tx, id, None, cancel, at(0))?.expect("a cancel");
        let named = jobs::NewJob { agent: Some("ezra".to_owned()), ..review };
        jobs::unsettle(tx, thread(1))?;
        let id = jobs::create(tx, &named, at(0).at)?.expect("a job").spec.id;
        assert!(jobs::lease(tx, id, &bid("ezra"), at(0))?.is_ok());
        Ok(())
    });
}

#[test]
fn a_job_is_for_the_agent_that_a_person_named() {
    in_transaction(|tx| {
        tracked(tx)?;
        let new = jobs::NewJob { agent: Some("bezalel".to_owned()), ..new_job(1) };
        let id = jobs::create(tx, &new, at(0).at)?.expect("a job").spec.id;
        assert_eq!(jobs::lease(tx, id, &bid("ezra"), at(0))?, Err(Refusal::NamedAnother));
        assert!(jobs::lease(tx, id, &bid("bezalel"), at(0))?.is_ok());
        Ok(())
    });
}
