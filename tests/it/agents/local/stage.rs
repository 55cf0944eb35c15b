//! A forge with a repository, and an agent of kind `command` that does what a script of the shell says.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use timmy::agents::{
    Agent, AgentTask, LocalAgent, LocalOptions, Redactor, RunHandle, Sighting, Speaker, Started,
    Through, command_agent,
};
use timmy::clock::{Clock, ManualClock};
use timmy::core::jobs::{Commit, Purpose};
use timmy::gitea::Gitea;
use timmy::sandbox::{Sandbox, Scopes};

use crate::confinement::stage::open_folder;
use crate::support::clock::noon;
use crate::support::config::Config;
use crate::support::forge::{DOOR, client, forge, furnish};
use crate::support::process::{BINARY, a_moment};

pub const BRANCH: &str = "timmy/41-j42";

/// How a script ends that mended the hinge.
pub const MENDED: &str = r#"echo '{"result":{"outcome":"pull_request","title":"Mend the hinge","summary":"It is silent now."}}'"#;

pub struct Stage {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub base: Commit,
    /// The forge as the agent's account sees it.
    pub ezra: Gitea,
    /// Where timmy lies.
    pub folder: TempDir,
    token: String,
    /// What is written about the agent beside its command.
    pub more: Vec<(&'static str, Value)>,
}

impl Stage {
    /// The door, as anna made it.
    pub async fn new() -> Self {
        let clock = noon();
        let sandbox = forge(&clock).await;
        furnish(&sandbox, "timmy");
        let files = [("README.md", "# Door\n"), ("src/hinge.rs", "fn squeak() {}\n")];
        let base = sandbox.commit("anna", DOOR, "main", &files, "Make a door").unwrap();
        let token = sandbox.add_token("ezra", Scopes::all()).unwrap();
        let ezra = client(&sandbox, &token);
        let base = base.parse().unwrap();
        Self { sandbox, clock, base, ezra, folder: open_folder(), token, more: Vec::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn options(&self, script: &str) -> LocalOptions {
        std::fs::write(self.path("ezra.token"), &self.token).unwrap();
        let mut config = Config::of(self.sandbox.url())
            .agent("ezra", ["coder"])
            .its("kind", "command")
            .its("command", ["bash", "-c", script])
            .its("token_file", "ezra.token");
        for (key, value) in &self.more {
            config = config.its(key, value.clone());
        }
        let config = config.load(self.folder.path(), "unused-here");
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let redactor = Redactor::new(["correct horse battery"]);
        let through = Through::Account(&self.ezra);
        let options = LocalOptions::of(&config, &config.agents[0], through, &redactor, &clock);
        let mut options = options.unwrap().unwrap();
        // The program of this test is not timmy itself.
        options.reach = options.reach.map(|reach| reach.forwarded_by(BINARY.into()));
        options
    }

    pub fn agent(&self, script: &str) -> LocalAgent {
        command_agent(self.options(script))
    }

    pub fn task(&self) -> AgentTask {
        AgentTask {
            key: "ledger/j42/7".to_owned(),
            purpose: Purpose::Code,
            repository: DOOR.parse().unwrap(),
            clone_url: self.sandbox.clone_url(DOOR).parse().unwrap(),
            base_branch: "main".to_owned(),
            base: self.base.clone(),
            branch: BRANCH.parse().unwrap(),
            pull: None,
            prompt: "Mend the hinge.".to_owned(),
        }
    }

    /// How an attempt ends whose program is this script.
    pub async fn end_of(&self, script: &str) -> Sighting {
        let agent = self.agent(script);
        let handle = start(&agent, &self.task()).await;
        end(&agent, &handle).await
    }

    /// What is on the job's branch.
    pub fn head(&self) -> Option<String> {
        self.sandbox.branch_head(DOOR, BRANCH).unwrap()
    }

    pub fn file(&self, path: &str) -> Option<String> {
        self.sandbox.file(DOOR, BRANCH, path).unwrap()
    }

    /// The messages of the branch's commits down to the base, the newest first.
    pub async fn messages(&self) -> Vec<String> {
        let mut messages = Vec::new();
        let mut next: Commit = self.head().expect("a branch").parse().unwrap();
        while next != self.base {
            let commit = self.ezra.commit(&DOOR.parse().unwrap(), &next).await.unwrap().unwrap();
            messages.push(commit.message);
            next = commit.parents[0].clone();
        }
        messages
    }

    /// Nothing lies about of what worked here.
    #[track_caller]
    pub fn assert_empty(&self) {
        for folder in ["work", "fetched", "kept"] {
            let left: Vec<_> =
                std::fs::read_dir(self.path("agent-runs/ezra").join(folder)).unwrap().collect();
            assert!(left.is_empty(), "{folder}: {left:?}");
        }
    }
}

pub async fn start(agent: &LocalAgent, task: &AgentTask) -> RunHandle {
    match agent.start(&agent.prepare(task)).await.unwrap() {
        Started::Accepted(handle) => handle,
        other => panic!("{other:?}"),
    }
}

pub async fn end(agent: &LocalAgent, handle: &RunHandle) -> Sighting {
    loop {
        match agent.follow(handle).await.unwrap() {
            Sighting::Working { .. } => a_moment().await,
            end => return end,
        }
    }
}

/// Waits until the attempt says that it does this.
pub async fn does(agent: &LocalAgent, handle: &RunHandle, what: &str) {
    loop {
        match agent.follow(handle).await.unwrap() {
            Sighting::Working { doing: Some(doing), .. } if doing == what => return,
            Sighting::Working { .. } => a_moment().await,
            end => panic!("{end:?}"),
        }
    }
}

/// The result that an attempt ended with.
#[track_caller]
pub fn result(end: &Sighting) -> Value {
    let Sighting::Ended(ending) = end else { panic!("{end:?}") };
    serde_json::from_str(ending.text.strip_prefix("timmy-result: ").unwrap()).unwrap()
}

/// Why an attempt failed.
#[track_caller]
pub fn reason(end: Sighting) -> String {
    let Sighting::Failed { reason, .. } = end else { panic!("{end:?}") };
    reason
}

/// All that these said in the transcript of an attempt.
pub async fn said(agent: &LocalAgent, handle: &RunHandle, speaker: Speaker) -> Vec<String> {
    let transcript = agent.transcript(handle).await.unwrap();
    let (beginning, end) = transcript.parts();
    let entries = beginning.iter().chain(end).filter(|entry| entry.speaker == speaker);
    entries.map(|entry| entry.text.clone()).collect()
}
