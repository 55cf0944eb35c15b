//! What is wrong with the world is said once when it begins and once when it is over, in the log
//! and in the ledger, where `doctor` and the report find it; meanwhile the rest goes on.

use std::collections::HashSet;
use std::sync::PoisonError;

use super::Engine;
use crate::core::ids::ThreadId;
use crate::gitea::Error;
use crate::store::{Transaction, troubles};

/// The keys of what is wrong now.
pub(super) type Open = HashSet<String>;

/// The token is not accepted.
const TOKEN: &str = "token";
/// The token lacks a scope, which follows.
const SCOPE: &str = "scope ";
/// The forge cannot be reached, or is not itself.
const FORGE: &str = "forge";

/// What an error tells about the world, if it is more than about the one request.
fn key_of(error: &Error, thread: ThreadId) -> Option<String> {
    let repo = thread.repo.0;
    match error {
        Error::BadToken { .. } => Some(TOKEN.to_owned()),
        Error::MissingScope { scope } => Some(format!("{SCOPE}{scope}")),
        Error::Unreachable(_)
        | Error::Timeout
        | Error::Dropped(_)
        | Error::Unavailable { .. }
        | Error::NotGitea { .. } => Some(FORGE.to_owned()),
        Error::Archived { .. } => Some(format!("archived {repo}")),
        Error::Forbidden { .. } => Some(format!("forbidden {repo}")),
        Error::Locked => Some(format!("locked {repo}#{}", thread.number)),
        _ => None,
    }
}

impl Engine {
    /// Notes what an error in a thread tells about the world.
    pub(super) async fn troubled(&self, error: &Error, thread: ThreadId) {
        let Some(key) = key_of(error, thread) else { return };
        if self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
            tracing::error!(trouble = %key, "{error}");
        }
        let (text, now) = (error.to_string(), self.clock.now());
        let noted = self.ledger.write(move |tx| troubles::note(tx, &key, &text, now)).await;
        if let Err(error) = noted {
            tracing::error!(%error, "a trouble could not be noted");
        }
    }

    /// The forge answered as it should in this thread: what was wrong with it there is over.
    pub(super) async fn well(&self, thread: ThreadId) {
        let repo = thread.repo.0;
        let over: Vec<String> = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if open.is_empty() {
                return;
            }
            let here = [
                TOKEN.to_owned(),
                FORGE.to_owned(),
                format!("{SCOPE}write:issue"),
                format!("archived {repo}"),
                format!("forbidden {repo}"),
                format!("locked {repo}#{}", thread.number),
            ];
            here.into_iter().filter(|key| open.remove(key)).collect()
        };
        for key in over {
            tracing::info!(trouble = %key, "over");
            let ended = self.ledger.write(move |tx| troubles::over(tx, &key).map(drop)).await;
            if let Err(error) = ended {
                tracing::error!(%error, "the end of a trouble could not be noted");
            }
        }
    }

    /// What was wrong when an earlier run ended may still be; but a token may be another one now.
    pub(super) async fn remember_troubles(&self) -> Result<(), crate::store::Error> {
        let forget = |tx: &Transaction<'_>| troubles::forget(tx, SCOPE);
        let known =
            self.ledger.write(move |tx| forget(tx).and_then(|()| troubles::all(tx))).await?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.extend(known.into_iter().map(|trouble| trouble.key));
        Ok(())
    }
}
