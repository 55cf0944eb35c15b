//! Finds a renamed or transferred repository by its number.
//!
//! The forge redirects the old name, but a redirected write is lost, and the old name may be given
//! to another repository. The number stays.

use super::Engine;
use crate::core::model::ids::RepoId;
use crate::store::{Error, repos};

impl Engine {
    /// Asks the forge what a repository is called now. `false` if that is no news, or cannot be
    /// told: then its name is not why the forge redirects.
    pub(super) async fn relocate(&self, id: RepoId) -> Result<bool, Error> {
        let present = match self.gitea.repo_by_id(id).await {
            Ok(repo) => repo,
            Err(error) => {
                tracing::warn!(repository = id.0, %error, "repository cannot be found by its number");
                return Ok(false);
            }
        };
        let known = self.ledger.read(move |conn| repos::name(conn, id)).await?;
        if known.is_some_and(|known| known.name == present.name) {
            return Ok(false);
        }
        tracing::info!(repository = %present.name, "repository renamed");
        self.ledger.write(move |tx| repos::remember(tx, &present)).await?;
        Ok(true)
    }
}
