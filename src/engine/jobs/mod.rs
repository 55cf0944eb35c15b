//! The embedded engine of jobs: it does what [`core::jobs`](crate::core::jobs) says is to be done.
//!
//! The ledger is the queue. Each job that has not ended is looked at when something happened to it,
//! when a deadline of its is over, or when it is time to ask its agent how it goes (`watches`); one
//! look reads it anew, does what [`standing`] names and tells what came of it (`look`). Nothing of
//! that is in memory that could not be found out again, so a start after a crash is no other case:
//! a start of which this process does not know that it was never sent is looked for first (`start`).
//!
//! | file | what it does |
//! |---|---|
//! | `dispatch` | queued jobs get agents, by the ladder, as far as the checks let them |
//! | `refusal` | why nobody got a job, in words |
//! | `preflight` | looks whether an agent can begin, stores the request, then the start |
//! | `fresh_issue` | lets the backlog know an issue as it was read for a job |
//! | `by_itself` | what was matched begins without anybody asking for it |
//! | `crew_parts` | what a crew adds to the work of its jobs |
//! | `called` | looks that a runner outside calls for |
//! | `claim` | whether the card of a job claims its thread, or another ledger was faster |
//! | `quota` | what follows when an agent's quota is used up |
//! | `access` | whether an agent's account may work in a repository |
//! | `base` | where work begins, and whether that is red |
//! | `start` | starts an attempt, or finds the one that was started |
//! | `follow` | asks how an attempt goes, and tells it; brings texts, asks to stop |
//! | `transcript` | keeps what an attempt said and did, once it is over |
//! | `permission` | what agents ask to do, and the answers that reach them |
//! | `ask` | puts a job's questions to people |
//! | `asked_question` | a question, with all that it is put and watched by |
//! | `question_watch` | looks whether what an open question covers is still so |
//! | `objections` | reviews for which the forge will not merge what people are asked to accept |
//! | `dismissed` | lets a job know which reviews were dismissed before its agent heard of them |
//! | `review_looks` | when that was looked at, of a job that cannot begin |
//! | `crew_reviews` | has a crew's reviews given before people are asked, again where one was dismissed |
//! | `verify` | has judged what the forge shows |
//! | `examine` | has the guards look at a change, and says what follows |
//! | `thread_gone` | ends a job whose issue was closed, as merged where somebody merged what it brought |
//! | `own_pulls`, `other_pulls` | the pull requests of a job's own earlier branches, and of others for its issue |
//! | `pushed_branches` | whether branches that nobody is asked to merge change what Actions run |
//! | `merged` | whether somebody merged what a job brought, after it was done |
//! | `fleet` | how the agents are |
//! | `forge` | the forge, as jobs need it |
//! | `task` | what an attempt is asked |
//! | `result` | what the forge shows of its result |
//! | `drivers` | what comes from outside: agents, and who reads the forge for jobs |

mod access;
mod adopted;
mod ask;
mod asked_question;
mod asked_review;
mod base;
mod by_itself;
mod called;
mod claim;
mod crew_parts;
mod crew_reviews;
mod dismissed;
mod dispatch;
mod drivers;
mod examine;
mod fleet;
mod follow;
mod forge;
mod fresh_issue;
mod given_review;
mod health;
mod judge_again;
mod look;
mod merged;
mod objections;
mod other_pulls;
mod own_pulls;
mod permission;
mod posting;
mod preflight;
mod pushed_branches;
mod question_watch;
mod quota;
mod refusal;
mod request;
mod result;
mod review_looks;
mod review_share;
mod review_task;
mod reviewing;
mod split_parts;
mod start;
mod stop;
mod task;
mod task_parts;
mod thread_gone;
mod transcript;
mod trouble;
mod verify;
mod watches;
mod wind_up;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

use super::accounts::Accounts;
use super::context::Context;
use super::guards::RunningGuards;
use super::identity::Identity;
use super::incidents::Incidents;
use super::repository_policies::RepositoryPolicies;
use crate::core::jobs::{JobEvent, JobId, StateKind, StepTime};
use crate::core::model::incident::{AgentProblem, Incident};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::text::TextReader;
use crate::store::jobs::{self, Advanced, WatchedJob};
use crate::store::{Connection, Error, Transaction, backlog};

pub(super) use access::{AgentAccess, by_rights};
pub(super) use adopted::source_of;
use called::CalledLooks;
pub use called::{JobRunner, LookedJob};
pub use drivers::{
    CannotBegin, ForgeCall, JobDrivers, JobEvidence, JobForge, JobOrder, JobResult, OrderSubject,
    Proposed, ShownChange,
};
pub(super) use fleet::Fleet;
pub use fleet::{AgentCondition, state_of};
pub(super) use forge::LiveForge;
pub(super) use judge_again::JudgedAgain;
use review_looks::ReviewLooks;
use watches::Watches;

/// How long a job is left alone at which timmy itself failed.
const RESTS: Duration = Duration::from_secs(10 * 60);

/// Looks after all jobs.
pub(super) struct Jobs {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    accounts: Arc<Accounts>,
    fleet: Arc<Fleet>,
    forge: Arc<dyn JobForge>,
    running: Arc<RunningGuards>,
    policies: Arc<RepositoryPolicies>,
    reader: Arc<TextReader>,
    watches: Watches,
    /// Keeps time for jobs, if that is somebody outside.
    runner: OnceLock<Arc<dyn JobRunner>>,
    calls: CalledLooks,
    review_looks: ReviewLooks,
    /// Whether an agent may have become free for a job that waits.
    has_moved: AtomicBool,
    /// The version of the backlog, and the moment, at which agents were last given out.
    given_out: (AtomicI64, AtomicI64),
    /// Nothing new is started any more.
    is_draining: AtomicBool,
    /// An attempt is over.
    freed: Notify,
    /// The agents of which all that they did is kept, as far as they told it to this process.
    caught_up: Mutex<BTreeSet<String>>,
}

/// What there is to do for jobs at one moment.
#[derive(Debug, Default)]
pub(super) struct DueJobs {
    pub(super) jobs: Vec<JobId>,
    /// Agents that are to be asked how they are, by place.
    pub(super) agents: Vec<usize>,
    /// Whether agents are to be given out.
    pub(super) gives_out: bool,
    pub(super) next: Option<Timestamp>,
}

/// What the ledger says of that.
#[derive(Debug, Default)]
pub(super) struct JobsAtHand {
    watched: Vec<WatchedJob>,
    is_any_queued: bool,
    version: i64,
}

impl JobsAtHand {
    pub(super) fn read(conn: &Connection, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            watched: jobs::watched(conn, now)?,
            is_any_queued: jobs::is_any_queued(conn)?,
            version: backlog::version(conn)?,
        })
    }
}

impl Jobs {
    pub(super) fn new(
        ctx: Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        accounts: Arc<Accounts>,
        fleet: Arc<Fleet>,
        forge: Arc<dyn JobForge>,
        (running, policies): (Arc<RunningGuards>, Arc<RepositoryPolicies>),
        reader: Arc<TextReader>,
    ) -> Self {
        Self {
            ctx,
            identity,
            incidents,
            accounts,
            fleet,
            forge,
            running,
            policies,
            reader,
            watches: Watches::default(),
            runner: OnceLock::new(),
            calls: CalledLooks::default(),
            review_looks: ReviewLooks::default(),
            has_moved: AtomicBool::new(true),
            given_out: (AtomicI64::new(-1), AtomicI64::new(0)),
            is_draining: AtomicBool::new(false),
            freed: Notify::new(),
            caught_up: Mutex::default(),
        }
    }

    /// There is a way to other hosts: agents that could not be reached are asked how they are.
    pub(super) fn reaches_hosts(&self) {
        self.fleet.ask_those_away();
        self.ctx.stored.notify();
    }

    /// Whether each agent has said at least once how it is, or why it says nothing.
    pub(super) fn knows_agents(&self) -> bool {
        self.fleet.is_known()
    }

    /// The agents of `drivers`.
    pub(super) fn fleet_of(drivers: &JobDrivers) -> Arc<Fleet> {
        Arc::new(Fleet::new(drivers.agents.clone()))
    }

    /// What there is to do now of what is `at_hand`.
    pub(super) fn due(&self, at_hand: &JobsAtHand, now: Timestamp) -> DueJobs {
        // Without agents nothing is done but what people are asked.
        let has_agents = !self.fleet.is_empty();
        let watched = at_hand.watched.iter().filter(|job| has_agents || job.waits_for_a_person);
        let watched: Vec<WatchedJob> = watched.copied().collect();
        for id in self.running.ended() {
            self.watches.wake(id);
        }
        let (jobs, next_job) = self.looks_due(&watched, now);
        let (agents, next_agent) = self.fleet.due(now);
        let gives_out = at_hand.is_any_queued || self.tells_spent_days();
        let gives_out = has_agents && gives_out && !self.drains();
        let (gives_out, next_round) = match gives_out {
            true => self.round(at_hand.version, now),
            false => (false, None),
        };
        let next = [next_job, next_agent, next_round].into_iter().flatten().min();
        DueJobs { jobs, agents, gives_out, next }
    }

    /// The jobs that are to be looked at now, and when there are more. With a runner those that it
    /// called for: for the others it is rung.
    fn looks_due(&self, watched: &[WatchedJob], now: Timestamp) -> (Vec<JobId>, Option<Timestamp>) {
        let Some(runner) = self.runner.get() else {
            return self.watches.due(watched, now, Duration::ZERO);
        };
        let (due, next) = self.watches.due(watched, now, called::LATE);
        let (ring, again) = self.calls.to_ring(due, now);
        for job in ring {
            runner.ring(job);
        }
        let (called, rested) = self.watches.rested(self.calls.called(), now);
        (called, [next, again, rested].into_iter().flatten().min())
    }

    /// Has a runner outside keep time for jobs. Before anything is looked at.
    pub(super) fn run_by(&self, runner: Arc<dyn JobRunner>) {
        if self.runner.set(runner).is_err() {
            tracing::error!("jobs have a runner already (a bug in timmy)");
        }
    }

    /// A look at a job as its runner calls for it; none if none is taken, or it failed.
    pub(super) async fn called(&self, id: JobId) -> Option<LookedJob> {
        let answer = self.calls.call(id)?;
        self.ctx.stored.notify();
        answer.await.ok()
    }

    /// Takes no calls any more.
    pub(super) fn end_calls(&self) {
        self.calls.close();
    }

    /// Whether agents are to be given out now, or else when.
    fn round(&self, version: i64, now: Timestamp) -> (bool, Option<Timestamp>) {
        let (at_version, at) = &self.given_out;
        let last = Timestamp::from_micros(at.load(Ordering::SeqCst));
        let next = last.after(self.ctx.policy.dispatch.tick);
        let is_due = self.has_moved.load(Ordering::SeqCst)
            || at_version.load(Ordering::SeqCst) != version
            || next <= now
            || last > now;
        (is_due, Some(next))
    }

    /// Nothing new is started from now on; what runs is followed to its end.
    pub(super) fn drain(&self) {
        if !self.is_draining.swap(true, Ordering::SeqCst) {
            tracing::info!(
                "draining: no job is started any more, what runs is followed to its end"
            );
        }
    }

    /// Whether it is told that a day is spent: that is over when nothing waits any more.
    fn tells_spent_days(&self) -> bool {
        let is_of_a_day = |incident: &Incident| {
            matches!(incident, Incident::DayBudgetSpent | Incident::AgentDaySpent { .. })
        };
        self.incidents.all_open().iter().any(is_of_a_day)
    }

    pub(super) fn drains(&self) -> bool {
        self.is_draining.load(Ordering::SeqCst)
    }

    /// A look at a job ended in a bug of timmy's own: it is looked at again in a while.
    pub(super) fn set_aside(&self, id: JobId) {
        self.watches.rest(id, self.ctx.now().after(RESTS));
    }

    /// This moment, with what chance says to it.
    fn step_time(&self) -> StepTime {
        self.ctx.step_time()
    }

    /// Tells a job what happened. None if that cannot happen where it stands by now.
    async fn tell(&self, id: JobId, event: JobEvent) -> Result<Option<Advanced>, Error> {
        self.tell_with(id, event, |_| Ok(())).await
    }

    /// The same, and stores with it what `also` does, whatever the job says.
    async fn tell_with(
        &self,
        id: JobId,
        event: JobEvent,
        also: impl FnOnce(&Transaction<'_>) -> Result<(), Error> + Send + 'static,
    ) -> Result<Option<Advanced>, Error> {
        if let JobEvent::Merged(merge) = &event
            && let Some(stored) = self.ctx.ledger.read(move |conn| jobs::get(conn, id)).await?
        {
            // Before the job learns it: after a crash between the two it is told once more.
            self.incidents.merged(stored.job.lane(), merge).await;
        }
        let now = self.step_time();
        let write = self.ctx.ledger.write(move |tx| {
            also(tx)?;
            jobs::advance(tx, id, None, event, now)
        });
        match write.await? {
            Ok(advanced) => {
                self.moved(&advanced).await;
                Ok(Some(advanced))
            }
            Err(illegal) => {
                tracing::debug!(%illegal, "told in vain");
                Ok(None)
            }
        }
    }

    /// A job moved: what follows from that beyond the job.
    async fn moved(&self, advanced: &Advanced) {
        let Advanced { before, after, tripped, .. } = advanced;
        let job = after.spec.id;
        let (from, to) = (before.state.kind(), after.state.kind());
        if from != to {
            let attempt = after.past.fence.map(|fence| fence.0);
            tracing::info!(%job, from = from.name(), to = to.name(), attempt, "job moved");
        }
        let frees = before.state.leased().is_some() && after.state.leased().is_none();
        if frees {
            self.freed.notify_waiters();
        }
        if let (true, Some(leased)) = (frees, before.state.leased())
            && let Err(error) = self.look_at_quota(&leased.grant.agent).await
        {
            tracing::warn!(%error, "whether its quota is there again is looked at later");
        }
        if frees || to == StateKind::Queued {
            self.has_moved.store(true, Ordering::SeqCst);
        }
        if let Some(agent) = tripped {
            let text = format!(
                "{agent} left nothing on the forge, several times in a row and on different \
                 issues: it gets one job an hour until one leaves something"
            );
            self.agent_problem(agent, AgentProblem::LeavesNothing, Some(text)).await;
        }
        self.ctx.stored.notify();
        self.keep_transcript(before, after).await;
    }

    /// This is wrong with an agent, if there is a text that says it; else that is over.
    async fn agent_problem(&self, agent: &str, problem: AgentProblem, text: Option<String>) {
        let incident = Incident::Agent { name: agent.to_owned(), problem };
        if text.is_some() || self.incidents.is_open(&incident) {
            self.incidents.set(incident, text).await;
        }
    }
}
