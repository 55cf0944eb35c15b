//! The agents of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent::Agent;
use super::hermes::{HermesAgent, HermesOptions};
use super::redact::Redactor;
use super::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::{AgentConfig, AgentKind, Config};

/// All agents of `config` that this build can drive, by name. The others get no work.
///
/// # Errors
/// If no client can be made at all, with the name of the agent.
pub fn fleet(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Arc<dyn Agent>>, (String, AgentTrouble)> {
    let redactor = Redactor::new(secrets(config));
    let mut fleet = BTreeMap::new();
    for agent in &config.agents {
        let made = made(agent, &redactor, clock).map_err(|error| (agent.name.clone(), error))?;
        fleet.extend(made.map(|made| (agent.name.clone(), made)));
    }
    Ok(fleet)
}

fn made(
    agent: &AgentConfig,
    redactor: &Redactor,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Agent>>, AgentTrouble> {
    let AgentKind::Hermes { url, key } = &agent.kind else { return Ok(None) };
    let options = HermesOptions {
        url: url.clone(),
        key: key.clone(),
        redactor: redactor.clone(),
        clock: clock.clone(),
    };
    Ok(Some(Arc::new(HermesAgent::new(options)?)))
}

/// All secrets that the configuration knows: none of them is kept in anything that an agent said.
fn secrets(config: &Config) -> Vec<&str> {
    let mut known = vec![&config.gitea.token];
    for agent in &config.agents {
        known.extend(&agent.token);
        match &agent.kind {
            AgentKind::Hermes { key, .. } => known.push(key),
            AgentKind::OpenAi { key, .. } => known.extend(key),
            AgentKind::Acp(_) | AgentKind::Command(_) | AgentKind::Forge | AgentKind::CrewAi(_) => {
            }
        }
    }
    let webhooks = config.webhook.iter().flat_map(|webhook| &webhook.secrets);
    known.extend(webhooks.map(|one| &one.secret));
    known.into_iter().map(|secret| secret.expose()).collect()
}
