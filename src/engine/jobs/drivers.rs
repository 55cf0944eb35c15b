//! What drives jobs from outside: agents, and whoever writes and reads on the forge for them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::agents::{Agent, AgentTask};
use crate::core::jobs::{AgentClaim, Branch, Job, NeverRan, ResultJudgement};
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::gitea;
use crate::store::jobs::StoredAttempt;

/// What a question to the forge gives in the end.
pub type ForgeCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, gitea::Error>> + Send + 'a>>;

/// What jobs need of the forge.
pub trait JobForge: Send + Sync {
    /// What the agent is asked to do; or why it cannot be asked now.
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, NeverRan>>;

    /// What an agent says in its last words that it did.
    fn claim(&self, text: &str) -> AgentClaim;

    /// What the forge shows of what a job brought; none if that cannot be told yet.
    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<ResultJudgement>>;
}

/// An attempt that is about to begin.
#[derive(Debug, Clone)]
pub struct JobOrder {
    pub job: Job,
    pub repo: Repo,
    /// The issue as it is now.
    pub issue: Issue,
    pub agent: String,
    /// How the attempt is called outside.
    pub key: String,
    pub branch: Branch,
    /// What people said for its agents and none has heard yet.
    pub texts: Vec<String>,
    /// The attempts before it, in order.
    pub earlier: Vec<StoredAttempt>,
}

/// What an attempt may have brought.
#[derive(Debug, Clone)]
pub struct JobResult {
    pub job: Job,
    pub repo: Repo,
    /// All attempts of the job, in order: the last one is that of the result.
    pub attempts: Vec<StoredAttempt>,
}

/// Who does the work, and who sees what came of it. Without them jobs wait.
#[derive(Clone, Default)]
pub struct JobDrivers {
    /// By name.
    pub agents: BTreeMap<String, Arc<dyn Agent>>,
    pub forge: Option<Arc<dyn JobForge>>,
}
