//! How the world moves, and what is tried in it.

use std::collections::BTreeSet;

use timmy::core::command::value::{ArgumentValue as _, Cause, IssueRef};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{
    AgentClaim, CancelReason, Failure, Fence, JobEvent, JobId, NeverRan, PersonAnswer, Progress,
    ResultJudgement, Verdict,
};
use timmy::core::model::dependency::{Blocker, WaitsFor};
use timmy::core::model::ids::RepoId;
use timmy::core::model::issue::Label;
use timmy::core::model::quota::QuotaName;
use timmy::core::model::thread::{Hold, Snooze, ThreadState};
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::core::scheduling::QuotaWord;
use timmy::store::backlog::{self, BacklogSource};
use timmy::store::jobs::{self, LeaseRefusal};
use timmy::store::{Error, Transaction, controls, threads};

use super::stage::{at, entry, new_job, put, thread};
use super::world::{AGENTS, Run, SHARED, World, shares};
use super::{digest, terms};
use crate::support::people::account;
use crate::support::random::Random;

const DAY: i64 = 24 * 60 * 60;

impl World {
    pub fn issue(&mut self) -> i64 {
        i64::try_from(self.random.below(9)).unwrap() + 1
    }

    pub fn flip<T: Ord>(set: &mut BTreeSet<T>, value: T) -> bool {
        if set.contains(&value) { !set.remove(&value) } else { set.insert(value) }
    }

    /// Something moves.
    pub fn moves(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        let pause = if self.random.below(12) == 0 { 4000 } else { 40 };
        self.second += 1 + i64::try_from(self.random.below(pause)).unwrap();
        let number = self.issue();
        let small = |random: &mut Random| u32::try_from(random.below(4)).unwrap();
        match self.random.below(22) {
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
            18 => self.window = Some(u64::from(small(&mut self.random)) + 1),
            19 => self.spend_quota(tx)?,
            20 => self.window = None,
            21 => self.resume_quota(tx)?,
            _ => self.day_began = self.second,
        }
        Ok(())
    }

    /// An agent says until when the shared quota is used up.
    fn spend_quota(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        let claims = self.random.below(2) == 0;
        let said = match self.random.below(4) {
            0 => 3 * DAY,
            _ => 100 + i64::try_from(self.random.below(300)).unwrap(),
        };
        let said = self.second + said;
        // What is an answer of an agent and no more is believed for a day.
        let told = if claims { said.min(self.second + DAY) } else { said };
        let until = match self.spent_until {
            Some(known) if known > self.second => known.max(told),
            Some(_) => {
                // The more often it was told in vain, the longer it is left alone.
                let hours = (1 << (self.spent_in_vain).min(8)).min(24);
                self.spent_in_vain += 1;
                told.max(self.second + hours * 3600)
            }
            None => told,
        };
        self.spent_until = Some(until);
        let (name, now, said) =
            (QuotaName::Pool(SHARED.to_owned()), self.now().at, Some(at(said).at));
        let word = if claims { QuotaWord::Answer(said) } else { QuotaWord::Server(said) };
        jobs::quota_spent(tx, &name, word, now).map(drop)
    }

    /// The owner wants it tried at once.
    fn resume_quota(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        self.spent_until = self.spent_until.map(|until| until.min(self.second));
        let name = QuotaName::Pool(SHARED.to_owned());
        jobs::try_quota_at_once(tx, &name, self.now().at)
    }

    /// An attempt that used it has shown that it is there again.
    fn found_quota(&mut self, fence: Fence) {
        let run = &self.runs[&fence];
        let shows = |until: i64| shares(run.agent) && run.given >= at(until).at;
        if self.spent_until.is_some_and(shows) {
            (self.spent_until, self.spent_in_vain) = (None, 0);
        }
    }

    pub fn say(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        let hold = self.held.contains(&number).then(|| Hold {
            by: account("anna"),
            reason: None,
            since: self.now().at,
        });
        let snooze = self
            .snoozed
            .get(&number)
            .map(|until| Snooze { by: account("anna"), until: at(*until).at });
        threads::save(tx, thread(number), &ThreadState { hold, snooze, ..ThreadState::default() })
    }

    pub fn show(
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
    pub fn bind(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        if self.closed.contains(&number) {
            return Ok(());
        }
        let other = self.issue();
        let mut blockers = WaitsFor::default();
        if self.waits.remove(&number).is_none() && other != number {
            self.waits.insert(number, other);
            let repo = "foundation/door".parse().unwrap();
            blockers.seen.push(Blocker { thread: thread(other), repo, open: true });
        }
        backlog::bind(tx, thread(number), &blockers, self.now().at)
    }

    /// Somebody opens a pull request for it, or closes that.
    pub fn link(&mut self, tx: &Transaction<'_>, number: i64) -> Result<(), Error> {
        let is_open = Self::flip(&mut self.linked, number);
        let mut pull = entry(number, self.second);
        pull.item.number = number + if number > 6 { 20 } else { 100 };
        pull.item.id = 5000 + number;
        (pull.item.is_pull, pull.item.open) = (true, is_open);
        pull.closes = vec![IssueRef::read(&format!("#{number}")).unwrap()];
        let repo = thread(number).repo;
        backlog::put(tx, repo, &pull, BacklogSource::Webhook)
    }

    pub fn pause(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
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
    pub fn act(&mut self, tx: &Transaction<'_>) -> Result<bool, Error> {
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
                if let (Err(LeaseRefusal::NeedsYes(_)), Some(asks)) = (&made, &live) {
                    let no = JobEvent::Decided(asks.job.past.asked, PersonAnswer::No(Cause::Wrong));
                    self.tell(tx, asks.job.spec.id, no)?;
                    self.settled.insert(number);
                } else {
                    assert_eq!(live.is_some(), expected, "a match that is refused leaves no job");
                }
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
    pub fn go_on(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
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
            let told = JobEvent::Attempt(lease.fence(), Progress::NeverRan(NeverRan::Moved));
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
                self.tell(tx, lease.job(), JobEvent::Attempt(fence, failed))?;
                self.found_quota(fence);
                self.end(which, 1000, Some(false));
            }
            1 => {
                let ended = Progress::Ended { claim: AgentClaim::Comment, usage };
                self.tell(tx, lease.job(), JobEvent::Attempt(fence, ended))?;
                let verdict = Verdict::Pass { ask: false };
                let look = jobs::get(tx, lease.job())?.expect("a job").job.past.look;
                let digest = digest("");
                let found = ResultJudgement {
                    look,
                    commit: None,
                    pull: None,
                    verdict,
                    digest,
                    change: None,
                    examined: None,
                    asks: None,
                };
                self.tell(tx, lease.job(), JobEvent::Judged(found))?;
                self.found_quota(fence);
                self.end(which, 1000, Some(true));
            }
            _ => {
                self.tell(tx, lease.job(), JobEvent::Cancel(CancelReason::IssueGone))?;
                let stopped = Progress::Stopped { usage };
                self.tell(tx, lease.job(), JobEvent::Attempt(fence, stopped))?;
                self.end(which, 1000, None);
            }
        }
        Ok(())
    }

    pub fn tell(&mut self, tx: &Transaction<'_>, job: JobId, event: JobEvent) -> Result<(), Error> {
        let told = jobs::advance(tx, job, None, event, self.now())?.expect("a possible step");
        if told.after.state.kind().is_end() {
            self.settled.insert(told.after.spec.given().unwrap().number);
        }
        Ok(())
    }

    pub fn end(&mut self, which: usize, cost: u64, left: Option<bool>) {
        let (lease, _) = self.leases.remove(which);
        let ended = Some(self.now().at);
        let run = self.runs.get_mut(&lease.fence()).expect("a run");
        (run.cost, run.ended, run.left) = (cost, ended, left);
    }

    /// What waits for its time is queued again.
    pub fn wake(&mut self, tx: &Transaction<'_>) -> Result<(), Error> {
        for due in jobs::due(tx, self.now().at, 99)? {
            if due.job.state.leased().is_none() {
                self.tell(tx, due.job.spec.id, JobEvent::Due)?;
            }
        }
        Ok(())
    }
}
