//! The agent as the engine knows it: its attempts run in this process and are gone with it, but for
//! what they left on the forge.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::attempt::LoopAttempt;
use super::completions::Completions;
use super::hand_in::HandIn;
use super::refusal::CompletionError;
use super::tool_loop::LoopBounds;
use super::work_order::WorkOrder;
use crate::agents::agent::{
    Agent, AgentCall, AgentEnding, AgentHealth, Allowance, Asking, Capabilities, FailureKind,
    RunHandle, Sighting, Started, SteerOutcome,
};
use crate::agents::handed_in::{NotHandedIn, result_line};
use crate::agents::redact::Redactor;
use crate::agents::repository::JobRepository;
use crate::agents::run::{Run, WorkEnd};
use crate::agents::runs::{Begun, Runs};
use crate::agents::task::{AgentTask, StoredRequest};
use crate::agents::transcript::Transcript;
use crate::agents::trouble::AgentTrouble;
use crate::agents::workplace::Workplace;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::Secret;
use crate::core::jobs::money::Usage;
use crate::gitea::Error;

/// What an agent of this kind is made of.
pub struct OpenAiOptions {
    /// The base address: `chat/completions` lies below it.
    pub url: Url,
    pub model: String,
    pub key: Option<Secret>,
    /// The most turns, tokens and time of one attempt.
    pub max_turns: u32,
    pub max_tokens: u64,
    pub max_time: Duration,
    /// What its account sees of the forge.
    pub repository: Arc<dyn JobRepository>,
    /// Knows the secrets that must not be kept.
    pub redactor: Redactor,
    pub clock: Arc<dyn Clock>,
    pub chance: Chance,
}

/// A model with tools, in a bounded loop.
pub struct OpenAiAgent {
    model: Arc<Completions>,
    bounds: LoopBounds,
    time: Duration,
    repository: Arc<dyn JobRepository>,
    redactor: Redactor,
    clock: Arc<dyn Clock>,
    chance: Chance,
    /// What tells this process from the one before.
    process: String,
    runs: Runs,
}

impl OpenAiAgent {
    /// Fails only if no client can be made at all.
    pub fn new(options: OpenAiOptions) -> Result<Self, AgentTrouble> {
        let OpenAiOptions { url, model, key, clock, .. } = options;
        let model =
            Completions::new(url, model, key, clock.clone()).map_err(|e| trouble(e, &clock))?;
        let process = format!("{}-{}", std::process::id(), clock.now().micros());
        Ok(Self {
            model: Arc::new(model),
            bounds: LoopBounds { turns: options.max_turns, tokens: options.max_tokens },
            time: options.max_time,
            repository: options.repository,
            redactor: options.redactor,
            clock,
            chance: options.chance,
            process,
            runs: Runs::default(),
        })
    }

    fn handle(&self, key: &str, place: &Workplace, process: Option<String>) -> RunHandle {
        let session = serde_json::to_string(place).ok();
        RunHandle { run: key.to_owned(), session, process }
    }

    /// Until when its quota is used up, if the last attempt to end found that.
    fn begin(&self, request: &StoredRequest) -> Started {
        let order: WorkOrder = match serde_json::from_str(&request.body) {
            Ok(order) => order,
            Err(error) => {
                let words = format!("what was stored for it cannot be read ({error})");
                return Started::Refused(AgentTrouble::BadRequest(words));
            }
        };
        let handle = self.handle(&request.key, &order.workplace, Some(self.process.clone()));
        let run = Arc::new(Run::new(request.body.clone(), self.redactor.clone()));
        match self.runs.begin(request, &run) {
            Begun::New => {}
            Begun::Before => return Started::Accepted(handle),
            Begun::Other => return Started::Refused(AgentTrouble::Conflict),
        }
        let attempt = LoopAttempt {
            key: request.key.clone(),
            order,
            model: self.model.clone(),
            repository: self.repository.clone(),
            clock: self.clock.clone(),
            chance: self.chance.clone(),
            bounds: self.bounds,
            time: self.time,
            run: run.clone(),
        };
        let work = tokio::spawn(async move { attempt.work().await });
        tokio::spawn(async move {
            run.ends(work.await.unwrap_or_else(|_| WorkEnd::Failed {
                kind: FailureKind::GaveUp,
                reason: "it failed within timmy: the log says where".to_owned(),
            }));
        });
        Started::Accepted(handle)
    }

    /// How an attempt went that this process knows nothing of: with the one before it ended, and
    /// only what it had handed in is left.
    async fn look_back(&self, run: &RunHandle) -> Result<Sighting, AgentTrouble> {
        let place = run.session.as_deref().and_then(|place| serde_json::from_str(place).ok());
        let Some(place): Option<Workplace> = place else {
            return Ok(Sighting::CutOff(Usage::NONE));
        };
        let hand_in = HandIn {
            repository: &*self.repository,
            clock: &self.clock,
            place: &place,
            key: &run.run,
        };
        match hand_in.left().await {
            Ok(None) => Ok(Sighting::CutOff(Usage::NONE)),
            Ok(Some(left)) => {
                let summary = "timmy was restarted after this was handed in.";
                let text = result_line(&left, summary);
                Ok(Sighting::Ended(AgentEnding { text, usage: Usage::NONE, unheard: None }))
            }
            Err(NotHandedIn::Failed(Error::Timeout)) => Err(AgentTrouble::Timeout),
            Err(error) => Err(AgentTrouble::Down(error.to_string())),
        }
    }
}

impl Agent for OpenAiAgent {
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async move {
            let has_model = self.model.has_model().await.map_err(|e| trouble(e, &self.clock))?;
            if has_model == Some(false) {
                return Err(AgentTrouble::ModelGone(self.model.model().to_owned()));
            }
            Ok(AgentHealth {
                refuses: None,
                model: Some(self.model.model().to_owned()),
                version: None,
                process: Some(self.process.clone()),
                capabilities: Capabilities { keyed: false, steer: true, asking: Asking::NotNeeded },
            })
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        let order = WorkOrder::of(task);
        let body = serde_json::to_string(&order).expect("an order is JSON");
        StoredRequest { key: task.key.clone(), body }
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(async move { Ok(self.begin(request)) })
    }

    /// Nobody can tell that it surely never began: the process before may have started it.
    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(async move {
            let Ok(order) = serde_json::from_str::<WorkOrder>(&request.body) else {
                return Ok(None);
            };
            let process = self.runs.of(&request.key).map(|_| self.process.clone());
            Ok(Some(self.handle(&request.key, &order.workplace, process)))
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
            Ok(self.runs.of(&run.run).map_or(SteerOutcome::NotNow, |known| known.steer(text)))
        })
    }

    fn deny<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async { Err(AgentTrouble::Unsupported) })
    }

    fn allow<'a>(&'a self, _: &'a RunHandle, _: &'a str) -> AgentCall<'a, Allowance> {
        Box::pin(async { Err(AgentTrouble::Unsupported) })
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async move {
            if let Some(known) = self.runs.of(&run.run) {
                known.stop.cancel();
            }
            Ok(())
        })
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

/// What a failure of the server means for whoever asks for the agent's health.
fn trouble(error: CompletionError, clock: &Arc<dyn Clock>) -> AgentTrouble {
    match error {
        CompletionError::Unreachable { is_refused: true, words } => AgentTrouble::Down(words),
        CompletionError::Unreachable { is_refused: false, words } => AgentTrouble::HostAway(words),
        CompletionError::Failed(words) | CompletionError::Broken(words) => {
            AgentTrouble::Down(words)
        }
        CompletionError::Limited { wait, .. } | CompletionError::NothingLeft { wait, .. } => {
            AgentTrouble::PoolSpent { until: wait.map(|wait| clock.now().after(wait)) }
        }
        CompletionError::BadKey => AgentTrouble::BadKey,
        CompletionError::ModelGone(words) => AgentTrouble::ModelGone(words),
        CompletionError::Garbage(words) => AgentTrouble::Garbage(words),
        CompletionError::BadRequest(words)
        | CompletionError::TooLong(words)
        | CompletionError::BadCall { words, .. } => AgentTrouble::BadRequest(words),
        CompletionError::NoStreamUsage => AgentTrouble::Unsupported,
    }
}
