//! Who pushed what stands in a pull request that a person opened.
//!
//! Its timeline tells who pushed since it was opened, the activity of the repository of its branch who
//! pushed lately. An agent's push counts until a person takes it out again by a force push: one more
//! commit above it, or the forge's own update of the branch, makes nothing of it a person's. An update
//! by rebase is a force push of whoever asked for it, and keeps the commits: so one that has an agent
//! as author or committer is an agent's, whoever pushed it. That is only what it claims, and so it
//! never speaks for a person.
//!
//! Some servers have neither list, and what was pushed long before the pull request was opened stands
//! in none. Then the person who opened it answers for it: they asked for that to be merged, and
//! without a list a required verdict would stop everybody. Nobody can be named where the forge does
//! tell of the push, and its account is gone; where the branch moved since, and no list says by
//! whom; or where it has more commits than can be looked at: that never passes.

use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::gitea::{Error, ForgeCommit, Gitea, PullPush, PullPushes, PullRequest};

/// Who pushed what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PushedBy {
    People,
    /// An agent did, by login.
    Agent(String),
    /// Nobody who can be named.
    Nobody,
    /// No list tells of it. `has_moved`: others tell that the branch moved since it was opened.
    Untold {
        has_moved: bool,
    },
}

pub(super) async fn pushed_by(
    gitea: &Gitea,
    repo: &RepoName,
    pull: &PullRequest,
    is_agents: impl Fn(&Account) -> bool,
) -> Result<PushedBy, Error> {
    let told = told_by_pushes(gitea, repo, pull, &is_agents).await?;
    if matches!(told, PushedBy::Agent(_)) {
        return Ok(told);
    }
    let commits = match gitea.pull_commits(repo, pull.number).await {
        Err(Error::TooLarge { .. }) => return Ok(PushedBy::Nobody),
        // Some servers have no such list.
        Err(Error::NotFound { .. }) => return Ok(told),
        commits => commits?,
    };
    let claimed = |commit: ForgeCommit| [commit.claimed_author, commit.claimed_committer];
    // The list may be older than the head.
    let is_of_head = commits.is_empty() || commits.iter().any(|one| one.commit == pull.head);
    let mut claimed = commits.into_iter().flat_map(claimed).flatten();
    Ok(match claimed.find(|account| is_agents(account)) {
        Some(agent) => PushedBy::Agent(agent.login),
        None if !is_of_head => PushedBy::Untold { has_moved: true },
        None => told,
    })
}

/// Who pushed it, as lists of pushes tell it.
async fn told_by_pushes(
    gitea: &Gitea,
    repo: &RepoName,
    pull: &PullRequest,
    is_agents: &impl Fn(&Account) -> bool,
) -> Result<PushedBy, Error> {
    let PullPushes { pushes, is_truncated } =
        match gitea.pull_pushes(repo, pull.number, pull.created_at).await {
            Err(Error::NotFound { .. }) => PullPushes { pushes: Vec::new(), is_truncated: false },
            pushes => pushes?,
        };
    let kept = kept(&pushes, is_agents);
    let agent = kept.iter().filter_map(|push| push.by.as_ref()).find(|by| is_agents(by));
    if let Some(agent) = agent {
        return Ok(PushedBy::Agent(agent.login.clone()));
    }
    let of_head = kept.iter().rposition(|push| push.head == pull.head);
    let by = match of_head {
        // The first line has who opened it, whoever pushed what stood there then.
        Some(0) | None => lately(gitea, pull).await?,
        Some(_) => None,
    };
    let by = by.or_else(|| of_head.map(|at| kept[at].by.clone()));
    Ok(match by {
        Some(Some(by)) if is_agents(&by) => PushedBy::Agent(by.login),
        Some(Some(_)) => PushedBy::People,
        Some(None) => PushedBy::Nobody,
        None => PushedBy::Untold { has_moved: is_truncated || !pushes.is_empty() },
    })
}

/// The pushes whose commits may still be there: those since a person's last force push.
fn kept<'a>(pushes: &'a [PullPush], is_agents: &impl Fn(&Account) -> bool) -> &'a [PullPush] {
    let takes_out =
        |push: &PullPush| push.is_force && push.by.as_ref().is_some_and(|by| !is_agents(by));
    let from = pushes.iter().rposition(takes_out).unwrap_or_default();
    &pushes[from..]
}

/// Whoever pushed the head, as the activity of its repository tells it; none if it does not.
async fn lately(gitea: &Gitea, pull: &PullRequest) -> Result<Option<Option<Account>>, Error> {
    let Some(home) = &pull.head_repo else { return Ok(None) };
    let recent = match gitea.recent_pushes(&home.name).await {
        // A fork may be closed to timmy.
        Err(Error::Forbidden { .. }) => return Ok(None),
        recent => recent?,
    };
    let is_it = |push: &crate::gitea::RepoPush| {
        push.branch == pull.head_branch && push.head.as_ref() == Some(&pull.head)
    };
    Ok(recent.pushes.into_iter().find(is_it).map(|push| push.by))
}

#[cfg(test)]
mod tests {
    use crate::core::model::time::Timestamp;
    use crate::engine::head_pushers::*;

    fn push(by: &str, is_force: bool) -> PullPush {
        let by = Some(Account { id: 1, login: by.to_owned() });
        let head = "a".repeat(40).parse().expect("a commit");
        PullPush { by, head, commits: Vec::new(), is_force, at: Some(Timestamp::default()) }
    }

    #[test]
    fn a_persons_force_push_takes_out_what_was_there_and_an_agents_does_not() {
        let is_agents = |account: &Account| account.login == "ezra";
        let left = |pushes: &[PullPush]| kept(pushes, &is_agents).len();
        assert_eq!(left(&[push("ezra", false), push("anna", false)]), 2);
        assert_eq!(left(&[push("ezra", false), push("anna", true), push("anna", false)]), 2);
        assert_eq!(left(&[push("anna", false), push("ezra", true)]), 2);
        assert_eq!(left(&[]), 0);
    }
}
