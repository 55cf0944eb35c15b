//! Where work begins: the default branch of a repository, and whether that is red.

use crate::core::guards::OWN_CONTEXTS;
use crate::core::jobs::Commit;
use crate::core::model::commit_status::{BranchHealth, health};
use crate::core::model::ids::RepoName;
use crate::gitea::{Error, Gitea, VisibleRepo};

/// The commit that work begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) branch: String,
    pub(super) head: Commit,
}

/// The default branch of a repository, or why there is none: what is wrong, and what to do.
pub(super) async fn base_of(
    forge: &Gitea,
    name: &RepoName,
    repo: &VisibleRepo,
) -> Result<Result<Base, String>, Error> {
    let Some(branch) = repo.default_branch.as_ref().filter(|_| !repo.is_empty) else {
        return Ok(Err(format!(
            "{name} is empty: push a first commit to it, then its jobs begin by themselves"
        )));
    };
    Ok(match forge.branch(name, branch).await? {
        Some(found) => Ok(Base { branch: branch.clone(), head: found.head }),
        None => Err(format!(
            "{name} has no branch `{branch}`, which is its default branch: it was renamed or \
             deleted; choose another one in the repository's settings"
        )),
    })
}

/// How that branch stands; what cannot be read, nobody can tell.
pub(super) async fn health_of(forge: &Gitea, name: &RepoName, base: &Base) -> BranchHealth {
    match forge.combined_status(name, &base.head.to_string()).await {
        Ok(statuses) => health(&statuses, |context| context.starts_with(OWN_CONTEXTS)),
        Err(error) => {
            tracing::debug!(repository = %name, %error, "checks cannot be read");
            BranchHealth::CouldNotTell
        }
    }
}
