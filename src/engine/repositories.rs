//! The repositories that `gitea.watch` names, as Gitea lists them.

use crate::config::{Watch, WatchPattern};
use crate::gitea::{Error, Gitea, Page, VisibleRepo};

/// The repositories that `pattern` of `watch` leads to, as the account of `gitea` sees them, with
/// its rights there. What the exceptions take away is not among them.
///
/// # Errors
/// [`Error::NotFound`] if there is no such owner or repository, or not for this account.
pub async fn list_repositories(
    gitea: &Gitea,
    watch: &Watch,
    pattern: &WatchPattern,
) -> Result<Page<VisibleRepo>, Error> {
    let mut found = match pattern {
        WatchPattern::Everything => gitea.own_repos().await?,
        WatchPattern::Owner(owner) => gitea.repos_of(owner).await?,
        WatchPattern::Repository(name) => gitea.visible_repo(name).await?,
    };
    found.entries.retain(|visible| watch.covers(&visible.repo.name));
    Ok(found)
}
