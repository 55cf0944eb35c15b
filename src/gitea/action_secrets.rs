//! Whether the workflows of a repository may read secrets: what any workflow there reads, one may that
//! somebody pushes to a branch.

use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages;
use super::route::Route;
use crate::core::model::ids::RepoName;

impl Gitea {
    /// Whether a repository has secrets of its own for its workflows; none where that is not shown: it is
    /// for owners, and older servers show it to nobody. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// As any read.
    pub async fn has_action_secrets(&self, repo: &RepoName) -> Result<Option<bool>, Error> {
        let template = "repos/{owner}/{repo}/actions/secrets";
        let route = Route::new(template, &[&repo.owner(), &repo.name()]).with("limit", 1);
        match self.get(&route).await {
            Ok(answer) => {
                let list: Vec<Box<RawValue>> = pages::plain(&answer)?;
                Ok(Some(!list.is_empty()))
            }
            Err(
                Error::NotFound { .. }
                | Error::Forbidden { .. }
                | Error::ForbiddenToAgent { .. }
                | Error::MissingScope { .. }
                | Error::AgentLacksScope { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
