//! What an agent does in a run, and what it sees of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::json as wire;
use super::record::{Permission, RunEnd};
use super::shared::GatewayShared;

/// What an agent does until its run ends.
pub type Working = Pin<Box<dyn Future<Output = RunEnd> + Send>>;

/// The agent behind a gateway. Any function from a run to what is done in it is one.
pub trait ScriptedAgent: Send + Sync + 'static {
    fn work(&self, run: AgentRun) -> Working;
}

impl<F, W> ScriptedAgent for F
where
    F: Fn(AgentRun) -> W + Send + Sync + 'static,
    W: Future<Output = RunEnd> + Send + 'static,
{
    fn work(&self, run: AgentRun) -> Working {
        Box::pin(self(run))
    }
}

/// What is shared, and the agent behind it.
pub(super) struct Scripted {
    pub(super) shared: Arc<GatewayShared>,
    pub(super) agent: Box<dyn ScriptedAgent>,
}

/// A run, as its agent sees it.
pub struct AgentRun {
    shared: Arc<GatewayShared>,
    id: String,
    session: String,
    input: String,
}

impl AgentRun {
    pub(super) fn new(
        shared: Arc<GatewayShared>,
        id: String,
        session: String,
        input: String,
    ) -> Self {
        Self { shared, id, session, input }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn session(&self) -> &str {
        &self.session
    }

    /// What it was told to do.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Says something while it works.
    pub fn say(&self, text: &str) {
        self.shared.change(|state| {
            state.emit(&self.id, "message.delta", json!({ "delta": text }));
            state.remember(&self.session, "assistant", text);
        });
    }

    /// Begins a call of its terminal.
    pub fn begin_tool(&self, command: &str) {
        self.shared.change(|state| {
            let event = json!({ "tool": "terminal", "preview": command });
            state.emit(&self.id, "tool.started", event);
            state.remember_call(&self.session, command);
        });
    }

    /// Ends the call that was begun last. Gives what it was told meanwhile.
    pub fn end_tool(&self, output: &str, failed: bool) -> Vec<String> {
        self.shared.change(|state| {
            let mut event = json!({ "tool": "terminal", "duration": 0.1, "error": failed });
            if state.is_keyed() {
                event["preview"] = json!(output);
            }
            state.emit(&self.id, "tool.completed", event);
            state.remember(&self.session, "tool", output);
            let heard = state.hear(&self.id);
            for text in &heard {
                state.remember(&self.session, "user", text);
            }
            heard
        })
    }

    /// Asks before it does something dangerous, and waits for the answer.
    pub async fn ask(&self, command: &str, description: &str) -> Permission {
        let (sender, answer) = oneshot::channel();
        self.shared.change(|state| state.ask(&self.id, command, description, sender));
        // Who holds the question is gone only with the whole gateway.
        answer.await.unwrap_or(Permission::Expired)
    }

    /// Uses so many tokens.
    pub fn spend(&self, input: u64, output: u64) {
        self.shared.change(|state| state.spend(&self.id, input, output));
    }

    /// From now on it goes on although it is told to stop.
    pub fn ignore_stop(&self) {
        self.shared.change(|state| state.ignore_stop(&self.id));
    }
}

/// Starts what an agent does in a run; it ends with the process, or when it is told to stop.
pub(super) fn begin(
    scripted: &Arc<Scripted>,
    life: CancellationToken,
    stop: CancellationToken,
    run: AgentRun,
) {
    let (scripted, id) = (scripted.clone(), run.id().to_owned());
    tokio::spawn(life.run_until_cancelled_owned(async move {
        let Scripted { shared, agent } = &*scripted;
        let end = until_stopped(agent.work(run), shared, &stop, &id).await;
        shared.change(|state| {
            if let Some(event) = state.settle(&id, end) {
                let told = wire::end(state, &id);
                state.emit(&id, event, told);
            }
        });
    }));
}

/// How the work ends; none if it was stopped.
async fn until_stopped(
    work: impl Future<Output = RunEnd>,
    shared: &GatewayShared,
    stop: &CancellationToken,
    id: &str,
) -> Option<RunEnd> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        end = &mut work => return Some(end),
        () = stop.cancelled() => {}
    }
    if shared.state().ignores_stop(id) {
        work.await;
    }
    None
}
