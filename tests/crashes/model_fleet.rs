//! Agents whose every thought is a call of a model that is counted: timmy's own loop, or a real CrewAI
//! for each attempt. A crew of four roles: one plans, one finds out, one codes, one reviews.

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;
use timmy::sandbox::model::Model;
use timmy::sandbox::{Mode, Sandbox};

use crate::support::config::Config;
use crate::support::process::alive;

/// Who has which role. Who plans needs none.
const AGENTS: [(&str, &str); 4] =
    [("hiram", "devops"), ("bezalel", "researcher"), ("ezra", "coder"), ("allegro", "reviewer")];

/// Whose account gives the reviews.
pub const REVIEWER: &str = "allegro";

/// What runs the roles.
#[derive(Debug, Clone)]
pub enum Engine {
    Native,
    /// By this Python.
    CrewAi(PathBuf),
}

pub struct ModelFleet {
    pub model: Model,
    engine: Engine,
    /// The tokens of their accounts.
    tokens: TempDir,
}

impl ModelFleet {
    /// Their accounts may write to `repo`.
    pub async fn start(sandbox: &Sandbox, repo: &str, engine: Engine) -> Self {
        let tokens = tempfile::tempdir().unwrap();
        for (name, _) in AGENTS {
            std::fs::write(tokens.path().join(name), sandbox.add_user(name)).unwrap();
            sandbox.collaborator(repo, name, Mode::Write).unwrap();
        }
        Self { model: Model::start().await.unwrap(), engine, tokens }
    }

    /// Enough room, money and time for all that they get; nobody is asked about a plan.
    pub fn configure(&self, config: Config) -> Config {
        let time = json!({ "start": "1h", "silence": "6h", "total": "12h" });
        let config = config
            .with("dispatch.tick", "1s")
            .with("dispatch.reviews_waiting", 1000)
            .with("dispatch.per_repository", 100)
            .with("dispatch.timeout", time)
            .with("crew.manager", AGENTS[0].0)
            .with("crew.ask_plan", false)
            .with("crew.engine", self.engine.name());
        AGENTS.into_iter().fold(config, |config, (name, role)| {
            let token = self.tokens.path().join(name);
            let config = config
                .agent(name, [role])
                .its("token_file", token.to_str().unwrap())
                .its("capacity", 3)
                .its("price", json!({ "input": 0, "output": 0 }));
            self.drive(config, name)
        })
    }

    /// What is called `name` to its model as well: each has one of its own.
    fn drive(&self, config: Config, name: &str) -> Config {
        let url = self.model.url();
        match &self.engine {
            Engine::Native => config.its("kind", "openai").its("url", url).its("model", name),
            Engine::CrewAi(python) => {
                let installed = python.parent().and_then(Path::parent).unwrap();
                let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/crewai");
                let program = example.join("sidecar.py");
                config
                    .its("kind", "crewai")
                    .its("command", json!([python, program, "--model", name, "--base-url", url]))
                    .its("mounts", json!([installed, example]))
            }
        }
    }

    /// How many processes there are that know its model: sidecars, and what they are confined by.
    pub fn sidecars(&self) -> usize {
        alive(self.model.url())
    }
}

impl Engine {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::CrewAi(_) => "crewai",
        }
    }
}
