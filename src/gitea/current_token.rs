//! The token that is used now: where the forge does not accept it any more, another may lie where
//! it came from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::token::Token;

/// Reads the token from where it came from; none if there is none now, or it cannot change.
pub type Reload = Arc<dyn Fn() -> Option<Token> + Send + Sync>;

/// How long it is not read again.
const PAUSE: Duration = Duration::from_secs(5);

/// The token of one account, which may be given another.
pub(super) struct CurrentToken {
    token: Mutex<Token>,
    reload: Reload,
    /// When it was read again last, by the time that the clock runs.
    read_at: tokio::sync::Mutex<Option<Duration>>,
}

/// Whether another token may be what is missing.
pub(super) fn is_about_the_token(error: &Error) -> bool {
    matches!(
        error,
        Error::BadToken { .. }
            | Error::MissingScope { .. }
            | Error::BadAgentToken { .. }
            | Error::AgentLacksScope { .. }
    )
}

impl CurrentToken {
    pub(super) fn new(token: Token, reload: Reload) -> Self {
        Self { token: Mutex::new(token), reload, read_at: tokio::sync::Mutex::default() }
    }

    pub(super) fn get(&self) -> Token {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there is another than the one that was `refused`, `uptime` after the clock began to
    /// run. A new one is used from now on, if it `is_ours`.
    pub(super) async fn renewed(
        &self,
        refused: &Token,
        uptime: Duration,
        is_ours: impl AsyncFnOnce(&Token) -> bool,
    ) -> bool {
        let mut read_at = self.read_at.lock().await;
        if self.get() != *refused {
            return true;
        }
        if read_at.is_some_and(|read_at| uptime.saturating_sub(read_at) < PAUSE) {
            return false;
        }
        *read_at = Some(uptime);
        let reload = self.reload.clone();
        let found = tokio::task::spawn_blocking(move || reload()).await.ok().flatten();
        let Some(found) = found.filter(|found| found != refused) else { return false };
        if !is_ours(&found).await {
            tracing::warn!("there is a new token, which is not accepted, or not for this account");
            return false;
        }
        tracing::info!("there is a new token: it is used from now on");
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = found;
        true
    }
}
