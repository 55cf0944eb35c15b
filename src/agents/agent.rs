//! What every agent can be asked.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use super::task::{AgentTask, StoredRequest};
use super::transcript::Transcript;
use super::trouble::AgentTrouble;
use crate::core::jobs::NeverRan;
pub use crate::core::jobs::RunHandle;
use crate::core::jobs::money::Usage;
use crate::core::model::time::Timestamp;
use crate::tracer::Tracer;

/// What a question to an agent gives in the end.
pub type AgentCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, AgentTrouble>> + Send + 'a>>;

/// One agent of the fleet. Each call is bounded in time and size by whoever implements it: an agent
/// that hangs, or says more than anybody reads, is a trouble and no wait.
pub trait Agent: Send + Sync {
    /// Whether it takes work now, and what it can. Asked before each attempt and now and then in
    /// between; costs nothing and starts nothing.
    fn health(&self) -> AgentCall<'_, AgentHealth>;

    /// The request that starts an attempt, the same for the same task. Sends nothing.
    fn prepare(&self, task: &AgentTask) -> StoredRequest;

    /// Starts an attempt, at most once for its key where the agent can tell.
    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started>;

    /// Whether the attempt of `request` was ever started: after a start of unknown outcome, a
    /// restart of timmy, or of the agent. None: it surely was not.
    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>>;

    /// How an attempt goes.
    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting>;

    /// Tells a running attempt something.
    fn steer<'a>(&'a self, run: &'a RunHandle, text: &'a str) -> AgentCall<'a, SteerOutcome>;

    /// Denies what a waiting attempt asked for.
    fn deny<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()>;

    /// Allows a waiting attempt once what it asks for, if it still asks for this, in the words in
    /// which [`Agent::follow`] told it. An error: nothing was said to it.
    fn allow<'a>(&'a self, run: &'a RunHandle, question: &'a str) -> AgentCall<'a, Allowance>;

    /// Whether an attempt that asks for something can wait for as long as people take. One that
    /// cannot is stopped, and the next one gets the answer.
    fn waits_for_people(&self) -> bool {
        true
    }

    /// Asks an attempt to stop. That it did, only [`Agent::follow`] tells.
    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()>;

    /// Whether its attempts end when timmy does: then a stop waits for them, for a while.
    fn ends_with_timmy(&self) -> bool {
        false
    }

    /// Where it says what it did itself for an attempt, and how long that took.
    fn traced(&self, _tracer: &Tracer) {}

    /// What an attempt used, where that is known apart from its end.
    fn usage<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Usage>;

    /// What an attempt said and did, as far as it can be had: redacted, and bounded.
    fn transcript<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Transcript>;
}

/// What became of a permission that was passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    Taken,
    /// It waits for that no longer, or for something else.
    NotAwaited,
    /// It was said, and nobody knows whether it was heard.
    Unclear(AgentTrouble),
}

/// What is known of an agent that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct AgentHealth {
    /// Whether it takes new work right now; if not, the words to say why.
    pub refuses: Option<String>,
    /// The model that it works with, where it says so.
    pub model: Option<String>,
    /// Its version, where it says so.
    pub version: Option<String>,
    /// The process that answers: another one means that it was restarted.
    pub process: Option<String>,
    pub capabilities: Capabilities,
}

/// What an agent can do beyond working. Found out by asking it, never by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// A request sent twice starts one attempt, also across its restarts.
    pub keyed: bool,
    /// It can be told something while it runs.
    pub steer: bool,
    pub asking: Asking,
}

/// Whether an agent asks before it does what is dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// It was seen to.
    Seen,
    /// Nobody has seen it ask: it may be set to ask nothing.
    #[default]
    NotSeen,
    /// It can do nothing that anybody should be asked about.
    NotNeeded,
}

/// What came of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// It runs, or ran already under this key.
    Accepted(RunHandle),
    /// It surely did not start.
    Refused(AgentTrouble),
    /// Nobody knows: look before it is repeated.
    Unknown(String),
}

/// How an attempt goes, as its agent tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting {
    Working {
        /// What it does, in a few words of its own, one line of plain text.
        doing: Option<String>,
        /// What changes with each sign of life: the same as before means that nothing moved.
        sign: String,
    },
    /// It waits for a permission.
    Asks {
        /// What it wants to do, in its own words; none if it does not tell.
        question: Option<String>,
        /// Since when, or until when, as far as it says.
        until: Option<Timestamp>,
    },
    Ended(AgentEnding),
    /// It ended in failure.
    Failed {
        kind: FailureKind,
        /// In its own words, one line.
        reason: String,
        usage: Usage,
    },
    /// It ended because it was stopped.
    Stopped(Usage),
    /// It is gone, and nobody will learn how it ended.
    Lost,
    /// timmy's own stop or crash ended it.
    CutOff(Usage),
    /// The agent holds something else under this name, or cannot tell.
    Unclear(String),
}

/// An attempt that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct AgentEnding {
    /// Its last words, bounded; the result line stands there.
    pub text: String,
    pub usage: Usage,
    /// A text it was told too late to hear.
    pub unheard: Option<String>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It gave up, ran out of turns, or answered what nobody understands.
    GaveUp,
    /// What it was asked cannot be understood by it: asking again gains nothing.
    BadRequest,
    /// Its quota ran out in mid-work.
    PoolSpent { until: Option<Timestamp> },
    /// What it gave for its answer says that its quota is used up, and nobody else does.
    ClaimsPoolSpent,
    /// Its key was refused in mid-work.
    BadKey,
    /// Its model is gone.
    ModelGone,
    /// What stands behind it failed: no fault of the attempt.
    Upstream,
    /// Nothing of it ran, and nothing was used.
    NeverBegan(NeverRan),
}

/// What became of a text for a running attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SteerOutcome {
    /// The agent took it.
    Taken,
    /// It cannot be told anything now; the next attempt gets it.
    NotNow,
}
