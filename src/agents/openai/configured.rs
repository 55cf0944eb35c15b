//! How the configuration makes such an agent.

use std::sync::Arc;

use super::agent::OpenAiOptions;
use crate::agents::redact::Redactor;
use crate::agents::trouble::AgentTrouble;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{AgentConfig, AgentKind, Secret};
use crate::core::jobs::Timeouts;
use crate::gitea::{AgentToken, Gitea, Token};

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
            repository: Arc::new(as_its_account(agent, forge)?),
            redactor: redactor.clone(),
            clock: clock.clone(),
            chance: chance.clone(),
        }))
    }
}

fn as_its_account(agent: &AgentConfig, forge: &Gitea) -> Result<Gitea, AgentTrouble> {
    let Some(secret) = &agent.token else { return Ok(forge.clone()) };
    let token = |secret: &Secret| Token::new(secret.expose());
    let first = token(secret)
        .map_err(|error| AgentTrouble::BadRequest(format!("its `token_file`: {error}")))?;
    let secret = secret.clone();
    let reload = Arc::new(move || token(&secret.reread()?).ok());
    Ok(forge.acting_as(AgentToken { login: agent.account.clone(), token: first, reload }))
}
