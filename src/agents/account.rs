//! What it takes to act as an agent's own account.

use std::sync::Arc;

use super::trouble::AgentTrouble;
use crate::config::{AgentConfig, Secret};
use crate::gitea::{AgentToken, Gitea, Token};

/// A client that acts as the account of `agent`; none without a token of it.
///
/// # Errors
/// If what is kept as its token can be none.
pub fn own_account(agent: &AgentConfig, forge: &Gitea) -> Result<Option<Gitea>, AgentTrouble> {
    let Some(secret) = &agent.token else { return Ok(None) };
    let token = |secret: &Secret| Token::new(secret.expose());
    let first = token(secret)
        .map_err(|error| AgentTrouble::BadRequest(format!("its `token_file`: {error}")))?;
    let secret = secret.clone();
    let reload = Arc::new(move || token(&secret.reread()?).ok());
    Ok(Some(forge.acting_as(AgentToken { login: agent.account.clone(), token: first, reload })))
}
