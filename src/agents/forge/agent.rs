//! The agent as the engine knows it. All that is known of an attempt stands on the forge: the comment
//! that gave the order, marked with the attempt's key, and whether its account is assigned.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::order::{ForgeOrder, stood};
use super::place::AgentForge;
use super::sight::{Deed, SETTLES, look};
use crate::agents::agent::{
    Agent, AgentCall, AgentEnding, AgentHealth, Allowance, Asking, Capabilities, RunHandle,
    Sighting, Started, SteerOutcome,
};
use crate::agents::task::{AgentTask, StoredRequest};
use crate::agents::transcript::Transcript;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::core::effect::marker::key_of;
use crate::core::jobs::Commit;
use crate::core::jobs::money::Usage;
use crate::core::model::account::Account;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, WriteOutcome};

/// How often an order is given at most, and how long one may still land of which nobody knows.
const TRIES: u32 = 3;
const SETTLE: Duration = Duration::from_secs(15);

/// Of so many attempts it is remembered what was seen last.
const REMEMBERED: usize = 100;

pub struct ForgeAgentOptions {
    /// The login of its account.
    pub account: String,
    pub forge: Arc<dyn AgentForge>,
    pub clock: Arc<dyn Clock>,
}

/// An agent that is called, and otherwise left alone.
pub struct ForgeAgent {
    account: String,
    forge: Arc<dyn AgentForge>,
    clock: Arc<dyn Clock>,
    /// What was seen last of each attempt, by key, and since when.
    seen: Mutex<HashMap<String, (String, Timestamp)>>,
}

/// Where an attempt was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CalledAttempt {
    order: ForgeOrder,
    thread: i64,
    agent: Account,
    /// When, by the forge's clock.
    at: Timestamp,
    /// The head of its branch then.
    stood: Option<Commit>,
}

impl ForgeAgent {
    pub fn new(options: ForgeAgentOptions) -> Self {
        let ForgeAgentOptions { account, forge, clock } = options;
        Self { account, forge, clock, seen: Mutex::default() }
    }

    async fn agent(&self) -> Result<Account, AgentTrouble> {
        let account = self.forge.account(&self.account).await.map_err(trouble)?;
        account.ok_or_else(|| AgentTrouble::Down(format!("there is no account {}", self.account)))
    }

    /// The order of this key, if it was given.
    async fn called(
        &self,
        key: &str,
        order: &ForgeOrder,
        agent: &Account,
    ) -> Result<Option<CalledAttempt>, Error> {
        let Some(thread) = order.thread() else { return Ok(None) };
        let own = self.forge.own().await?;
        let since = Timestamp::default();
        let said = self.forge.comments_by(&order.repository, thread, (&own, since)).await?;
        let given = said.into_iter().find(|comment| key_of(&comment.body) == Some(key));
        Ok(given.map(|comment| CalledAttempt {
            order: order.clone(),
            thread,
            agent: agent.clone(),
            at: comment.created_at,
            stood: stood(&comment.body),
        }))
    }

    async fn begin(&self, request: &StoredRequest) -> Result<Started, AgentTrouble> {
        let order = match read(request) {
            Ok(order) => order,
            Err(trouble) => return Ok(Started::Refused(trouble)),
        };
        let Some(thread) = order.thread() else {
            let words = "nothing says in which thread it is to be called".to_owned();
            return Ok(Started::Refused(AgentTrouble::BadRequest(words)));
        };
        let agent = match self.agent().await {
            Ok(agent) => agent,
            Err(trouble) => return Ok(Started::Refused(trouble)),
        };
        let head = match order.is_code() {
            true => self.forge.branch(&order.repository, &order.branch.to_string()).await,
            false => Ok(None),
        };
        let body = match head {
            Ok(head) => order.comment(&request.key, head.as_ref().map(|branch| &branch.head)),
            Err(error) => return Ok(Started::Refused(trouble(error))),
        };
        let assigns = self.forge.set_assigned(&order.repository, thread, (&agent.login, true));
        if let Err(error) = assigns.await {
            // Whoever is assigned without an order has none: that may be repeated.
            return Ok(Started::Refused(trouble(error)));
        }
        let called = self.call(&request.key, &order, (thread, &agent), &body).await;
        if matches!(called, Started::Refused(_)) {
            // Nobody shall take an issue for its own that another one may get.
            let frees = self.forge.set_assigned(&order.repository, thread, (&agent.login, false));
            if let Err(error) = frees.await {
                tracing::warn!(agent = %agent.login, thread, %error, "assigned, and not called");
            }
        }
        Ok(called)
    }

    /// Writes the order, which is looked for before it is written again.
    async fn call(
        &self,
        key: &str,
        order: &ForgeOrder,
        (thread, agent): (i64, &Account),
        body: &str,
    ) -> Started {
        let mut outcome = "its order was written, and is not there".to_owned();
        for _ in 0..TRIES {
            match self.called(key, order, agent).await {
                Ok(Some(called)) => return Started::Accepted(handle(key, &called)),
                Ok(None) => {}
                Err(error) => return Started::Unknown(error.to_string()),
            }
            match self.forge.post_comment(&order.repository, thread, body).await {
                Ok(_) => {}
                Err(error) if error.fate() == WriteOutcome::NotDone => {
                    return Started::Refused(trouble(error));
                }
                Err(error) => {
                    outcome = error.to_string();
                    self.clock.sleep(SETTLE).await;
                }
            }
        }
        match self.called(key, order, agent).await {
            Ok(Some(called)) => Started::Accepted(handle(key, &called)),
            Ok(None) => Started::Unknown(outcome),
            Err(error) => Started::Unknown(error.to_string()),
        }
    }

    async fn sighting(&self, run: &RunHandle) -> Result<Sighting, AgentTrouble> {
        let called = run.session.as_deref().and_then(|place| serde_json::from_str(place).ok());
        let Some(called): Option<CalledAttempt> = called else {
            return Ok(Sighting::Unclear("what is kept of it cannot be read".to_owned()));
        };
        let CalledAttempt { order, thread, agent, at, stood } = &called;
        let issue = match self.forge.issue(&order.repository, *thread).await {
            Err(Error::NotFound { .. }) => return Ok(Sighting::Lost),
            issue => issue.map_err(trouble)?,
        };
        let is_assigned = issue.assignees.iter().any(|account| account.id == agent.id);
        let order_at = (order, stood.as_ref());
        let deed = look(&*self.forge, order_at, (*thread, *at), agent).await.map_err(trouble)?;
        Ok(match deed {
            Deed::Said { words } => ended(words),
            Deed::Brought { words, sign } if self.is_settled(&run.run, &sign) => ended(words),
            _ if !is_assigned => Sighting::Stopped(Usage::NONE),
            Deed::Brought { sign, .. } => Sighting::Working { doing: None, sign },
            Deed::Begun { doing, sign } => Sighting::Working { doing: Some(doing), sign },
            Deed::Nothing => Sighting::Working { doing: None, sign: String::new() },
        })
    }

    /// Whether nothing new came for a while.
    fn is_settled(&self, key: &str, sign: &str) -> bool {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(key) {
            Some((before, since)) if before == sign => since.is_over(SETTLES, now),
            _ => {
                if seen.len() >= REMEMBERED {
                    seen.clear();
                }
                seen.insert(key.to_owned(), (sign.to_owned(), now));
                false
            }
        }
    }

    async fn take_off(&self, run: &RunHandle) -> Result<(), AgentTrouble> {
        let called = run.session.as_deref().and_then(|place| serde_json::from_str(place).ok());
        let Some(CalledAttempt { order, thread, agent, .. }) = called else { return Ok(()) };
        let off = self.forge.set_assigned(&order.repository, thread, (&agent.login, false));
        off.await.map_err(trouble)
    }
}

impl Agent for ForgeAgent {
    /// Whether it watches nobody can tell: only that it has an account.
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async move {
            self.agent().await?;
            let asking = Asking::NotSeen;
            Ok(AgentHealth {
                refuses: None,
                model: None,
                version: None,
                process: None,
                capabilities: Capabilities { keyed: true, steer: false, asking },
            })
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        let order = ForgeOrder::of(task, &self.account);
        let body = serde_json::to_string(&order).expect("an order is JSON");
        StoredRequest { key: task.key.clone(), body }
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(self.begin(request))
    }

    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(async move {
            let Ok(order) = read(request) else { return Ok(None) };
            let agent = self.agent().await?;
            let called = self.called(&request.key, &order, &agent).await.map_err(trouble)?;
            Ok(called.map(|called| handle(&request.key, &called)))
        })
    }

    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting> {
        Box::pin(self.sighting(run))
    }

    /// Whether it reads what is said to it nobody knows: the next attempt gets it.
    fn steer<'a>(&'a self, _: &'a RunHandle, _: &'a str) -> AgentCall<'a, SteerOutcome> {
        Box::pin(async { Ok(SteerOutcome::NotNow) })
    }

    fn deny<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async { Err(AgentTrouble::Unsupported) })
    }

    fn allow<'a>(&'a self, _: &'a RunHandle, _: &'a str) -> AgentCall<'a, Allowance> {
        Box::pin(async { Err(AgentTrouble::Unsupported) })
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(self.take_off(run))
    }

    fn usage<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, Usage> {
        Box::pin(async { Ok(Usage::NONE) })
    }

    /// All that it says is on the forge.
    fn transcript<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, Transcript> {
        Box::pin(async { Err(AgentTrouble::Unsupported) })
    }
}

fn read(request: &StoredRequest) -> Result<ForgeOrder, AgentTrouble> {
    serde_json::from_str(&request.body).map_err(|error| {
        AgentTrouble::BadRequest(format!("what was stored for it cannot be read ({error})"))
    })
}

fn handle(key: &str, called: &CalledAttempt) -> RunHandle {
    let session = serde_json::to_string(called).ok();
    RunHandle { run: key.to_owned(), session, process: None }
}

fn ended(text: String) -> Sighting {
    Sighting::Ended(AgentEnding { text, usage: Usage::NONE, unheard: None })
}

/// The forge is what fails here, never the agent.
fn trouble(error: Error) -> AgentTrouble {
    match error {
        Error::Timeout => AgentTrouble::Timeout,
        error => AgentTrouble::Down(error.to_string()),
    }
}
