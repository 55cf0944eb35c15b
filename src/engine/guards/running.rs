//! Guards that run what an agent wrote: begun, under way, and what they said.
//!
//! A run takes minutes, so nobody waits for it: it goes on beside the engine's loops, a few at a
//! time, on this machine or on the host that the configuration names, and what it said is there when
//! the job is looked at again. Nothing of it is stored: after a restart it runs again. As long as that
//! host is away nothing is said, and an incident is open.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

use super::carry_out::{NotYet, carry_out, keep_trying, note_host, tell_of};
use super::fixtures::{check_fixtures, sandbox, try_confinement};
use super::script::script_run;
use super::traced::GuardSteps;
use crate::config::{GuardRuns, Script};
use crate::confinement::{self, CannotRun};
use crate::core::guards::{CheckoutCommand, GuardResult, LiftedGuards};
use crate::core::jobs::{Commit, JobId, SeenResult};
use crate::core::model::confined::ConfinementResult;
use crate::core::model::repository::Repo;
use crate::core::script_guard::ScriptFacts;
use crate::engine::context::Context;
use crate::engine::incidents::Incidents;
use crate::gitea::PullRequest;
use crate::guard_runs::{ChangeToRun, GuardHost, GuardOrder, GuardPlan, Preparation, TestsRun};
use crate::store::{Transaction, meta};

/// How many runs go on at the same time: each may take half of the machine.
const AT_ONCE: usize = 2;

/// How often commits are tried to be had before a person is told instead.
const TRIES: u32 = 5;

/// How many runs are remembered. One that is forgotten runs again.
const MOST: usize = 1000;

/// The change of a job that is to be run.
pub(in crate::engine) struct RunQuery<'a> {
    pub(in crate::engine) job: JobId,
    /// Whether what they take is in the trace of the job.
    pub(in crate::engine) is_traced: bool,
    pub(in crate::engine) repo: &'a Repo,
    pub(in crate::engine) pull: &'a PullRequest,
    pub(in crate::engine) issue: Option<i64>,
    /// Which look at the job's result it is for.
    pub(in crate::engine) look: u32,
    pub(in crate::engine) excused: Excused,
    /// What holds in that repository.
    pub(in crate::engine) runs: &'a GuardRuns,
}

/// What people let pass. Who looks again because of that needs no other run; who looks again for
/// nothing wants one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Excused {
    pub(in crate::engine) passed: Option<SeenResult>,
    pub(in crate::engine) lifted: LiftedGuards,
}

/// Runs guards for jobs.
pub(in crate::engine) struct RunningGuards {
    ctx: Context,
    incidents: Arc<Incidents>,
    /// Who runs them, if that is not this machine.
    host: Option<Arc<dyn GuardHost>>,
    slots: Arc<Semaphore>,
    table: Arc<RunTable>,
    /// They end with it.
    fixtures: Mutex<Vec<AbortOnDropHandle<()>>>,
}

/// What runs, and what ran.
#[derive(Default)]
struct RunTable {
    runs: Mutex<HashMap<JobId, OneRun>>,
    /// How many runs there were.
    begun: AtomicU64,
    /// Of which jobs a run ended since that was asked last.
    ended: Mutex<BTreeSet<JobId>>,
}

struct OneRun {
    /// Which one of all runs it is.
    number: u64,
    plan: GuardPlan,
    base: Commit,
    head: Commit,
    /// The last look that asked for it.
    look: Arc<AtomicU32>,
    excused: Excused,
    /// How often its commits could not be had.
    failures: u32,
    state: RunState,
}

enum RunState {
    /// It ends when this is dropped.
    UnderWay {
        _task: AbortOnDropHandle<()>,
    },
    /// The commits could not be had, or it ended in a bug of timmy's own.
    Failed,
    Ended(Vec<GuardResult>),
}

impl RunningGuards {
    pub(in crate::engine) fn new(
        ctx: &Context,
        incidents: Arc<Incidents>,
        host: Option<Arc<dyn GuardHost>>,
    ) -> Self {
        let (slots, table) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::default());
        Self { ctx: ctx.clone(), incidents, host, slots, table, fixtures: Mutex::default() }
    }

    /// Throws away what a crash left. Nothing may run yet.
    pub(in crate::engine) async fn clear(&self) {
        let place = &self.ctx.policy.places.runs;
        match confinement::clear(place).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(folder = %place.display(), %error, "what runs left cannot be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Tries, beside all else, whether anything can be run confined, and whether the scripts catch
    /// what they are there for, where they run, and remembers it for whoever asks.
    pub(in crate::engine) fn try_fixtures(&self) {
        let here = AbortOnDropHandle::new(self.try_here());
        let there = self.host.clone().map(|host| {
            let (ctx, incidents) = (self.ctx.clone(), self.incidents.clone());
            AbortOnDropHandle::new(tokio::spawn(keep_trying(
                (ctx, incidents),
                self.slots.clone(),
                host,
            )))
        });
        let tasks = [here].into_iter().chain(there).collect();
        *self.fixtures.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
    }

    fn try_here(&self) -> tokio::task::JoinHandle<()> {
        let (ctx, slots) = (self.ctx.clone(), self.slots.clone());
        let work = ctx.activity.begin();
        tokio::spawn(async move {
            let slot = slots.acquire().await;
            let policy = &ctx.policy;
            let confined = try_confinement(&policy.guards, &policy.places).await;
            if let Some(ConfinementResult::Fails { why, remedy }) = &confined {
                tracing::warn!(why, remedy, "what an agent wrote cannot be run here");
            }
            let checked = match &policy.guards.away {
                None => check_fixtures(&policy.guards, &policy.places).await,
                Some(_) => Vec::new(),
            };
            tell_of(&checked);
            let keep = move |tx: &Transaction<'_>| {
                meta::set(tx, meta::CONFINEMENT, &confined)?;
                meta::set(tx, meta::FIXTURES, &checked)
            };
            let kept = ctx.ledger.write(keep).await;
            if let Err(error) = kept {
                tracing::warn!(%error, "what came of trying what runs here cannot be kept");
            }
            drop((slot, work));
        })
    }

    /// What the guards say that run something; none as long as they run.
    pub(in crate::engine) fn said(&self, query: &RunQuery<'_>) -> Option<Vec<GuardResult>> {
        let plan = plan(query.runs, &self.ctx.policy.guards.scripts);
        if plan.is_empty() {
            return Some(Vec::new());
        }
        let head = query.pull.head.clone();
        let Some(base) = query.pull.merge_base.clone() else {
            let said = "the forge does not say where the change begins".to_owned();
            return Some(plan.refused(&CannotRun::Git { command: "merge-base".to_owned(), said }));
        };
        let mut runs = self.table.runs();
        let known = runs.get_mut(&query.job);
        let known = known.filter(|run| (&run.plan, &run.base, &run.head) == (&plan, &base, &head));
        let known = known.and_then(|run| run.serves(query.look, &query.excused).then_some(&*run));
        let failures = match known {
            Some(OneRun { state: RunState::UnderWay { .. }, .. }) => return None,
            Some(OneRun { state: RunState::Ended(results), .. }) => return Some(results.clone()),
            Some(OneRun { state: RunState::Failed, failures, .. }) => *failures,
            None => 0,
        };
        if failures >= TRIES {
            let said = format!("{TRIES} tries");
            let refused = plan.refused(&CannotRun::NotFetched(said));
            return Some(match &self.host {
                Some(host) => plan.taken(&refused, host.name()),
                None => refused,
            });
        }
        if runs.len() >= MOST {
            runs.retain(|_, run| matches!(run.state, RunState::UnderWay { .. }));
        }
        let number = self.table.begun.fetch_add(1, Ordering::Relaxed);
        let commits = (base.clone(), head.clone());
        let look = Arc::new(AtomicU32::new(query.look));
        let task = self.begin(query, (number, look.clone()), plan.clone(), commits);
        let state = RunState::UnderWay { _task: AbortOnDropHandle::new(task) };
        // What ran of the head before is ended with it.
        let excused = query.excused.clone();
        let run = OneRun { number, plan, base, head, look, excused, failures, state };
        runs.insert(query.job, run);
        None
    }

    /// The commit of a job of which a run goes on.
    pub(in crate::engine) fn under_way(&self, job: JobId) -> Option<Commit> {
        let runs = self.table.runs();
        let run = runs.get(&job).filter(|run| matches!(run.state, RunState::UnderWay { .. }));
        run.map(|run| run.head.clone())
    }

    /// Whether another host has yet to say something of a job.
    pub(in crate::engine) fn waits_for_host(&self, job: JobId) -> bool {
        let is_elsewhere = self.host.is_some() || self.ctx.policy.guards.away.is_some();
        let is_unsaid = |run: &OneRun| !matches!(run.state, RunState::Ended(_));
        is_elsewhere && self.table.runs().get(&job).is_some_and(is_unsaid)
    }

    /// The jobs of which a run ended since this was asked last.
    pub(in crate::engine) fn ended(&self) -> BTreeSet<JobId> {
        std::mem::take(&mut self.table.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins a run. The caller holds the table: it is there before the run can end.
    fn begin(
        &self,
        query: &RunQuery<'_>,
        (number, look): (u64, Arc<AtomicU32>),
        plan: GuardPlan,
        (base, head): (Commit, Commit),
    ) -> tokio::task::JoinHandle<()> {
        let RunQuery { job, is_traced, repo, pull, issue, runs, .. } = *query;
        let (ctx, slots) = (self.ctx.clone(), self.slots.clone());
        let (incidents, host) = (self.incidents.clone(), self.host.clone());
        let mut ending = RunEnding::new(job, number, self.table.clone());
        let (work, stored) = (ctx.activity.begin(), ctx.stored.clone());
        let facts = ScriptFacts {
            repository: repo.name.to_string(),
            pull: pull.number,
            issue,
            target: pull.base_branch.clone(),
            base: base.to_string(),
            head: head.to_string(),
            author: pull.author.as_ref().map(|author| author.login.clone()),
            files: Vec::new(),
        };
        let change = ChangeToRun { base, head, facts };
        let order = GuardOrder { plan, change, sandbox: sandbox(runs) };
        let repo = repo.clone();
        tokio::spawn(async move {
            let slot = slots.acquire().await;
            tracing::info!(%job, commit = %order.change.head, "guards run");
            let steps = GuardSteps::begin(&ctx, is_traced.then_some(job), look);
            let carried_out = carry_out(&ctx, &repo, &order, (host.as_deref(), &steps)).await;
            let named = host.as_ref().map(|host| host.name());
            if let Some(host) = named.or(ctx.policy.guards.away.as_deref()) {
                note_host(&incidents, host, carried_out.as_ref().err()).await;
            }
            match carried_out {
                Ok(results) => ending.results = Some(results),
                Err(error) => {
                    ending.is_host_away = matches!(error, NotYet::HostAway(_));
                    tracing::warn!(%job, %error, "guards cannot run yet");
                }
            }
            drop((slot, ending));
            stored.notify();
            drop(work);
        })
    }
}

impl OneRun {
    /// Whether what it says, or will say, is what who looks for the time `look` asks for.
    fn serves(&mut self, look: u32, excused: &Excused) -> bool {
        // One that goes on is as new as one that would begin now.
        let is_under_way = matches!(self.state, RunState::UnderWay { .. });
        let before = self.look.swap(look, Ordering::Relaxed);
        let serves = is_under_way || before == look || self.excused != *excused;
        self.excused = excused.clone();
        serves
    }
}

impl Drop for RunningGuards {
    /// What runs ends with it.
    fn drop(&mut self) {
        let runs = std::mem::take(&mut *self.table.runs());
        drop(runs);
    }
}

impl RunTable {
    fn runs(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, OneRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes how a run ended, whatever ends it.
struct RunEnding {
    job: JobId,
    number: u64,
    table: Arc<RunTable>,
    results: Option<Vec<GuardResult>>,
    /// It has none since nobody was there to run it: that says nothing of the change.
    is_host_away: bool,
}

impl RunEnding {
    fn new(job: JobId, number: u64, table: Arc<RunTable>) -> Self {
        Self { job, number, table, results: None, is_host_away: false }
    }
}

impl Drop for RunEnding {
    fn drop(&mut self) {
        let mut runs = self.table.runs();
        // Another run may have taken its place.
        let own = runs.get_mut(&self.job).filter(|run| run.number == self.number);
        let Some(run) = own else { return };
        // What failed is begun again when the job is looked at in its own time.
        let is_news = self.results.is_some();
        let state = match self.results.take() {
            Some(results) => RunState::Ended(results),
            None => {
                run.failures += u32::from(!self.is_host_away);
                RunState::Failed
            }
        };
        let before = std::mem::replace(&mut run.state, state);
        drop(runs);
        drop(before);
        if !is_news {
            return;
        }
        let mut ended = self.table.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.insert(self.job);
    }
}

/// What is run, by what the configuration says.
fn plan(runs: &GuardRuns, scripts: &[Script]) -> GuardPlan {
    let prepare = |command: &Option<CheckoutCommand>| {
        let words = command.as_ref()?.words().to_vec();
        Some(Preparation { words, time: GuardRuns::PREPARE })
    };
    let script =
        |script: &Script| (script.name.clone(), script_run(script, prepare(&runs.prepare)));
    GuardPlan {
        scripts: scripts.iter().map(script).collect(),
        tests: runs.test.as_ref().map(|test| TestsRun {
            words: test.command.words().to_vec(),
            prepare: prepare(&test.prepare),
            time: runs.test_timeout,
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::{GuardName, Lifting};
    use crate::engine::guards::running::*;

    fn run(state: RunState) -> OneRun {
        let commit = |letter: &str| letter.repeat(40).parse::<Commit>().unwrap();
        OneRun {
            number: 1,
            plan: GuardPlan::default(),
            base: commit("a"),
            head: commit("b"),
            look: Arc::new(AtomicU32::new(1)),
            excused: nobody(),
            failures: 0,
            state,
        }
    }

    fn nobody() -> Excused {
        Excused { passed: None, lifted: LiftedGuards::new() }
    }

    #[test]
    fn who_looks_again_for_nothing_wants_another_run() {
        let mut run = run(RunState::Ended(Vec::new()));
        assert!(run.serves(1, &nobody()));
        assert!(!run.serves(2, &nobody()));
        let by = Lifting { by: "anna".to_owned(), reason: "It is meant.".to_owned() };
        let lifted = LiftedGuards::from([(GuardName::Size, by)]);
        let lifted = Excused { lifted, ..nobody() };
        assert!(self::run(RunState::Ended(Vec::new())).serves(2, &lifted));
    }

    #[tokio::test]
    async fn a_run_that_goes_on_is_not_begun_again() {
        let task = AbortOnDropHandle::new(tokio::spawn(std::future::pending()));
        let mut run = run(RunState::UnderWay { _task: task });
        assert!(run.serves(2, &nobody()));
        // Whoever looked waits for it.
        run.state = RunState::Ended(Vec::new());
        assert!(run.serves(2, &nobody()));
    }
}
