//! The background work: the queue with its inbox and outbox, scheduled tasks, polling, backlog
//! sync, matching, the report, notifications.
//!
//! It is made of small services. Each owns its state and says in its constructor what it needs;
//! all of them work with the same [`Context`]. Read them from the bottom up:
//! `context` <- `ledger_guard`, `first_start`, `deleted`, `incidents`, `identity`, `accounts`,
//! `permissions`, `circle_search` <- `planner`, `snapshot`, `overview` <- `inbox`, `confirmations`, `report`, `outbox`, `poll`, `sync` <- `queue`.
//!
//! Within a thread everything happens in order: a text is dealt with only when what earlier texts
//! of the thread caused is done. Threads do not wait for one another.

mod accounts;
mod activity;
mod audience;
mod automatic;
mod circle_search;
mod confirmations;
mod context;
mod decision_check;
mod deleted;
mod dismissed_reviews;
mod error;
pub mod evidence;
mod first_start;
mod guards;
mod head_pushers;
mod head_verdicts;
mod identity;
mod inbox;
mod incidents;
pub mod job_log;
mod jobs;
mod last_poll;
mod ledger_guard;
mod ledger_name;
mod notify;
mod outbox;
pub mod overview;
mod permissions;
mod planner;
mod poll;
mod queue;
mod reactions;
mod report;
mod report_now;
pub mod repositories;
mod repository_policies;
mod retry;
mod rights;
mod roster;
mod routines;
mod scope_questions;
mod snapshot;
mod sync;
mod tasks;
mod tick;
mod traces;
mod try_result;

pub use context::{
    AgentTerms, Context, JobPolicy, Notify, Policy, Report, RunPlaces, Timing, WorksBy,
};
pub use guards::{check_fixtures, fixture_id};
pub use identity::remembered;
pub use jobs::{
    AgentCondition, CannotBegin, ForgeCall, JobDrivers, JobEvidence, JobForge, JobOrder, JobResult,
    JobRunner, LookedJob, OrderSubject, Proposed, ShownChange, state_of,
};
pub use planner::rank_backlog;
pub use queue::DRAIN;
pub use report::{ReportAudience, ReportScope, gather, outlook};
pub use report_now::ReportResult;
pub use rights::agent_rights;
pub use sync::SyncProgress;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::accounts::Accounts;
use self::activity::Loop;
use self::automatic::AutomaticWork;
use self::confirmations::Confirmations;
use self::error::EngineError;
use self::guards::RunningGuards;
use self::head_verdicts::HeadVerdicts;
use self::identity::Identity;
use self::inbox::Inbox;
use self::incidents::Incidents;
use self::jobs::{Fleet, Jobs, LiveForge};
use self::notify::Notifier;
use self::outbox::Outbox;
use self::overview::{JobStory, Overview, Overviews};
use self::permissions::PermissionReader;
use self::planner::Planner;
use self::poll::Poller;
use self::queue::LaneQueue;
use self::report::Reporter;
use self::repository_policies::RepositoryPolicies;
use self::routines::Routines;
use self::scope_questions::ScopeQuestions;
use self::snapshot::Snapshots;
use self::sync::{BacklogSync, templates};
use self::tasks::Tasks;
use self::tick::Ticker;
use self::traces::JobTraces;
use crate::core::jobs::JobId;
use crate::core::model::account::Account;
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::Audience;
use crate::core::scheduling::RankedBacklog;
use crate::core::scheduling::text::TextReader;
use crate::gitea::RequestCounts;
use crate::store::{Error, Ledger, queue as lanes};

pub struct Engine {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    accounts: Arc<Accounts>,
    planner: Arc<Planner>,
    reporter: Arc<Reporter>,
    outbox: Arc<Outbox>,
    overviews: Overviews,
    fleet: Arc<Fleet>,
    jobs: Arc<Jobs>,
    running: Arc<RunningGuards>,
    queue: LaneQueue,
    ticker: Ticker,
    notifier: Notifier,
    reader: Arc<TextReader>,
    loops: std::sync::Mutex<Option<Loops>>,
}

/// What [`Engine::run`] runs; here from the beginning, since nothing is quiet before they ran.
struct Loops {
    queue: Loop,
    poll: Loop,
    sync: Loop,
    tick: Loop,
    notify: Loop,
    traces: Loop,
    ledger: Loop,
}

impl Loops {
    fn begin(ctx: &Context) -> Self {
        let begin = |name| ctx.activity.begin_loop(name);
        Self {
            queue: begin("queue"),
            poll: begin("poll"),
            sync: begin("sync"),
            tick: begin("tick"),
            notify: begin("notify"),
            traces: begin("traces"),
            ledger: begin("ledger"),
        }
    }
}

/// Loops that ran so long without a failure of the disk were well.
const WELL: Duration = Duration::from_secs(120);

impl Engine {
    /// Services that work with `ctx`. They do nothing until [`Engine::run`].
    pub fn new(ctx: Context, drivers: JobDrivers) -> Arc<Self> {
        let incidents = Arc::new(Incidents::new(ctx.clone()));
        let identity = Arc::new(Identity::new(ctx.clone(), incidents.clone()));
        let accounts = Arc::new(Accounts::new(ctx.clone(), incidents.clone()));
        let permissions = Arc::new(PermissionReader::new(ctx.clone(), accounts.clone()));
        let fleet = Jobs::fleet_of(&drivers);
        drivers.agents.values().for_each(|agent| agent.traced(&ctx.tracer));
        let policies = Arc::new(RepositoryPolicies::new(&ctx, incidents.clone()));
        let planner = Planner::new(
            ctx.clone(),
            identity.clone(),
            accounts.clone(),
            fleet.clone(),
            policies.clone(),
        );
        let planner = Arc::new(planner);
        let reader = Arc::new(TextReader::new(ctx.policy.acceptance.clone()));
        let running = RunningGuards::new(&ctx, incidents.clone(), drivers.guards.clone());
        let running = Arc::new(running);
        let judging = || (running.clone(), policies.clone());
        let people = || (identity.clone(), permissions.clone());
        let live = || Arc::new(LiveForge::new(&ctx, people(), reader.clone(), judging()));
        let forge = drivers.forge.unwrap_or_else(|| live());
        let jobs = Jobs::new(
            ctx.clone(),
            (identity.clone(), incidents.clone()),
            accounts.clone(),
            fleet.clone(),
            forge.clone(),
            judging(),
            reader.clone(),
        );
        let jobs = Arc::new(jobs);
        let snapshots = Snapshots::new(
            ctx.clone(),
            accounts.clone(),
            permissions.clone(),
            (planner.clone(), fleet.clone()),
        );
        let snapshots = Arc::new(snapshots);
        let world = (identity.clone(), incidents.clone());
        let automatic = AutomaticWork::new(
            &ctx,
            world.clone(),
            permissions.clone(),
            policies.clone(),
            (fleet.clone(), forge),
        );
        let questions = ScopeQuestions::new(&ctx, world.clone(), reader.clone());
        let reporter = Reporter::new(ctx.clone(), world.clone(), accounts.clone(), planner.clone());
        let reporter = Arc::new(reporter);
        let outbox = Outbox::new(
            ctx.clone(),
            world.clone(),
            policies.clone(),
            (reporter.clone(), planner.clone()),
        );
        let outbox = Arc::new(outbox);
        let inbox = Inbox::new(
            ctx.clone(),
            world.clone(),
            (accounts.clone(), permissions.clone()),
            snapshots.clone(),
            reader.clone(),
        );
        let verdicts = HeadVerdicts::new(&ctx, world.clone(), jobs.clone());
        let confirmations = Confirmations::new(ctx.clone(), world, permissions, snapshots);
        let tasks = Tasks::new(ctx.clone(), incidents.clone(), confirmations, verdicts);
        let queue = LaneQueue::new(
            ctx.clone(),
            inbox,
            outbox.clone(),
            (tasks, jobs.clone()),
            reporter.clone(),
        );
        let ticker = Ticker::new(
            ctx.clone(),
            identity.clone(),
            (planner.clone(), automatic),
            questions,
            (Routines::new(&ctx, incidents.clone(), policies, jobs.clone()), jobs.clone()),
        );
        let overviews =
            Overviews::new(ctx.clone(), identity.clone(), planner.clone(), fleet.clone());
        let notifier = Notifier::new(ctx.clone(), incidents.clone());
        let loops = Loops::begin(&ctx);
        Arc::new(Self {
            identity,
            incidents,
            accounts,
            planner,
            reporter,
            outbox,
            overviews,
            fleet,
            jobs,
            running,
            queue,
            ticker,
            notifier,
            reader,
            loops: std::sync::Mutex::new(Some(loops)),
            ctx,
        })
    }

    /// Works until `stop`; what has been begun gets [`DRAIN`] to end, and attempts that end with
    /// timmy what the configuration gives them. It runs once.
    ///
    /// A disk that takes nothing is waited for; what was under way is taken up then as after a
    /// crash.
    ///
    /// # Errors
    /// If the ledger cannot be read or written for any other reason. Nothing that the forge does
    /// ends it.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), Error> {
        // Attempts that end with timmy get some time to end by themselves.
        let at_once = CancellationToken::new();
        let winding_up = async {
            stop.cancelled().await;
            self.jobs.wind_up().await;
            at_once.cancel();
        };
        let running = async {
            let ended = self.run_until(at_once.clone()).await;
            self.jobs.end_calls();
            ended
        };
        tokio::pin!(running);
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = winding_up => running.await,
        };
        // Of a ledger that was taken away a part may fail first: what there is to say is that.
        ended.map_err(|error| match self.ctx.ledger.check_place() {
            Err(displaced) => displaced.into(),
            Ok(()) => error,
        })
    }

    async fn run_until(&self, stop: CancellationToken) -> Result<(), Error> {
        let loops = self.loops.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(mut loops) = loops else { return Ok(()) };
        self.running.clear().await;
        self.running.try_fixtures();
        let mut failures: u32 = 0;
        loop {
            let begun = self.ctx.now();
            match self.run_loops(loops, &stop).await {
                Err(error) if error.is_passing() && !stop.is_cancelled() => {
                    tracing::debug!(%error, "work rests until the disk takes a write");
                }
                ended => return ended,
            }
            if begun.is_over(WELL, self.ctx.now()) {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            let at = self.ctx.activity.begin_loop("ledger");
            ledger_guard::until_writable(&self.ctx, at, failures, &stop).await?;
            loops = Loops::begin(&self.ctx);
        }
    }

    async fn run_loops(&self, loops: Loops, stop: &CancellationToken) -> Result<(), Error> {
        let Loops { queue, poll, sync, tick, notify, traces, ledger } = loops;
        ledger_name::ensure(&self.ctx).await?;
        traces::begin(&self.ctx).await?;
        self.accounts.load().await?;
        self.outbox.recover().await?;
        self.incidents.load().await?;
        templates::load(&self.ctx.ledger, &self.reader).await?;
        tokio::try_join!(
            self.queue.run(queue, stop),
            self.poller().run(poll, stop),
            self.sync().run(sync, stop),
            self.ticker.run(tick, stop),
            self.notifier.run(notify, stop),
            JobTraces::new(&self.ctx).run(traces, stop),
            ledger_guard::watch(&self.ctx, ledger, stop),
        )?;
        Ok(())
    }

    /// Starts no job from now on; what runs is followed to its end.
    pub fn drain(&self) {
        self.jobs.drain();
    }

    /// Has `runner` keep time for jobs, outside of this process. Before [`Engine::run`].
    pub fn run_jobs_by(&self, runner: Arc<dyn JobRunner>) {
        self.jobs.run_by(runner);
    }

    /// Looks at a job, as its runner calls for it, and does what is to be done. None if that failed,
    /// or timmy stops: it may be called for again.
    pub async fn look_at(&self, job: JobId) -> Option<LookedJob> {
        self.jobs.called(job).await
    }

    /// Why jobs stand still, if their runner cannot go on; else that is over.
    pub async fn runner_waits(&self, why: Option<String>) {
        if why.is_some() || self.incidents.is_open(&Incident::JobServerAway) {
            self.incidents.set(Incident::JobServerAway, why).await;
        }
    }

    /// The workflow of a job does not go on: what was done about that.
    pub async fn job_is_stuck(&self, job: JobId, told: String) {
        self.incidents.set(Incident::JobStuck { job: job.0 }, Some(told)).await;
    }

    /// It goes on.
    pub async fn job_goes_on(&self, job: JobId) {
        self.incidents.set(Incident::JobStuck { job: job.0 }, None).await;
    }

    /// There is a way to other hosts now: agents that could not be reached before are asked at once, and not
    /// only when it is their turn.
    pub fn reaches_hosts(&self) {
        self.jobs.reaches_hosts();
    }

    /// How the agents are that can be driven, by name.
    pub fn agents(&self) -> BTreeMap<String, AgentCondition> {
        self.fleet.conditions()
    }

    /// When a round of polling was last completed.
    pub fn last_poll(&self) -> Option<Timestamp> {
        self.ctx.last_poll.get()
    }

    /// What was sent to the forge since the start.
    pub fn request_counts(&self) -> RequestCounts {
        self.ctx.gitea.request_counts()
    }

    /// Wakes the queue: something new is stored.
    pub fn notify(&self) {
        self.ctx.stored.notify();
    }

    /// Waits until nothing is left to do before the clock moves or something new is stored.
    pub async fn quiet(&self) {
        self.ctx.activity.quiet(&*self.ctx.clock).await;
    }

    /// Waits until nothing is left to do at all, however long what was put off has to wait.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn idle(&self) -> Result<(), Error> {
        loop {
            self.quiet().await;
            let now = self.ctx.now();
            let next = self.ctx.ledger.read(move |conn| lanes::next_after(conn, now)).await?;
            match next {
                Some(moment) => self.ctx.clock.until(moment).await,
                None if self.ctx.ledger.read(lanes::is_idle).await? => return Ok(()),
                None => {}
            }
            self.notify();
        }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ctx.ledger
    }

    /// Whether an account is that of a person, as far as the configuration and the forge tell.
    pub fn is_person(&self, account: &Account) -> bool {
        let is_own = self.identity.known().is_none_or(|own| own.id == account.id);
        !is_own && !self.accounts.people().is_ignored(account)
    }

    /// timmy's account, as soon as the forge has named it.
    pub fn own_account(&self) -> Option<&Account> {
        self.identity.known()
    }

    /// Asks the forge who timmy is, until it answers.
    pub async fn introduce(&self) {
        self.identity.introduce().await;
    }

    /// The reader of texts, shared by the listener, the poller and the backlog sync.
    pub fn reader(&self) -> Arc<TextReader> {
        self.reader.clone()
    }

    /// The whole backlog, judged at most a minute ago, with everything that moved since then.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn ranking(&self) -> Result<Arc<RankedBacklog>, Error> {
        self.planner.ranking().await
    }

    /// All of timmy at this moment, as far as the audience may know.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn overview(&self, to: Audience) -> Result<Overview, Error> {
        self.overviews.whole(to).await
    }

    /// All about a job; none if there is none of which the audience may know.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn job_story(&self, id: JobId, to: Audience) -> Result<Option<JobStory>, Error> {
        self.overviews.story(id, to).await
    }

    /// Brings the backlog up to date once: all of what is watched for the first time, of the rest
    /// what moved, and what the best of it waits for. For a command that runs without the loops.
    ///
    /// From this moment on the repositories count as watched: what people write there is handled
    /// when the loops run.
    ///
    /// # Errors
    /// Whatever the forge or the ledger refuse; what was read so far is kept.
    pub async fn read_backlog(
        &self,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<(), NotSynced> {
        self.identity.get().await?;
        templates::load(&self.ctx.ledger, &self.reader).await.map_err(EngineError::from)?;
        self.poller().look_once().await?;
        Ok(self.sync().sync(progress).await?)
    }

    /// Brings the report of today up to date, whatever the hour, and does nothing else. For an
    /// engine that does not run.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn write_report_now(&self) -> Result<ReportResult, Error> {
        self.outbox.recover().await?;
        self.incidents.load().await?;
        report_now::write(&self.ctx, &self.reporter, &self.outbox).await
    }

    fn poller(&self) -> Poller {
        let world = (self.identity.clone(), self.incidents.clone());
        Poller::new(&self.ctx, world, self.accounts.clone(), self.reader())
    }

    fn sync(&self) -> BacklogSync {
        BacklogSync::new(&self.ctx, self.incidents.clone(), self.planner.clone(), self.reader())
    }
}

/// Why the backlog could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotSynced(#[from] EngineError);
