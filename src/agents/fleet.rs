//! The agents of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::acp::AcpDialogue;
use super::agent::Agent;
use super::command::command_agent;
use super::forge::{ForgeAgent, ForgeAgentOptions};
use super::hermes::{HermesAgent, HermesOptions};
use super::local::{LocalAgent, LocalOptions, Through};
use super::openai::{OpenAiAgent, OpenAiOptions};
use super::redact::Redactor;
use super::trouble::AgentTrouble;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{AgentKind, Config, Secret};
use crate::gitea::Gitea;

/// All agents of `config` that this build can drive, by name. The others get no work.
///
/// # Errors
/// If no client can be made at all, with the name of the agent.
pub fn fleet(
    config: &Config,
    forge: &Gitea,
    clock: &Arc<dyn Clock>,
    chance: &Chance,
) -> Result<BTreeMap<String, Arc<dyn Agent>>, (String, AgentTrouble)> {
    fleet_through(Through::Account(forge), config, forge, clock, chance)
}

/// The same, where those that work in a clone get it `through` somebody, and hand in what they made
/// there.
///
/// # Errors
/// As [`fleet`].
pub fn fleet_through(
    through: Through<'_>,
    config: &Config,
    forge: &Gitea,
    clock: &Arc<dyn Clock>,
    chance: &Chance,
) -> Result<BTreeMap<String, Arc<dyn Agent>>, (String, AgentTrouble)> {
    let redactor = redactor(config);
    let mut fleet = BTreeMap::new();
    for agent in &config.agents {
        let made = match &agent.kind {
            AgentKind::Hermes { url, key } => hermes(url, key, &redactor, clock),
            AgentKind::OpenAi { .. } => {
                let times = config.dispatch.timeout;
                OpenAiOptions::of(agent, times, forge, &redactor, clock, chance).and_then(openai)
            }
            AgentKind::Command(_) | AgentKind::CrewAi(_) => {
                LocalOptions::of(config, agent, through, &redactor, clock).map(command)
            }
            AgentKind::Acp(acp) => {
                LocalOptions::of(config, agent, through, &redactor, clock).map(|options| {
                    let start = agent.timeout.over(config.dispatch.timeout).start;
                    acp_agent(options, AcpDialogue::new(acp, start))
                })
            }
            AgentKind::Forge => Ok(Some(watching(agent.account.clone(), forge, clock))),
            AgentKind::Elsewhere { .. } => Ok(None),
        };
        let made = made.map_err(|error| (agent.name.clone(), error))?;
        fleet.extend(made.map(|made| (agent.name.clone(), made)));
    }
    Ok(fleet)
}

type Made = Result<Option<Arc<dyn Agent>>, AgentTrouble>;

fn hermes(url: &Url, key: &Secret, redactor: &Redactor, clock: &Arc<dyn Clock>) -> Made {
    let options = HermesOptions {
        url: url.clone(),
        key: key.clone(),
        redactor: redactor.clone(),
        clock: clock.clone(),
    };
    Ok(Some(Arc::new(HermesAgent::new(options)?)))
}

fn watching(account: String, forge: &Gitea, clock: &Arc<dyn Clock>) -> Arc<dyn Agent> {
    let (forge, clock) = (Arc::new(forge.clone()), clock.clone());
    Arc::new(ForgeAgent::new(ForgeAgentOptions { account, forge, clock }))
}

fn openai(options: Option<OpenAiOptions>) -> Made {
    let Some(options) = options else { return Ok(None) };
    Ok(Some(Arc::new(OpenAiAgent::new(options)?)))
}

fn command(options: Option<LocalOptions>) -> Option<Arc<dyn Agent>> {
    Some(Arc::new(command_agent(options?)))
}

fn acp_agent(options: Option<LocalOptions>, dialogue: AcpDialogue) -> Option<Arc<dyn Agent>> {
    Some(Arc::new(LocalAgent::new(options?, Arc::new(dialogue))))
}

/// Hides all secrets of `config`.
pub fn redactor(config: &Config) -> Redactor {
    let mut more = passed_secrets(config);
    more.extend(config.otlp.iter().flat_map(|otlp| otlp.secrets()));
    Redactor::new(secrets(config).into_iter().chain(more.iter().map(String::as_str)))
}

/// What the variables hold that are passed to agents, as far as their names say that it is secret.
fn passed_secrets(config: &Config) -> Vec<String> {
    let locals = config.agents.iter().filter_map(|agent| agent.kind.local());
    let names = locals.flat_map(|local| &local.env).filter(|name| {
        let name = name.to_ascii_uppercase();
        ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|word| name.contains(word))
    });
    names.filter_map(|name| std::env::var(name).ok()).collect()
}

/// All secrets that the configuration knows: none of them is kept in anything that an agent said.
fn secrets(config: &Config) -> Vec<&str> {
    let mut known = vec![&config.gitea.token];
    known.extend(config.notify.iter().flat_map(|notify| &notify.token));
    for agent in &config.agents {
        known.extend(&agent.token);
        match &agent.kind {
            AgentKind::Hermes { key, .. } => known.push(key),
            AgentKind::OpenAi { key, .. } => known.extend(key),
            AgentKind::Acp(_)
            | AgentKind::Command(_)
            | AgentKind::Forge
            | AgentKind::CrewAi(_)
            | AgentKind::Elsewhere { .. } => {}
        }
    }
    known.extend(config.engine.temporal().and_then(|temporal| temporal.api_key.as_ref()));
    let webhooks = config.webhook.iter().flat_map(|webhook| &webhook.secrets);
    known.extend(webhooks.map(|one| &one.secret));
    known.into_iter().map(|secret| secret.expose()).collect()
}
