//! A forge with a repository, and an agent of kind `acp`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use timmy::agents::{Agent, AgentTask, RunHandle, Sighting, Speaker, Started, fleet};
use timmy::chance::Chance;
use timmy::clock::Clock;
use timmy::core::jobs::{Commit, Purpose};
use timmy::gitea::Gitea;
use timmy::sandbox::{Sandbox, Scopes};

use crate::confinement::stage::open_folder;
use crate::support::clock::noon;
use crate::support::config::Config;
use crate::support::forge::{DOOR, client, forge, furnish};
use crate::support::process::a_moment;

pub const BRANCH: &str = "timmy/41-j42";

/// The result line of an agent that mended the hinge.
pub const MENDED: &str =
    r#"timmy-result: {"outcome":"pull_request","summary":"It is silent now."}"#;

pub struct Stage {
    pub sandbox: Sandbox,
    pub base: Commit,
    /// Where timmy lies.
    pub folder: TempDir,
    /// The forge as the agent's account sees it.
    ezra: Gitea,
    token: String,
    clock: Arc<dyn Clock>,
    /// What is written about the agent.
    pub its: Vec<(&'static str, Value)>,
}

impl Stage {
    /// The door, as anna made it, and an agent that does what its prompt says.
    pub async fn new(clock: Arc<dyn Clock>) -> Self {
        let sandbox = forge(&noon()).await;
        furnish(&sandbox, "timmy");
        let files = [("README.md", "# Door\n"), ("src/hinge.rs", "fn squeak() {}\n")];
        let base = sandbox.commit("anna", DOOR, "main", &files, "Make a door").unwrap();
        let token = sandbox.add_token("ezra", Scopes::all()).unwrap();
        let ezra = client(&sandbox, &token);
        let (base, folder) = (base.parse().unwrap(), open_folder());
        let stage = Self { sandbox, base, folder, ezra, token, clock, its: Vec::new() };
        std::fs::create_dir(stage.path("home")).unwrap();
        std::fs::write(stage.path("home/agent.py"), include_str!("agent.py")).unwrap();
        stage.with("home", "home").commanded("")
    }

    /// Which is like that.
    pub fn commanded(self, how: &str) -> Self {
        self.with("command", ["/usr/bin/python3", "/timmy/home/agent.py", how])
    }

    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.its.retain(|(known, _)| *known != key);
        self.its.push((key, value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn agent(&self) -> Arc<dyn Agent> {
        std::fs::write(self.path("ezra.token"), &self.token).unwrap();
        let mut config = Config::of(self.sandbox.url())
            .agent("ezra", ["coder"])
            .its("kind", "acp")
            .its("token_file", "ezra.token");
        for (key, value) in &self.its {
            config = config.its(key, value.clone());
        }
        let config = config.load(self.folder.path(), "unused-here");
        let made = fleet(&config, &self.ezra, &self.clock, &Chance::seeded(1));
        made.unwrap_or_else(|(_, trouble)| panic!("{trouble}")).remove("ezra").unwrap()
    }

    /// The attempt with this number.
    pub fn task(&self, attempt: u32, prompt: &str) -> AgentTask {
        AgentTask {
            key: format!("ledger/j42/{attempt}"),
            purpose: Purpose::Code,
            repository: DOOR.parse().unwrap(),
            clone_url: self.sandbox.clone_url(DOOR).parse().unwrap(),
            base_branch: "main".to_owned(),
            base: self.base.clone(),
            branch: BRANCH.parse().unwrap(),
            pull: None,
            prompt: prompt.to_owned(),
        }
    }

    /// Starts the attempt with this number.
    pub async fn start(&self, agent: &dyn Agent, attempt: u32, prompt: &str) -> RunHandle {
        match agent.start(&agent.prepare(&self.task(attempt, prompt))).await.unwrap() {
            Started::Accepted(handle) => handle,
            other => panic!("{other:?}"),
        }
    }

    /// How an attempt ends that is told this.
    pub async fn end_of(&self, prompt: &str) -> Sighting {
        let agent = self.agent();
        let handle = self.start(&*agent, 1, prompt).await;
        end(&*agent, &handle).await
    }

    pub fn file(&self, path: &str) -> Option<String> {
        self.sandbox.file(DOOR, BRANCH, path).unwrap()
    }

    /// Whether anything is on the job's branch.
    pub fn has_branch(&self) -> bool {
        self.sandbox.branch_head(DOOR, BRANCH).unwrap().is_some()
    }
}

/// Follows until the attempt does anything else than work.
pub async fn end(agent: &dyn Agent, handle: &RunHandle) -> Sighting {
    loop {
        match agent.follow(handle).await.unwrap() {
            Sighting::Working { .. } => a_moment().await,
            other => return other,
        }
    }
}

/// Waits until the attempt says that it does something with these words in it.
pub async fn does(agent: &dyn Agent, handle: &RunHandle, what: &str) {
    loop {
        match agent.follow(handle).await.unwrap() {
            Sighting::Working { doing: Some(doing), .. } if doing.contains(what) => return,
            Sighting::Working { .. } => a_moment().await,
            other => panic!("{other:?}"),
        }
    }
}

/// The result that an attempt ended with.
#[track_caller]
pub fn result(end: &Sighting) -> Value {
    let Sighting::Ended(ending) = end else { panic!("{end:?}") };
    serde_json::from_str(ending.text.strip_prefix("timmy-result: ").unwrap()).unwrap()
}

/// All that these said in the transcript of an attempt.
pub async fn said(agent: &dyn Agent, handle: &RunHandle, speaker: Speaker) -> Vec<String> {
    let transcript = agent.transcript(handle).await.unwrap();
    let (beginning, end) = transcript.parts();
    let entries = beginning.iter().chain(end).filter(|entry| entry.speaker == speaker);
    entries.map(|entry| entry.text.clone()).collect()
}
