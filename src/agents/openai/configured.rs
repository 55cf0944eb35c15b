//! How the configuration makes such an agent.

use std::sync::Arc;

use super::agent::OpenAiOptions;
use crate::agents::account::own_account;
use crate::agents::redact::Redactor;
use crate::agents::trouble::AgentTrouble;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{AgentConfig, AgentKind};
use crate::core::jobs::Timeouts;
use crate::gitea::Gitea;

impl OpenAiOptions {
    /// Those of `agent`, if it is of this kind; `timeouts` are those of all agents. On the forge it
    /// acts as its own account if there is a token of that, else as timmy's.
    ///
    /// # Errors
    /// If what is kept as its token can be none.
    pub fn of(
        agent: &AgentConfig,
        timeouts: Timeouts,
        forge: &Gitea,
        redactor: &Redactor,
        clock: &Arc<dyn Clock>,
        chance: &Chance,
    ) -> Result<Option<Self>, AgentTrouble> {
        let AgentKind::OpenAi { url, model, key, max_turns, max_tokens } = &agent.kind else {
            return Ok(None);
        };
        Ok(Some(Self {
            url: url.clone(),
            model: model.clone(),
            key: key.clone(),
            max_turns: *max_turns,
            max_tokens: *max_tokens,
            max_time: agent.timeout.over(timeouts).total,
            repository: Arc::new(own_account(agent, forge)?.unwrap_or_else(|| forge.clone())),
            redactor: redactor.clone(),
            clock: clock.clone(),
            chance: chance.clone(),
        }))
    }
}
