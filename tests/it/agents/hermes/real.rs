//! A real Hermes gateway, 0.19.0 from PyPI, with the stand-in for its model behind it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use timmy::agents::{
    Agent, AgentTrouble, Asking, FailureKind, HermesAgent, RunHandle, Sighting, Speaker, Started,
};
use timmy::clock::SystemClock;

use super::stage::{accepted, agent_at, end, task};
use crate::support::model::{MODEL, Model};
use crate::support::peers::hermes;
use crate::support::process::{free_port, until};

const KEY: &str = "gateway-key-0123456789abcdef";

/// A gateway with a home of its own.
struct RealGateway {
    home: tempfile::TempDir,
    program: &'static Path,
    process: Child,
    url: String,
    agent: HermesAgent,
}

impl RealGateway {
    async fn start(program: &'static Path, model: &Model) -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let env = format!(
            "API_SERVER_ENABLED=true\nAPI_SERVER_KEY={KEY}\nAPI_SERVER_HOST=127.0.0.1\n\
             API_SERVER_PORT={port}\n"
        );
        let config = format!(
            "model: {{provider: custom, default: {MODEL}, base_url: \"{}\", api_key: none, \
             context_length: 131072}}\napprovals: {{mode: manual, timeout: 60}}\n\
             terminal: {{cwd: {:?}}}\n",
            model.url(),
            home.path(),
        );
        fs::write(home.path().join(".env"), env).unwrap();
        fs::write(home.path().join("config.yaml"), config).unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let agent = agent_at(&url, KEY, Arc::new(SystemClock));
        let process = spawn(program, home.path());
        let mut gateway = Self { home, program, process, url, agent };
        gateway.ready().await;
        gateway
    }

    async fn ready(&mut self) {
        let Self { process, agent, .. } = self;
        until("the gateway answers", async || {
            assert!(process.try_wait().unwrap().is_none(), "it ended at its start");
            agent.health().await.is_ok()
        })
        .await;
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.process = spawn(self.program, self.home.path());
        self.ready().await;
    }

    async fn started(&self, key: &str, prompt: &str) -> RunHandle {
        accepted(self.agent.start(&self.agent.prepare(&task(key, prompt))).await.unwrap())
    }

    async fn until(&self, run: &RunHandle, what: &str, holds: impl Fn(&Sighting) -> bool) {
        until(what, async || holds(&self.agent.follow(run).await.unwrap())).await;
    }
}

impl Drop for RealGateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.home.path().join("out.log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

fn spawn(program: &Path, home: &Path) -> Child {
    let log = File::options().create(true).append(true).open(home.join("out.log")).unwrap();
    Command::new(program)
        .args(["gateway", "run", "--replace"])
        .current_dir(home)
        .env("HERMES_HOME", home)
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_gateway_works_asks_stops_and_fails() {
    let Some(program) = hermes() else { return };
    let model = Model::start().await;
    let gateway = RealGateway::start(program, &model).await;
    let agent = &gateway.agent;
    let health = agent.health().await.unwrap();
    assert_eq!(health.version.as_deref(), Some("0.19.0"));
    assert!(!health.capabilities.keyed && !health.capabilities.steer && health.process.is_some());
    let stranger = agent_at(&gateway.url, "another-key-0123456789", Arc::new(SystemClock));
    assert_eq!(stranger.health().await, Err(AgentTrouble::BadKey));

    let request = agent.prepare(&task("timmy:l:j1:a1", "[[tool:echo hinge]][[say:result: done]]"));
    let run = accepted(agent.start(&request).await.unwrap());
    let Sighting::Ended(ending) = end(agent, &run).await else { panic!("no end") };
    assert_eq!(ending.text, "result: done");
    assert!(ending.usage.tokens.unwrap().all() > 1000, "{ending:?}");
    let transcript = agent.transcript(&run).await.unwrap();
    let (entries, _) = transcript.parts();
    let call = entries.iter().find(|entry| entry.speaker == Speaker::ToolCall).unwrap();
    assert_eq!(call.text, "terminal {\"command\":\"echo hinge\"}");
    let gave = entries.iter().find(|entry| entry.speaker == Speaker::ToolResult).unwrap();
    assert!(gave.text.contains("hinge"), "{gave:?}");

    // Its name forgotten, its session still tells; and it is not started again.
    let found = agent.find(&request).await.unwrap().expect("it was started");
    assert!(matches!(agent.follow(&found).await, Ok(Sighting::Ended(_))));
    let asked = model.asked().len();
    assert!(matches!(agent.start(&request).await, Ok(Started::Accepted(_))));
    assert_eq!(model.asked().len(), asked);

    let run = gateway.started("timmy:l:j2:a1", "[[wait:never]][[say:late]]").await;
    agent.stop(&run).await.unwrap();
    assert!(matches!(end(agent, &run).await, Sighting::Stopped(_)));
    agent.stop(&run).await.unwrap();

    let run = gateway.started("timmy:l:j3:a1", "[[tool:rm -rf ./junk]][[say:so be it]]").await;
    let is_command = |seen: &Sighting| matches!(seen, Sighting::Asks { question, .. } if question.as_deref().is_some_and(|asks| asks.starts_with("rm -rf ./junk")));
    gateway.until(&run, "it asks", is_command).await;
    agent.deny(&run).await.unwrap();
    let Sighting::Ended(ending) = end(agent, &run).await else { panic!("no end") };
    assert_eq!(ending.text, "so be it");
    assert!(agent.health().await.unwrap().capabilities.asking == Asking::Seen);

    let run = gateway.started("timmy:l:j4:a1", "[[always:401]]").await;
    let failed = end(agent, &run).await;
    let Sighting::Failed { kind, .. } = &failed else { panic!("{failed:?}") };
    assert_eq!(*kind, FailureKind::BadKey, "{failed:?}");
    let never = agent.prepare(&task("timmy:l:j5:a1", "[[say:never]]"));
    assert_eq!(agent.find(&never).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_real_gateway_was_killed_in_is_lost_and_what_it_had_done_is_not() {
    let Some(program) = hermes() else { return };
    let model = Model::start().await;
    let mut gateway = RealGateway::start(program, &model).await;
    let done = gateway.started("timmy:l:j1:a1", "[[say:it is done]]").await;
    assert!(matches!(end(&gateway.agent, &done).await, Sighting::Ended(_)));
    let prompt = "[[tool:echo begun]][[wait:never]][[say:late]]";
    let request = gateway.agent.prepare(&task("timmy:l:j2:a1", prompt));
    let run = accepted(gateway.agent.start(&request).await.unwrap());
    until("it thinks about what the tool gave", async || model.asked().len() >= 3).await;

    gateway.kill();
    assert!(matches!(gateway.agent.follow(&run).await, Err(AgentTrouble::Down(_))));
    gateway.restart().await;
    assert_eq!(gateway.agent.follow(&run).await, Ok(Sighting::Lost));
    let Ok(Sighting::Ended(ending)) = gateway.agent.follow(&done).await else { panic!() };
    assert_eq!(ending.text, "it is done");
    assert!(gateway.agent.usage(&run).await.unwrap().tokens.is_some());
    // It may have done something: it is found, and not begun again.
    assert!(gateway.agent.find(&request).await.unwrap().is_some());
}
