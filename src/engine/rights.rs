//! What the account of an agent may do in a repository, as far as the forge shows it.

use super::jobs::{AgentAccess, by_rights};
use crate::core::jobs::Purpose;
use crate::core::model::ids::RepoName;
use crate::core::reply::AgentRights;
use crate::gitea::{Error, Gitea};

/// What the account `login` may do in `repo`: its own token `own` tells best. Without one, what
/// teams and collaborators show to `asker`, who asks by `forge`. What cannot be asked is unknown.
pub async fn agent_rights(
    (forge, asker): (&Gitea, &str),
    own: Option<&Gitea>,
    (login, repo): (&str, &RepoName),
) -> AgentRights {
    let found = match own {
        Some(own) => by_token(own, repo).await,
        None => shown(forge, asker, (login, repo)).await,
    };
    found.unwrap_or_else(|error| {
        tracing::debug!(login, %repo, %error, "rights unknown");
        AgentRights::Unknown
    })
}

async fn by_token(own: &Gitea, repo: &RepoName) -> Result<AgentRights, Error> {
    let visible = match own.visible_repo(repo).await {
        Ok(page) => page.entries.into_iter().next(),
        Err(Error::NotFound { .. }) => return Ok(AgentRights::Nothing),
        Err(error) => return Err(error),
    };
    let Some(visible) = visible else { return Ok(AgentRights::Unknown) };
    let to_default = match &visible.default_branch {
        Some(name) => own.branch(repo, name).await?.map(|one| one.may_push || one.may_merge),
        None => None,
    };
    Ok(AgentRights::of(visible.permissions, to_default))
}

async fn shown(forge: &Gitea, asker: &str, who: (&str, &RepoName)) -> Result<AgentRights, Error> {
    Ok(match by_rights(forge, Purpose::Code, who, asker).await? {
        AgentAccess::Yes => AgentRights::Pushes { to_default: unprotected(forge, who.1).await? },
        // Whether it may read is shown nowhere.
        AgentAccess::No(_) => AgentRights::Reads,
        AgentAccess::Unknown => AgentRights::Unknown,
    })
}

/// To a branch that nothing protects whoever may push may push; who else, only their token tells.
async fn unprotected(forge: &Gitea, repo: &RepoName) -> Result<Option<bool>, Error> {
    let visible = forge.visible_repo(repo).await?.entries.into_iter().next();
    let Some(name) = visible.and_then(|visible| visible.default_branch) else { return Ok(None) };
    let branch = forge.branch(repo, &name).await?;
    Ok(branch.filter(|branch| !branch.is_protected).map(|_| true))
}
