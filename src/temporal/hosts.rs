//! The agents on other hosts, as timmy drives them: the desk, its listener, and one agent each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;

use super::desk::Desk;
use super::line::TemporalLine;
use super::listener::router;
use super::remote_agent::RemoteAgent;
use crate::agents::{Agent, redactor};
use crate::chance::Chance;
use crate::config::{AgentKind, Config, KindName};

pub struct RemoteHosts {
    desk: Arc<Desk>,
    line: Arc<TemporalLine>,
    listen: SocketAddr,
    agents: BTreeMap<String, Arc<dyn Agent>>,
}

impl RemoteHosts {
    /// Those of `config`; none if every agent is driven from here.
    pub fn of(config: &Config) -> Option<Self> {
        let listen = config.worker.listen?;
        config.engine.temporal()?;
        let (line, chance) = (Arc::new(TemporalLine::default()), Chance::default());
        let desk =
            Desk::new(&config.gitea.token, Box::new(line.clone()), Box::new(move || chance.word()));
        let (desk, redactor) = (Arc::new(desk), redactor(config));
        let remote = |agent: &crate::config::AgentConfig| {
            let AgentKind::Elsewhere { kind, .. } = agent.kind else { return None };
            let (name, redactor) = (agent.name.clone(), redactor.clone());
            let agent = RemoteAgent::new(name.clone(), desk.clone(), waits(kind), redactor);
            Some((name, Arc::new(agent) as Arc<dyn Agent>))
        };
        let agents = config.agents.iter().filter_map(remote).collect();
        Some(Self { desk, line, listen, agents })
    }

    pub fn agents(&self) -> BTreeMap<String, Arc<dyn Agent>> {
        self.agents.clone()
    }

    /// Where workers come.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    pub fn router(&self) -> Router {
        router(self.desk.clone())
    }

    pub(super) fn line(&self) -> Arc<TemporalLine> {
        self.line.clone()
    }
}

/// Whether an attempt of this kind waits for as long as people take: what runs on a host and waits
/// keeps it busy.
fn waits(kind: KindName) -> bool {
    match kind {
        KindName::Hermes | KindName::OpenAi | KindName::Forge => true,
        KindName::Acp | KindName::Command | KindName::CrewAi => false,
    }
}
