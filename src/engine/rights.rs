//! What the account of an agent may do in a repository, as far as the forge shows it.

use super::jobs::{AgentAccess, by_rights};
use crate::core::jobs::Purpose;
use crate::core::model::ids::RepoName;
use crate::core::reply::AgentRights;
use crate::gitea::{Error, Gitea};

/// Whether an account may push to one branch, or merge into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BranchRights {
    With,
    Without,
    /// The forge does not show it.
    Unknown,
}

/// What the account `login` may do in `repo`: its own token `own` tells best. Without one, what
/// teams and collaborators show to `asker`, who asks by `forge`. What cannot be asked is unknown.
pub async fn agent_rights(
    (forge, asker): (&Gitea, &str),
    own: Option<&Gitea>,
    who: (&str, &RepoName),
) -> AgentRights {
    rights_at((forge, asker), own, who, None).await
}

/// Whether it may push to that branch, or merge into it; without a name to the default one.
pub(super) async fn rights_to(
    (forge, asker): (&Gitea, &str),
    own: Option<&Gitea>,
    who: (&str, &RepoName),
    branch: Option<&str>,
) -> BranchRights {
    match rights_at((forge, asker), own, who, branch).await {
        AgentRights::Nothing | AgentRights::Reads => BranchRights::Without,
        AgentRights::Unknown => BranchRights::Unknown,
        AgentRights::Pushes { to_default: to_it } => match to_it {
            Some(true) => BranchRights::With,
            Some(false) => BranchRights::Without,
            None => BranchRights::Unknown,
        },
    }
}

/// The same of the branch that is named, in the place of the default one.
async fn rights_at(
    (forge, asker): (&Gitea, &str),
    own: Option<&Gitea>,
    (login, repo): (&str, &RepoName),
    branch: Option<&str>,
) -> AgentRights {
    let found = match own {
        Some(own) => by_token(own, repo, branch).await,
        None => shown((forge, asker), (login, repo), branch).await,
    };
    found.unwrap_or_else(|error| {
        tracing::debug!(login, %repo, %error, "rights unknown");
        AgentRights::Unknown
    })
}

async fn by_token(
    own: &Gitea,
    repo: &RepoName,
    branch: Option<&str>,
) -> Result<AgentRights, Error> {
    let visible = match own.visible_repo(repo).await {
        Ok(page) => page.entries.into_iter().next(),
        Err(Error::NotFound { .. }) => return Ok(AgentRights::Nothing),
        Err(error) => return Err(error),
    };
    let Some(visible) = visible else { return Ok(AgentRights::Unknown) };
    let to_it = match branch.or(visible.default_branch.as_deref()) {
        Some(name) => match own.branch(repo, name).await? {
            Some(found) => Some(found.may_push || found.may_merge),
            None => is_gone(branch),
        },
        None => None,
    };
    Ok(AgentRights::of(visible.permissions, to_it))
}

async fn shown(
    (forge, asker): (&Gitea, &str),
    who: (&str, &RepoName),
    branch: Option<&str>,
) -> Result<AgentRights, Error> {
    Ok(match by_rights(forge, Purpose::Code, who, asker).await? {
        AgentAccess::Yes => {
            AgentRights::Pushes { to_default: unprotected(forge, who.1, branch).await? }
        }
        // Whether it may read is shown nowhere.
        AgentAccess::No(_) => AgentRights::Reads,
        AgentAccess::Unknown => AgentRights::Unknown,
    })
}

/// To a branch that nothing protects whoever may push may push; who else, only their token tells.
async fn unprotected(
    forge: &Gitea,
    repo: &RepoName,
    branch: Option<&str>,
) -> Result<Option<bool>, Error> {
    let visible = forge.visible_repo(repo).await?.entries.into_iter().next();
    let default = visible.and_then(|visible| visible.default_branch);
    let Some(name) = branch.map(str::to_owned).or(default) else { return Ok(None) };
    Ok(match forge.branch(repo, &name).await? {
        Some(found) => (!found.is_protected).then_some(true),
        None => is_gone(branch),
    })
}

/// Into a branch that was named, and is there no more, nobody merges anything; of a default one that
/// cannot be found nothing is known.
fn is_gone(branch: Option<&str>) -> Option<bool> {
    branch.map(|_| false)
}
