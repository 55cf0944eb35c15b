//! What it takes to act as an agent's account.

use super::current_token::Reload;
use super::token::Token;

/// The token of an agent's account.
#[derive(Clone)]
pub struct AgentToken {
    /// The account, as the configuration calls it.
    pub login: String,
    pub token: Token,
    /// Where another one is found when the forge does not accept it any more.
    pub reload: Reload,
}

impl std::fmt::Debug for AgentToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentToken").field("login", &self.login).finish_non_exhaustive()
    }
}
