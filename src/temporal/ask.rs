//! What an agent on another host is asked, and what comes back: the calls of [`Agent`] as messages
//! between timmy and a worker. Both are of one version: another one is refused before anything is read.

use serde::{Deserialize, Serialize};
use url::Url;

use super::guard_ask::{GuardAsk, GuardsSaid};
use super::switching::ForWorkers;
use crate::agents::{
    Agent, AgentHealth, AgentTask, AgentTrouble, Allowance, AttemptPlace, RunHandle, Sighting,
    Started, SteerOutcome, Transcript,
};
use crate::core::jobs::money::Usage;
use crate::core::jobs::{Commit, JobBranch, Purpose};
use crate::core::model::ids::RepoName;

/// What timmy and a worker have to have in common: what they say to each other may change with each
/// commit. Builds that do not know theirs (for development, without git) have the number.
pub(super) const VERSION: &str =
    concat!("timmy ", env!("CARGO_PKG_VERSION"), " commit ", env!("TIMMY_COMMIT"), " worker 2");

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    Health,
    Start(Box<RemoteTask>),
    Find(Box<RemoteTask>),
    Follow(RunHandle),
    Steer(RunHandle, String),
    Deny(RunHandle),
    Allow(RunHandle, String),
    Stop(RunHandle),
    Usage(RunHandle),
    Transcript(RunHandle),
    /// Of whoever runs guards.
    Guards(GuardAsk),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Health(AgentHealth),
    Started(Started),
    Found(Option<RunHandle>),
    Sighting(Sighting),
    Steered(SteerOutcome),
    Allowed(Allowance),
    Done,
    Usage(Usage),
    Transcript(Transcript),
    Guards(GuardsSaid),
    Trouble(AgentTrouble),
}

/// What an attempt has to do: its host makes the request of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RemoteTask {
    #[serde(flatten)]
    mark: ForWorkers,
    pub(super) key: String,
    purpose: Purpose,
    repository: RepoName,
    clone_url: String,
    base_branch: String,
    base: Commit,
    branch: JobBranch,
    pull: Option<i64>,
    prompt: String,
}

impl RemoteTask {
    pub(super) fn of(task: &AgentTask) -> Self {
        Self {
            mark: ForWorkers::default(),
            key: task.key.clone(),
            purpose: task.purpose,
            repository: task.repository.clone(),
            clone_url: task.clone_url.to_string(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch.clone(),
            pull: task.pull,
            prompt: task.prompt.clone(),
        }
    }

    /// Where its attempt works.
    pub(super) fn place(&self) -> Result<AttemptPlace, AgentTrouble> {
        Ok(AttemptPlace::of(&self.clone().task()?))
    }

    fn task(self) -> Result<AgentTask, AgentTrouble> {
        let clone_url = Url::parse(&self.clone_url).map_err(|_| {
            AgentTrouble::BadRequest("there is nowhere to clone it from".to_owned())
        })?;
        Ok(AgentTask {
            key: self.key,
            purpose: self.purpose,
            repository: self.repository,
            clone_url,
            base_branch: self.base_branch,
            base: self.base,
            branch: self.branch,
            pull: self.pull,
            prompt: self.prompt,
        })
    }
}

impl Ask {
    /// Has `agent` do it.
    pub(super) async fn put_to(self, agent: &dyn Agent) -> Answer {
        self.tried(agent).await.unwrap_or_else(Answer::Trouble)
    }

    async fn tried(self, agent: &dyn Agent) -> Result<Answer, AgentTrouble> {
        Ok(match self {
            Self::Health => Answer::Health(agent.health().await?),
            Self::Start(task) => {
                let request = agent.prepare(&task.task()?);
                Answer::Started(agent.start(&request).await?)
            }
            Self::Find(task) => {
                let request = agent.prepare(&task.task()?);
                Answer::Found(agent.find(&request).await?)
            }
            Self::Follow(run) => Answer::Sighting(agent.follow(&run).await?),
            Self::Steer(run, text) => Answer::Steered(agent.steer(&run, &text).await?),
            Self::Deny(run) => {
                agent.deny(&run).await?;
                Answer::Done
            }
            Self::Allow(run, question) => Answer::Allowed(agent.allow(&run, &question).await?),
            Self::Stop(run) => {
                agent.stop(&run).await?;
                Answer::Done
            }
            Self::Usage(run) => Answer::Usage(agent.usage(&run).await?),
            Self::Transcript(run) => Answer::Transcript(agent.transcript(&run).await?),
            Self::Guards(_) => return Err(AgentTrouble::Unsupported),
        })
    }
}

/// What a worker says at each turn: what came of what it was asked before, by number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Turn {
    /// What the worker is called: the same after a restart on its host, and unlike any other.
    pub(super) worker: String,
    pub(super) answers: Vec<(u64, Answer)>,
    /// Its agent thinks: it only shows that it is there, and takes nothing.
    pub(super) is_busy: bool,
}

/// What it is asked next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) asks: Vec<(u64, Ask)>,
    /// Nothing more is asked of it in this session.
    pub(super) is_over: bool,
}
