//! What is merged into one repository is merged one after the other: each moves what the next one
//! is merged into.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::core::model::ids::RepoId;

#[derive(Debug, Default)]
pub(super) struct MergeTurns(Mutex<HashMap<RepoId, Arc<tokio::sync::Mutex<()>>>>);

impl MergeTurns {
    /// Waits until nothing else is merged there; held until it is dropped.
    pub(super) async fn wait(&self, repo: RepoId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(repo).or_default().clone()
        };
        turn.lock_owned().await
    }
}
