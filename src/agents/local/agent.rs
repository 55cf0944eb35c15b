//! The agent as the engine knows it: its attempts run in this process, and end with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::dialogue::Dialogue;
use super::host::LocalHost;
use super::options::LocalOptions;
use super::order::LocalOrder;
use super::origin::OriginTrouble;
use super::record::{LocalRecord, LocalStep};
use super::work::LocalWork;
use crate::agents::agent::{
    Agent, AgentCall, AgentEnding, AgentHealth, Allowance, FailureKind, RunHandle, Sighting,
    Started, SteerOutcome,
};
use crate::agents::handed_in::{HandInResult, result_line};
use crate::agents::run::{Run, WorkEnd};
use crate::agents::runs::{Begun, Runs};
use crate::agents::task::{AgentTask, StoredRequest};
use crate::agents::transcript::Transcript;
use crate::agents::trouble::AgentTrouble;
use crate::core::jobs::money::Usage;
use crate::core::model::time::Timestamp;
use crate::tracer::Tracer;

/// A program on this machine that works in a sandbox.
pub struct LocalAgent {
    host: Arc<LocalHost>,
    dialogue: Arc<dyn Dialogue>,
    /// What tells this process from the one before.
    process: String,
    runs: Runs,
    /// When its program was tried out last, and what came of it.
    trial: Arc<Mutex<Option<KnownTrial>>>,
    /// Ends what works when this is dropped.
    ends: DropGuard,
}

type KnownTrial = (Timestamp, Result<Option<String>, AgentTrouble>);

/// How long what a trial found holds, and how long a trouble does.
const HOLDS: Duration = Duration::from_secs(60 * 60);
const TROUBLE_HOLDS: Duration = Duration::from_secs(60);

impl LocalAgent {
    pub(in crate::agents) fn new(options: LocalOptions, dialogue: Arc<dyn Dialogue>) -> Self {
        let process = format!("{}-{}", std::process::id(), options.clock.now().micros());
        let host = Arc::new(LocalHost::new(options));
        let (runs, trial) = (Runs::default(), Arc::default());
        let ends = CancellationToken::new().drop_guard();
        Self { host, dialogue, process, runs, trial, ends }
    }

    fn handle(&self, request: &StoredRequest) -> RunHandle {
        let process = self.runs.of(&request.key).map(|_| self.process.clone());
        let session = Some(request.body.clone());
        RunHandle { run: request.key.clone(), session, process }
    }

    fn begin(&self, request: &StoredRequest) -> Started {
        let order: LocalOrder = match serde_json::from_str(&request.body) {
            Ok(order) => order,
            Err(error) => {
                let words = format!("what was stored for it cannot be read ({error})");
                return Started::Refused(AgentTrouble::BadRequest(words));
            }
        };
        let run = Arc::new(Run::new(request.body.clone(), self.host.options.redactor.clone()));
        match self.runs.begin(request, &run) {
            Begun::New => {}
            Begun::Before => return Started::Accepted(self.handle(request)),
            Begun::Other => return Started::Refused(AgentTrouble::Conflict),
        }
        let work = LocalWork {
            host: self.host.clone(),
            dialogue: self.dialogue.clone(),
            key: request.key.clone(),
            order,
            run: run.clone(),
        };
        let (over, trial) = (self.ends.token().clone(), self.trial.clone());
        let working = tokio::spawn(async move {
            tokio::select! {
                biased;
                // Its process ends as well, and what it made stays for the next one.
                () = over.cancelled() => None,
                end = work.work() => Some(end),
            }
        });
        tokio::spawn(async move {
            let end = working.await.unwrap_or(Some(WorkEnd::Failed {
                kind: FailureKind::GaveUp,
                reason: "it failed within timmy: the log says where".to_owned(),
            }));
            let Some(end) = end else { return };
            let doubts = is_of_the_agent(&end);
            run.ends(end);
            if doubts {
                *trial.lock().await = None;
            }
        });
        Started::Accepted(self.handle(request))
    }

    /// What its program calls itself, asked not too often: each time it is started for that.
    async fn tried_out(&self) -> Result<Option<String>, AgentTrouble> {
        let mut known = self.trial.lock().await;
        let now = self.host.now();
        if let Some((at, found)) = &*known {
            let holds = if found.is_ok() { HOLDS } else { TROUBLE_HOLDS };
            if *at <= now && !at.is_over(holds, now) {
                return found.clone();
            }
        }
        let found = self.host.try_out(&*self.dialogue).await;
        *known = Some((now, found.clone()));
        found
    }

    /// How an attempt went that this process knows nothing of: it ended with the one before.
    async fn look_back(&self, handle: &RunHandle) -> Result<Sighting, AgentTrouble> {
        self.host.recover().await;
        let cut_off = Sighting::CutOff(Usage::NONE);
        let Some(record) = LocalRecord::read(&self.host.places.records(), &handle.run) else {
            return Ok(cut_off);
        };
        let text = match record.step {
            LocalStep::Working => return Ok(cut_off),
            LocalStep::Ended { text } => text,
            LocalStep::Pushing { commit, title, summary } => {
                let order = handle.session.as_deref();
                let order = order.and_then(|order| serde_json::from_str::<LocalOrder>(order).ok());
                let Some(order) = order else { return Ok(cut_off) };
                let place = self.host.place(&handle.run, &order);
                let origin = &self.host.options.origin;
                if origin.branch(&place).await.map_err(down)? != Some(commit.clone()) {
                    return Ok(cut_off);
                }
                let pull = origin.open_pull(&place, (&title, &summary)).await.map_err(down)?;
                // What was salvaged of it is on the forge: nobody goes on with that.
                if let Err(error) = self.host.kept.drop(&order.workplace) {
                    tracing::warn!(key = handle.run, %error, "what was kept of an attempt stays");
                }
                result_line(&HandInResult { commit, pull }, &summary)
            }
        };
        Ok(Sighting::Ended(AgentEnding { text, usage: Usage::NONE, unheard: None }))
    }
}

impl Agent for LocalAgent {
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async move {
            self.host.check().await?;
            let version = match self.dialogue.is_tried_out() {
                true => self.tried_out().await?,
                false => None,
            };
            Ok(AgentHealth {
                refuses: None,
                model: None,
                version,
                process: Some(self.process.clone()),
                capabilities: self.dialogue.capabilities(),
            })
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        let body = serde_json::to_string(&LocalOrder::of(task)).expect("an order is JSON");
        StoredRequest { key: task.key.clone(), body }
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(async move { Ok(self.begin(request)) })
    }

    /// What left no record never got so far that anything of it could be anywhere.
    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(async move {
            let records = self.host.places.records();
            let is_known = self.runs.of(&request.key).is_some()
                || LocalRecord::read(&records, &request.key).is_some();
            Ok(is_known.then(|| self.handle(request)))
        })
    }

    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting> {
        Box::pin(async move {
            match self.runs.of(&run.run) {
                Some(known) => known.sighting(),
                None => self.look_back(run).await,
            }
        })
    }

    fn steer<'a>(&'a self, run: &'a RunHandle, text: &'a str) -> AgentCall<'a, SteerOutcome> {
        Box::pin(async move {
            let steers = self.dialogue.capabilities().steer;
            let known = self.runs.of(&run.run).filter(|_| steers);
            Ok(known.map_or(SteerOutcome::NotNow, |known| known.steer(text)))
        })
    }

    fn deny<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async move {
            let known = self.runs.of(&run.run);
            match known.map_or(Allowance::NotAwaited, |known| known.answer(None, false)) {
                Allowance::NotAwaited => Err(AgentTrouble::NotFound),
                Allowance::Taken | Allowance::Unclear(_) => Ok(()),
            }
        })
    }

    fn allow<'a>(&'a self, run: &'a RunHandle, question: &'a str) -> AgentCall<'a, Allowance> {
        Box::pin(async move {
            let known = self.runs.of(&run.run);
            Ok(known.map_or(Allowance::NotAwaited, |known| known.answer(Some(question), true)))
        })
    }

    /// What it takes of this machine while it waits, others may need.
    fn waits_for_people(&self) -> bool {
        false
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async move {
            if let Some(known) = self.runs.of(&run.run) {
                known.stop.cancel();
            }
            Ok(())
        })
    }

    fn traced(&self, tracer: &Tracer) {
        self.host.traced(tracer);
    }

    fn ends_with_timmy(&self) -> bool {
        true
    }

    fn usage<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Usage> {
        Box::pin(async move {
            self.runs.of(&run.run).map(|run| run.usage()).ok_or(AgentTrouble::NotFound)
        })
    }

    fn transcript<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Transcript> {
        Box::pin(async move {
            self.runs.of(&run.run).map(|run| run.transcript()).ok_or(AgentTrouble::NotFound)
        })
    }
}

/// Whether an attempt ended through what the next one will meet as well: the agent is tried out anew.
fn is_of_the_agent(end: &WorkEnd) -> bool {
    matches!(end, WorkEnd::Failed { kind: FailureKind::BadKey | FailureKind::Upstream, .. })
}

fn down(trouble: OriginTrouble) -> AgentTrouble {
    AgentTrouble::Down(trouble.to_string())
}
