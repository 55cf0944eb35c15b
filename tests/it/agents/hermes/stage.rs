//! A scripted gateway, and the agent that drives it.

use std::sync::Arc;

use crate::support::process::a_moment;
use timmy::agents::{
    Agent, AgentTask, HermesAgent, HermesOptions, Redactor, RunHandle, Sighting, Started,
    StoredRequest,
};
use timmy::clock::{Clock, SystemClock};
use timmy::config::Secret;
use timmy::core::jobs::Purpose;
use timmy::sandbox::gateway::{
    AgentRun, Gateway, GatewayOptions, HermesVersion, Permission, RunEnd, RunStatus,
};

pub(super) const BOTH: [HermesVersion; 2] = [HermesVersion::V0_19, HermesVersion::V0_22];
pub(super) const OLD: HermesVersion = HermesVersion::V0_19;
pub(super) const NEW: HermesVersion = HermesVersion::V0_22;

/// What an attempt called `key` is asked.
pub(super) fn task(key: &str, prompt: &str) -> AgentTask {
    AgentTask {
        key: key.to_owned(),
        purpose: Purpose::Code,
        repository: "foundation/door".parse().unwrap(),
        clone_url: "https://git.example.org/foundation/door.git".parse().unwrap(),
        base_branch: "main".to_owned(),
        base: "8b195ee08b195ee08b195ee08b195ee08b195ee0".parse().unwrap(),
        branch: "timmy/41-j42".parse().unwrap(),
        pull: None,
        prompt: prompt.to_owned(),
    }
}

/// An agent for the gateway at `url`.
pub(super) fn agent_at(url: &str, key: &str, clock: Arc<dyn Clock>) -> HermesAgent {
    let key = Secret::new(key).unwrap();
    let redactor = Redactor::new([key.expose(), "the-token-of-ezra"]);
    HermesAgent::new(HermesOptions { url: url.parse().unwrap(), key, redactor, clock }).unwrap()
}

pub(super) struct Stage {
    pub(super) gateway: Gateway,
    pub(super) agent: HermesAgent,
}

impl Stage {
    pub(super) async fn of(version: HermesVersion) -> Self {
        Self::at(version, Arc::new(SystemClock)).await
    }

    pub(super) async fn at(version: HermesVersion, clock: Arc<dyn Clock>) -> Self {
        let options = GatewayOptions { version, most_runs: 2, ..GatewayOptions::default() };
        let key = options.key.clone();
        let gateway = Gateway::start(options, obey).await.unwrap();
        let agent = agent_at(&gateway.url(), &key, clock);
        Self { gateway, agent }
    }

    pub(super) fn prepared(&self, key: &str, prompt: &str) -> StoredRequest {
        self.agent.prepare(&task(key, prompt))
    }

    /// Starts an attempt that is accepted.
    pub(super) async fn started(&self, key: &str, prompt: &str) -> RunHandle {
        accepted(self.agent.start(&self.prepared(key, prompt)).await.unwrap())
    }

    pub(super) async fn seen(&self, run: &RunHandle) -> Sighting {
        self.agent.follow(run).await.unwrap()
    }

    /// Follows until the attempt is over.
    pub(super) async fn end(&self, run: &RunHandle) -> Sighting {
        end(&self.agent, run).await
    }

    /// Returns when the newest run stands so.
    pub(super) async fn until(&self, status: RunStatus) {
        self.gateway.until(|runs| runs.last().is_some_and(|run| run.status == status)).await;
    }
}

/// Follows until the attempt is over.
pub(super) async fn end(agent: &HermesAgent, run: &RunHandle) -> Sighting {
    loop {
        match agent.follow(run).await.unwrap() {
            Sighting::Working { .. } | Sighting::Asks { .. } => a_moment().await,
            over => return over,
        }
    }
}

pub(super) fn accepted(started: Started) -> RunHandle {
    match started {
        Started::Accepted(run) => run,
        other => panic!("{other:?}"),
    }
}

/// An agent that does what its input says.
async fn obey(run: AgentRun) -> RunEnd {
    run.spend(100, 10);
    match run.input() {
        "hang" => {
            run.begin_tool("sleep 600");
            std::future::pending().await
        }
        "listen" => {
            run.begin_tool("make");
            let mut heard = Vec::new();
            while heard.is_empty() {
                a_moment().await;
                heard = run.end_tool("made", false);
            }
            RunEnd::Completed(format!("I heard: {}", heard.join("; ")))
        }
        "ask" => match run.ask("rm -rf ./junk", "recursive delete").await {
            Permission::Given => RunEnd::Completed("removed".into()),
            Permission::Denied => RunEnd::Completed("it was denied".into()),
            Permission::Expired => {
                run.end_tool("blocked", true);
                std::future::pending().await
            }
        },
        "stubborn" => {
            run.ignore_stop();
            std::future::pending().await
        }
        "turns" => RunEnd::OutOfTurns("and then".into()),
        "leak" => RunEnd::Completed("I used the-token-of-ezra".into()),
        "long" => RunEnd::Completed(format!("{}\nresult: done", "é".repeat(200_000))),
        failing if failing.starts_with("HTTP") => RunEnd::Failed(failing.to_owned()),
        said => {
            run.begin_tool("ls");
            run.end_tool("a b", false);
            RunEnd::Completed(said.to_owned())
        }
    }
}
