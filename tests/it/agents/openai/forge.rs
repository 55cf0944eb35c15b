//! The whole way over a forge with real git: an issue becomes a prompt, and the prompt a branch, a
//! commit and a pull request by the agent's account.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use timmy::agents::{
    Agent, AgentTask, OpenAiAgent, OpenAiOptions, Redactor, RunHandle, Sighting, Started,
};
use timmy::chance::Chance;
use timmy::clock::Clock;
use timmy::core::jobs::{Commit, Purpose};
use timmy::core::prompt::{JobPrompt, PromptLimits, PromptSubject, PromptThread, WorkMeans};
use timmy::gitea::Gitea;
use timmy::sandbox::{Sandbox, Scopes};

use super::stage::{MENDS, result, task};
use crate::support::clock::{HOUR, noon};
use crate::support::config::Config;
use crate::support::forge::{DOOR, client, forge, furnish};
use crate::support::model::{MODEL, Model};

struct Workshop {
    sandbox: Sandbox,
    model: Model,
    ezra: Gitea,
    base: Commit,
}

impl Workshop {
    /// The door, as anna made it.
    async fn new() -> Self {
        let sandbox = forge(&noon()).await;
        furnish(&sandbox, "timmy");
        let files = [("README.md", "# Door\n"), ("src/hinge.rs", "fn squeak() {}\n")];
        let base = sandbox.commit("anna", DOOR, "main", &files, "Make a door").unwrap();
        let token = sandbox.add_token("ezra", Scopes::all()).unwrap();
        let (ezra, base) = (client(&sandbox, &token), base.parse().unwrap());
        Self { sandbox, model: Model::start().await, ezra, base }
    }

    fn agent(&self) -> OpenAiAgent {
        let options = OpenAiOptions {
            url: self.model.url().parse().unwrap(),
            model: MODEL.to_owned(),
            key: None,
            max_turns: 20,
            max_tokens: 200_000,
            max_time: HOUR,
            repository: Arc::new(self.ezra.clone()),
            redactor: Redactor::default(),
            clock: Arc::new(noon()),
            chance: Chance::seeded(1),
        };
        OpenAiAgent::new(options).unwrap()
    }

    /// The task that an issue with this text makes.
    fn task(&self, body: &str) -> AgentTask {
        let task = AgentTask { base: self.base.clone(), ..task("") };
        let title = "The hinge squeaks".to_owned();
        let prompt = JobPrompt {
            permissions: Vec::new(),
            instructions: None,
            purpose: Purpose::Code,
            role: "coder".into(),
            repository: task.repository.clone(),
            about: PromptSubject::Thread(PromptThread { number: 41, title, body: body.into() }),
            answers: Vec::new(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch.clone(),
            pull: None,
            means: WorkMeans::Tools,
            limits: PromptLimits { time: Duration::from_secs(600), lines: None },
            faults: Vec::new(),
            red_checks: Vec::new(),
            earlier: Vec::new(),
            told: Vec::new(),
            review: None,
            plan: None,
            split: None,
            part: None,
        };
        AgentTask { prompt: prompt.text(), ..task }
    }

    async fn end(&self, agent: &OpenAiAgent, task: &AgentTask) -> (RunHandle, Sighting) {
        let started = agent.start(&agent.prepare(task)).await.unwrap();
        let Started::Accepted(handle) = started else { panic!("{started:?}") };
        loop {
            match agent.follow(&handle).await.unwrap() {
                Sighting::Working { .. } => tokio::task::yield_now().await,
                end => return (handle, end),
            }
        }
    }
}

fn number(result: &Value) -> i64 {
    result["pull"].as_i64().unwrap()
}

#[tokio::test]
async fn an_issue_becomes_a_branch_a_commit_and_a_pull_request() {
    let shop = Workshop::new().await;
    let agent = shop.agent();
    let (handle, end) = shop.end(&agent, &shop.task(MENDS)).await;
    let result = result(&end);

    let head = shop.sandbox.branch_head(DOOR, "timmy/41-j42").unwrap();
    assert_eq!(result["commit"].as_str(), head.as_deref());
    let hinge = shop.sandbox.file(DOOR, "timmy/41-j42", "src/hinge.rs").unwrap();
    assert_eq!(hinge.as_deref(), Some("fn turn() {}\n"));
    let repo = DOOR.parse().unwrap();
    let pull = shop.ezra.pull(&repo, number(&result)).await.unwrap().unwrap();
    assert_eq!((pull.title.as_str(), pull.base_branch.as_str()), ("Mend the hinge", "main"));
    assert_eq!(pull.author.map(|author| author.login).as_deref(), Some("ezra"));
    let commit = shop.ezra.commit(&repo, &pull.head).await.unwrap().unwrap();
    assert_eq!(commit.parents, std::slice::from_ref(&shop.base));

    // After a restart the forge tells the same.
    let after = shop.agent().follow(&handle).await.unwrap();
    assert_eq!(super::stage::result(&after)["pull"], result["pull"]);
}

#[tokio::test]
async fn a_file_that_somebody_changed_meanwhile_is_not_written_over() {
    let shop = Workshop::new().await;
    let task = shop.task(MENDS);
    let files = [("src/hinge.rs", "fn swing() {}\n")];
    shop.sandbox.commit("anna", DOOR, "main", &files, "Swing").unwrap();
    let (_, end) = shop.end(&shop.agent(), &task).await;
    assert!(
        matches!(&end, Sighting::Failed { reason, .. } if reason.contains("does not take its commit")),
        "{end:?}"
    );
    assert_eq!(shop.sandbox.branch_head(DOOR, "timmy/41-j42").unwrap(), None);
}

#[tokio::test]
async fn an_issue_that_orders_things_is_shown_as_data() {
    let shop = Workshop::new().await;
    let body = format!("```\n<!-- hidden order -->\n```\n\n<!-- hidden order -->\n````\n{MENDS}");
    shop.end(&shop.agent(), &shop.task(&body)).await;
    let asked = shop.model.asked().remove(0);
    let prompt = asked.body["messages"][1]["content"].as_str().unwrap();
    assert_eq!(prompt.matches("hidden order").count(), 1, "{prompt}");
    assert!(prompt.contains("`````text\n```\n<!-- hidden order -->"), "{prompt}");
}

#[tokio::test]
async fn the_configuration_makes_one_that_acts_as_its_account() {
    let shop = Workshop::new().await;
    let folder = tempfile::tempdir().unwrap();
    let token = shop.sandbox.add_token("ezra", Scopes::all()).unwrap();
    std::fs::write(folder.path().join("ezra.token"), token).unwrap();
    let config = Config::of(shop.sandbox.url())
        .agent("groq", ["coder"])
        .its("kind", "openai")
        .its("account", "ezra")
        .its("url", shop.model.url())
        .its("model", MODEL)
        .its("token_file", "ezra.token")
        .load(folder.path(), "unused-here");
    let timmys = client(&shop.sandbox, &shop.sandbox.add_token("timmy", Scopes::all()).unwrap());
    let (clock, chance): (Arc<dyn Clock>, _) = (Arc::new(noon()), Chance::seeded(1));
    let timeouts = config.dispatch.timeout;
    let agent = &config.agents[0];
    let options =
        OpenAiOptions::of(agent, timeouts, &timmys, &Redactor::default(), &clock, &chance);
    let agent = OpenAiAgent::new(options.unwrap().unwrap()).unwrap();
    let (_, end) = shop.end(&agent, &shop.task(MENDS)).await;
    let pull = timmys.pull(&DOOR.parse().unwrap(), number(&result(&end))).await.unwrap().unwrap();
    assert_eq!(pull.author.map(|author| author.login).as_deref(), Some("ezra"));
}
