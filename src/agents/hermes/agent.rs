//! The agent as the engine knows it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use url::Url;

use super::end;
use super::gateway::{Failed, GatewayAsk, GatewayClient};
use super::listener::EventListener;
use super::name::{KeyScope, RunName, is_run_id};
use super::order::StartOrder;
use super::sight::{self, RunPhase};
use super::transcript::transcript;
use super::wire::{
    WireCapabilities, WireFeatures, WireHealth, WireMessages, WireRun, WireSession,
    WireSessionInfo, WireStarted,
};
use crate::agents::agent::{
    Agent, AgentCall, AgentHealth, Allowance, Asking, Capabilities, RunHandle, Sighting, Started,
    SteerOutcome,
};
use crate::agents::brief::brief;
use crate::agents::redact::Redactor;
use crate::agents::task::{AgentTask, StoredRequest};
use crate::agents::transcript::Transcript;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::Secret;
use crate::core::jobs::money::Usage;

/// How often a session is looked for that may be about to appear: a gateway without keys writes it
/// only when its agent begins.
const LOOKS: usize = 5;

/// How long it is from one such look to the next.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What an agent of this kind is made of.
pub struct HermesOptions {
    /// The root address of its gateway.
    pub url: Url,
    pub key: Secret,
    /// Knows the secrets that must not be kept.
    pub redactor: Redactor,
    pub clock: Arc<dyn Clock>,
}

/// A Hermes gateway.
pub struct HermesAgent {
    gateway: Arc<GatewayClient>,
    listener: EventListener,
    redactor: Redactor,
    clock: Arc<dyn Clock>,
    /// What it was seen to be able to do, by the answer of its last check; none before that.
    features: Mutex<Option<Features>>,
    /// The processes that were seen to ask before they did something.
    asking: Mutex<HashSet<String>>,
}

#[derive(Clone)]
struct Features {
    keyed: bool,
    steer: bool,
    process: Option<String>,
}

impl HermesAgent {
    /// Fails only if no client can be made at all.
    pub fn new(options: HermesOptions) -> Result<Self, AgentTrouble> {
        let HermesOptions { url, key, redactor, clock } = options;
        let gateway = Arc::new(GatewayClient::new(url, key, clock.clone())?);
        let listener = EventListener::new(gateway.clone(), clock.clone());
        let (features, asking) = (Mutex::default(), Mutex::default());
        Ok(Self { gateway, listener, redactor, clock, features, asking })
    }

    /// Asks what it is and what it can do.
    async fn look(&self) -> Result<(WireHealth, Features), AgentTrouble> {
        let (health, told): (WireHealth, WireCapabilities) = tokio::try_join!(
            self.gateway.read(GatewayAsk::get(&["health", "detailed"])),
            self.gateway.read(GatewayAsk::get(&["v1", "capabilities"])),
        )?;
        let WireFeatures { run_submission, run_steer, runs_idempotency } = told.features;
        if !run_submission {
            return Err(AgentTrouble::Unsupported);
        }
        let features = Features {
            keyed: runs_idempotency.supported && runs_idempotency.durable,
            steer: run_steer,
            process: health.pid.map(|pid| pid.to_string()),
        };
        let known = Some(features.clone());
        *self.features.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok((health, features))
    }

    /// What it can do, as it said when it was asked last.
    async fn features(&self) -> Result<Features, AgentTrouble> {
        let known = self.features.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(known) => Ok(known),
            None => Ok(self.look().await?.1),
        }
    }

    async fn session(&self, session: &str) -> Result<Option<WireSessionInfo>, AgentTrouble> {
        let found = self.gateway.look(GatewayAsk::get(&["api", "sessions", session])).await?;
        Ok(found.map(|found: WireSession| found.session))
    }

    async fn messages(&self, session: &str) -> Result<Option<WireMessages>, AgentTrouble> {
        self.gateway.look(GatewayAsk::transcript(&["api", "sessions", session, "messages"])).await
    }

    fn is_present(&self, scope: &KeyScope, session: &str) -> bool {
        *scope == KeyScope::of(&self.gateway.key(), session)
    }

    /// Starts, unless the session shows that this was done where a key cannot tell.
    async fn begin(&self, request: &StoredRequest) -> Result<Started, AgentTrouble> {
        let order = StartOrder::read(request)?;
        let features = self.features().await?;
        let is_kept = features.keyed && self.is_present(&order.scope(), &order.session);
        if !is_kept && self.session(&order.session).await?.is_some() {
            return Ok(Started::Accepted(self.by_session(order.session, &features)));
        }
        Ok(self.send(request, &order, &features).await.0)
    }

    /// Sends a start; whether it was one that the gateway had already.
    async fn send(
        &self,
        request: &StoredRequest,
        order: &StartOrder,
        features: &Features,
    ) -> (Started, bool) {
        let key = features.keyed.then_some(request.key.as_str());
        let ask = GatewayAsk::post(&["v1", "runs"], order.body.clone()).under(key);
        let reply = match self.gateway.send(ask).await {
            Ok(reply) => reply,
            Err(Failed::Unknown(trouble)) => return (Started::Unknown(trouble.to_string()), false),
            Err(Failed::NotSent(trouble) | Failed::Refused { trouble, .. }) => {
                return (Started::Refused(trouble), false);
            }
        };
        match reply.read::<WireStarted>() {
            Ok(started) if reply.status == 202 && is_run_id(&started.run_id) => {
                // The key may have been read again meanwhile.
                let scope = KeyScope::of(&self.gateway.key(), &order.session);
                let name =
                    RunName { run: Some((started.run_id, scope)), session: order.session.clone() };
                let handle = name.handle(features.process.clone());
                (Started::Accepted(handle), started.replayed == Some(true))
            }
            Ok(_) => (Started::Unknown("its answer to a start is none".to_owned()), false),
            Err(trouble) => (Started::Unknown(trouble.to_string()), false),
        }
    }

    fn by_session(&self, session: String, features: &Features) -> RunHandle {
        RunName { run: None, session }.handle(features.process.clone())
    }

    /// Looks for an attempt, and starts none.
    async fn look_for(&self, request: &StoredRequest) -> Result<Option<RunHandle>, AgentTrouble> {
        let order = StartOrder::read(request)?;
        // Another process may be another version.
        let (_, features) = self.look().await?;
        if self.session(&order.session).await?.is_none() {
            // With the same key it can be sent again without harm, whatever comes late.
            let is_kept = features.keyed && self.is_present(&order.scope(), &order.session);
            if is_kept || !self.appears(&order.session).await? {
                return Ok(None);
            }
        }
        if features.keyed && self.is_present(&order.scope(), &order.session) {
            return self.replayed(request, order, &features).await.map(Some);
        }
        Ok(Some(self.by_session(order.session, &features)))
    }

    /// The run that was started under this key.
    async fn replayed(
        &self,
        request: &StoredRequest,
        order: StartOrder,
        features: &Features,
    ) -> Result<RunHandle, AgentTrouble> {
        match self.send(request, &order, features).await {
            (Started::Accepted(run), true) => Ok(run),
            // The session is there, and the gateway has forgotten the key: this is one too many.
            (Started::Accepted(run), false) => {
                if let Some(RunName { run: Some((id, _)), .. }) = RunName::read(&run) {
                    self.ask_to_stop(&id).await?;
                }
                Ok(self.by_session(order.session, features))
            }
            (Started::Refused(trouble), _) => Err(trouble),
            (Started::Unknown(_), _) => Err(AgentTrouble::Timeout),
        }
    }

    /// Waits a little for a session that may be about to appear.
    async fn appears(&self, session: &str) -> Result<bool, AgentTrouble> {
        for _ in 0..LOOKS {
            self.clock.sleep(BETWEEN_LOOKS).await;
            if self.session(session).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn sighting(&self, handle: &RunHandle) -> Result<Sighting, AgentTrouble> {
        let Some(name) = RunName::read(handle) else { return Ok(unknown_handle()) };
        let Some((id, scope)) = &name.run else { return self.by_messages(&name, handle).await };
        let Some(run) = self.gateway.look::<WireRun>(GatewayAsk::get(&["v1", "runs", id])).await?
        else {
            return self.forgotten(&name, id, scope, handle).await;
        };
        if !sight::is_it(&run, id, &name.session) {
            let words = "its gateway tells of another run in its place";
            return Ok(Sighting::Unclear(words.to_owned()));
        }
        match RunPhase::of(&run) {
            RunPhase::Over(over) => {
                self.listener.forget(id);
                // Only the session knows what it cost; without that its end counts all the same.
                let session = self.session(&name.session).await.unwrap_or_default();
                Ok(sight::over(&run, over, session.as_ref(), &self.redactor))
            }
            RunPhase::Unknown => {
                let words = format!("its gateway calls its state {:?}", brief(&run.status));
                Ok(Sighting::Unclear(words))
            }
            phase => {
                if phase == RunPhase::Asking {
                    self.was_seen_asking(handle);
                }
                Ok(sight::going_on(&run, &self.listener.heard(id), &self.redactor))
            }
        }
    }

    /// The gateway does not know the run: it has restarted or forgotten, or its key is another one.
    async fn forgotten(
        &self,
        name: &RunName,
        id: &str,
        scope: &KeyScope,
        handle: &RunHandle,
    ) -> Result<Sighting, AgentTrouble> {
        self.listener.forget(id);
        if !self.is_present(scope, &name.session) {
            return self.by_messages(name, handle).await;
        }
        Ok(match self.end_in_session(name).await? {
            Some(ended) => ended,
            None => Sighting::Lost,
        })
    }

    /// What the session tells of an attempt whose run cannot be asked.
    async fn by_messages(
        &self,
        name: &RunName,
        handle: &RunHandle,
    ) -> Result<Sighting, AgentTrouble> {
        if let Some(ended) = self.end_in_session(name).await? {
            return Ok(ended);
        }
        let (_, features) = self.look().await?;
        // What a process began, the next one does not go on with.
        if handle.process.is_some() && handle.process != features.process {
            return Ok(Sighting::Lost);
        }
        Ok(match self.session(&name.session).await? {
            Some(session) => Sighting::Working {
                doing: None,
                sign: format!("{} messages", session.message_count),
            },
            None => Sighting::Lost,
        })
    }

    async fn end_in_session(&self, name: &RunName) -> Result<Option<Sighting>, AgentTrouble> {
        let Some(messages) = self.messages(&name.session).await? else { return Ok(None) };
        let session = self.session(&name.session).await?;
        let ending = sight::end_in_session(&messages.data, session.as_ref(), &self.redactor);
        Ok(ending.map(Sighting::Ended))
    }

    fn was_seen_asking(&self, handle: &RunHandle) {
        if let Some(process) = &handle.process {
            let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            asking.insert(process.clone());
        }
    }

    /// Whether this process was seen to ask.
    fn asking(&self, process: Option<&String>) -> Asking {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        match process.is_some_and(|process| asking.contains(process)) {
            true => Asking::Seen,
            false => Asking::NotSeen,
        }
    }

    async fn ask_to_stop(&self, id: &str) -> Result<(), AgentTrouble> {
        match self
            .gateway
            .send(GatewayAsk::post(&["v1", "runs", id, "stop"], "{}".to_owned()))
            .await
        {
            // It is over already: that is seen when it is looked at.
            Ok(_) | Err(Failed::Refused { status: 404 | 409, code: Some(_), .. }) => Ok(()),
            Err(failed) => Err(failed.trouble()),
        }
    }

    async fn tell(&self, handle: &RunHandle, text: &str) -> Result<SteerOutcome, AgentTrouble> {
        let id = run_id(handle)?;
        if !self.features().await?.steer {
            return Err(AgentTrouble::Unsupported);
        }
        let body = json!({ "input": text }).to_string();
        match self.gateway.send(GatewayAsk::post(&["v1", "runs", &id, "steer"], body)).await {
            Ok(_) => Ok(SteerOutcome::Taken),
            Err(Failed::Refused { status: 409, .. }) => Ok(SteerOutcome::NotNow),
            Err(failed) => Err(failed.trouble()),
        }
    }

    /// Says `choice` to what the run waits for. `only`: if that is this.
    async fn choose(
        &self,
        handle: &RunHandle,
        choice: &str,
        only: Option<&str>,
    ) -> Result<Allowance, AgentTrouble> {
        let id = run_id(handle)?;
        let run: WireRun = self.gateway.read(GatewayAsk::get(&["v1", "runs", &id])).await?;
        if run.status != sight::WAITING {
            return Ok(Allowance::NotAwaited);
        }
        let heard = self.listener.heard(&id);
        let asks = || match sight::going_on(&run, &heard, &self.redactor) {
            Sighting::Asks { question, .. } => question,
            _ => None,
        };
        if only.is_some_and(|only| asks().as_deref() != Some(only)) {
            return Ok(Allowance::NotAwaited);
        }
        let mut answer = json!({ "choice": choice });
        if let Some(request) = run.approval.and_then(|approval| approval.request_id) {
            answer["request_id"] = json!(request);
        }
        let ask = GatewayAsk::post(&["v1", "runs", &id, "approval"], answer.to_string());
        Ok(match self.gateway.send(ask).await {
            Ok(_) => Allowance::Taken,
            Err(Failed::Refused { status: 409, .. }) => Allowance::NotAwaited,
            Err(failed) => Allowance::Unclear(failed.trouble()),
        })
    }
}

/// The run behind a handle, where it is known.
fn run_id(handle: &RunHandle) -> Result<String, AgentTrouble> {
    let name = RunName::read(handle).ok_or(AgentTrouble::NotFound)?;
    name.run.map(|(id, _)| id).ok_or(AgentTrouble::Unsupported)
}

fn unknown_handle() -> Sighting {
    Sighting::Unclear("what was stored of it cannot be read".to_owned())
}

impl Agent for HermesAgent {
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async {
            let (health, features) = self.look().await?;
            let model = health.readiness.checks.model.and_then(|check| check.status);
            if model.is_some_and(|status| status != "ok") {
                return Err(AgentTrouble::ModelGone("none is set up".to_owned()));
            }
            let state = health.gateway_state.filter(|state| state != "running");
            let asking = self.asking(features.process.as_ref());
            Ok(AgentHealth {
                refuses: state.map(|state| format!("its gateway is {}", brief(&state))),
                model: None,
                version: health.version.map(|version| brief(&version)),
                process: features.process,
                capabilities: Capabilities { keyed: features.keyed, steer: features.steer, asking },
            })
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        StartOrder::of(task, &self.gateway.key()).store(&task.key)
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(async {
            // What goes wrong before anything is sent has surely started nothing.
            Ok(self.begin(request).await.unwrap_or_else(Started::Refused))
        })
    }

    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(self.look_for(request))
    }

    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting> {
        Box::pin(self.sighting(run))
    }

    fn steer<'a>(&'a self, run: &'a RunHandle, text: &'a str) -> AgentCall<'a, SteerOutcome> {
        Box::pin(self.tell(run, text))
    }

    fn deny<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async {
            match self.choose(run, "deny", None).await? {
                Allowance::Taken | Allowance::NotAwaited => Ok(()),
                Allowance::Unclear(trouble) => Err(trouble),
            }
        })
    }

    fn allow<'a>(&'a self, run: &'a RunHandle, question: &'a str) -> AgentCall<'a, Allowance> {
        // Once, and never for a session or for good: more was not asked of anybody.
        Box::pin(self.choose(run, "once", Some(question)))
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async { self.ask_to_stop(&run_id(run)?).await })
    }

    fn usage<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Usage> {
        Box::pin(async {
            let name = RunName::read(run).ok_or(AgentTrouble::NotFound)?;
            Ok(end::usage(None, self.session(&name.session).await?.as_ref()))
        })
    }

    fn transcript<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Transcript> {
        Box::pin(async {
            let name = RunName::read(run).ok_or(AgentTrouble::NotFound)?;
            let messages = self.messages(&name.session).await?.ok_or(AgentTrouble::NotFound)?;
            Ok(transcript(&messages.data, &self.redactor))
        })
    }
}
