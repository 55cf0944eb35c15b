//! The repositories that `gitea.watch` names, as Gitea lists them, and what one of them is called
//! now.

use super::context::Context;
use crate::config::{Watch, WatchPattern};
use crate::core::model::ids::RepoId;
use crate::gitea::{Error, Gitea, Page, VisibleRepo};
use crate::store::{self, repos};

/// What a pattern of `gitea.watch` leads to.
#[derive(Debug)]
pub struct ListedPattern {
    pub found: Page<VisibleRepo>,
    /// What it names is called so now.
    pub renamed_to: Option<String>,
}

/// The repositories that `pattern` of `watch` leads to, as the account of `gitea` sees them, with
/// its rights there. What the exceptions take away is not among them.
///
/// # Errors
/// [`Error::NotFound`] if there is no such owner or repository, or not for this account.
pub async fn list_repositories(
    gitea: &Gitea,
    watch: &Watch,
    pattern: &WatchPattern,
) -> Result<ListedPattern, Error> {
    let mut found = match pattern {
        WatchPattern::Everything => gitea.own_repos().await?,
        WatchPattern::Owner(owner) => gitea.repos_of(owner).await?,
        WatchPattern::Repository(name) => gitea.visible_repo(name).await?,
    };
    let renamed_to =
        found.entries.first().and_then(|first| watch.renamed(pattern, &first.repo.name));
    found.entries.retain(|visible| watch.covers(&visible.repo.name));
    Ok(ListedPattern { found, renamed_to })
}

/// Asks the forge what a repository is called now, and stores that. `false` if that is no news, or
/// cannot be found out: then its name is not why the forge redirects.
///
/// The forge redirects the old name, but a redirected write is lost, and the old name may be given
/// to another repository. The number stays.
pub(super) async fn find_again(ctx: &Context, id: RepoId) -> Result<bool, store::Error> {
    let present = match ctx.gitea.repo_by_id(id).await {
        Ok(repo) => repo,
        Err(error) => {
            tracing::warn!(repository = id.0, %error, "repository cannot be found by its number");
            return Ok(false);
        }
    };
    let known = ctx.ledger.read(move |conn| repos::name(conn, id)).await?;
    if known.is_some_and(|known| known.name == present.name) {
        return Ok(false);
    }
    tracing::info!(repository = %present.name, "repository renamed");
    ctx.ledger.write(move |tx| repos::remember(tx, &present)).await?;
    Ok(true)
}
