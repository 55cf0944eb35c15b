//! Whether an agent's account may do its work in a repository, as far as the forge shows it.

use crate::core::jobs::Purpose;
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Permissions;
use crate::gitea::{Error, Gitea, Visibility};

/// Of how many teams it is asked whether an account is in them: a job shall not cost hundreds of
/// requests.
const MOST_TEAMS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum AgentAccess {
    Yes,
    /// What is wrong, and what to do.
    No(String),
    /// The forge does not show it.
    Unknown,
}

impl AgentAccess {
    /// What these rights of an account mean for work of that purpose.
    pub(super) fn of(
        permissions: Permissions,
        purpose: Purpose,
        (login, repo): (&str, &RepoName),
    ) -> Self {
        let Permissions { admin, push, pull } = permissions;
        match (purpose, admin || push, pull) {
            (_, true, _) => Self::Yes,
            (
                Purpose::Review | Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split,
                false,
                true,
            ) => Self::Yes,
            (Purpose::Code | Purpose::Repair, false, true) => Self::No(format!(
                "{login} may read {repo}, but not push there: give that account write access"
            )),
            (_, false, false) => Self::Unknown,
        }
    }
}

/// What an account's own token shows.
pub(super) async fn by_token(
    own: &Gitea,
    purpose: Purpose,
    (login, repo): (&str, &RepoName),
) -> Result<AgentAccess, Error> {
    match own.me().await {
        // A token that may not tell whose it is may still tell what it may do.
        Ok(_) | Err(Error::AgentLacksScope { .. }) => {}
        Err(error) => return refused(error),
    }
    match own.visible_repo(repo).await {
        Ok(visible) => Ok(visible.entries.first().map_or(AgentAccess::Unknown, |visible| {
            AgentAccess::of(visible.permissions, purpose, (login, repo))
        })),
        Err(Error::NotFound { .. }) => Ok(AgentAccess::No(format!(
            "{login} cannot see {repo}: give that account {} access there",
            needed(purpose)
        ))),
        Err(error) => refused(error),
    }
}

/// What is wrong with the token or the account itself, if that is what failed.
fn refused(error: Error) -> Result<AgentAccess, Error> {
    match error {
        Error::NotTheAgents { .. }
        | Error::BadAgentToken { .. }
        | Error::AgentLacksScope { .. }
        | Error::ForbiddenToAgent { .. } => Ok(AgentAccess::No(error.to_string())),
        error => Err(error),
    }
}

/// What teams and collaborators show to the account `asker`.
pub(in crate::engine) async fn by_rights(
    forge: &Gitea,
    purpose: Purpose,
    (login, repo): (&str, &RepoName),
    asker: &str,
) -> Result<AgentAccess, Error> {
    if repo.owner().eq_ignore_ascii_case(login) {
        return Ok(AgentAccess::Yes);
    }
    match forge.may_write(repo, login).await? {
        Visibility::Yes => return Ok(AgentAccess::Yes),
        Visibility::Secret => return Ok(AgentAccess::Unknown),
        Visibility::No => {}
    }
    let teams = forge.teams_of_repo(repo).await?;
    let writing: Vec<_> = teams.iter().filter(|team| team.writes).collect();
    for team in writing.iter().take(MOST_TEAMS) {
        match forge.is_team_member(team.id, login).await? {
            Visibility::Yes => return Ok(AgentAccess::Yes),
            Visibility::Secret => return Ok(AgentAccess::Unknown),
            Visibility::No => {}
        }
    }
    let needs_push = matches!(purpose, Purpose::Code | Purpose::Repair);
    // Who may read is shown nowhere, and of a team only its organisation's members may ask.
    if !needs_push || writing.len() > MOST_TEAMS || !sees_teams(forge, repo, asker).await? {
        return Ok(AgentAccess::Unknown);
    }
    Ok(AgentAccess::No(format!(
        "{login} may not push to {repo}: give that account write access there"
    )))
}

/// Whether a no about teams is one: there are none, or `asker` sees who is in them.
async fn sees_teams(forge: &Gitea, repo: &RepoName, asker: &str) -> Result<bool, Error> {
    match forge.is_org_member(repo.owner(), asker).await {
        Ok(true) => Ok(true),
        Ok(false) | Err(Error::Moved { .. } | Error::NotFound { .. }) => {
            Ok(!forge.is_organisation(repo.owner()).await?)
        }
        Err(Error::Forbidden { .. } | Error::MissingScope { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn needed(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Code | Purpose::Repair => "write",
        Purpose::Review | Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => {
            "read"
        }
    }
}
