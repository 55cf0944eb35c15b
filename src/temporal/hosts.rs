//! The agents on other hosts, as timmy drives them: the desk, its listener, and one agent each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;

use super::desk::Desk;
use super::fetch_proxy::FetchProxy;
use super::line::TemporalLine;
use super::listener::{Counter, router};
use super::reception::Reception;
use super::remote_agent::{Deputy, RemoteAgent};
use super::remote_guards::RemoteGuards;
use super::rights::by_ledger;
use crate::agents::{Agent, AgentTrouble, origin_of, redactor};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{AgentKind, Config, KindName};
use crate::gitea::Gitea;
use crate::guard_runs::GuardHost;
use crate::store::Ledger;

/// Where bundles of workers lie on their way, beside the folders of the agents of this host: none of
/// them has such a name.
const BROUGHT: &str = ".brought";

pub struct RemoteHosts {
    desk: Arc<Desk>,
    line: Arc<TemporalLine>,
    listen: SocketAddr,
    reception: Arc<Reception>,
    ledger: Ledger,
    agents: BTreeMap<String, Arc<dyn Agent>>,
    guards: Option<Arc<RemoteGuards>>,
}

impl RemoteHosts {
    /// Those of `config`; none if all is done from here. What they do on the forge, `forge`
    /// does, or the accounts of the agents whose tokens are here. `ledger` says what attempts may, and
    /// keeps who has them.
    ///
    /// # Errors
    /// If what is kept as the token of an agent can be none, with its name.
    pub fn of(
        config: &Config,
        forge: &Gitea,
        clock: &Arc<dyn Clock>,
        ledger: &Ledger,
    ) -> Result<Option<Self>, (String, AgentTrouble)> {
        let Some(listen) = config.worker.listen else { return Ok(None) };
        if config.engine.temporal().is_none() {
            return Ok(None);
        }
        let (line, chance) = (Arc::new(TemporalLine::default()), Chance::default());
        let (calls, fresh) = (Box::new(line.clone()), Box::new(move || chance.word()));
        let starts = Box::new(ledger.clone());
        let desk = Desk::new(&config.gitea.token, clock.clone(), (calls, starts), fresh);
        let (desk, redactor) = (Arc::new(desk), redactor(config));
        let reception = Arc::new(Reception::new(config.agents_folder().join(BROUGHT)));
        let mut agents: BTreeMap<String, Arc<dyn Agent>> = BTreeMap::new();
        for agent in &config.agents {
            let AgentKind::Elsewhere { kind, .. } = agent.kind else { continue };
            let deputy = match kind.works_in_a_clone() {
                false => None,
                true => {
                    let origin = origin_of(agent, forge, clock);
                    let origin = origin.map_err(|trouble| (agent.name.clone(), trouble))?;
                    Some(Deputy { reception: reception.clone(), origin: Arc::new(origin) })
                }
            };
            let who = (agent.name.clone(), redactor.clone());
            let remote = RemoteAgent::new(who, desk.clone(), deputy, waits(kind));
            agents.insert(agent.name.clone(), Arc::new(remote));
        }
        let guards = config.guards.away.as_ref().map(|host| {
            let (desk, reception) = (desk.clone(), reception.clone());
            Arc::new(RemoteGuards::new(host.clone(), desk, reception, forge.clone()))
        });
        let ledger = ledger.clone();
        Ok(Some(Self { desk, line, listen, reception, ledger, agents, guards }))
    }

    pub fn agents(&self) -> BTreeMap<String, Arc<dyn Agent>> {
        self.agents.clone()
    }

    /// The host on which guards run, if that is one of them.
    pub fn guards(&self) -> Option<Arc<dyn GuardHost>> {
        self.guards.clone().map(|guards| -> Arc<dyn GuardHost> { guards })
    }

    /// Where workers come.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// What answers there; none if no client for the forge can be made.
    pub fn router(&self) -> Option<Router> {
        let (desk, reception) = (self.desk.clone(), self.reception.clone());
        let (fetches, rights) = (FetchProxy::new()?, by_ledger(self.ledger.clone()));
        Some(router(Counter { desk, reception, fetches, rights }))
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
