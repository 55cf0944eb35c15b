//! The pull request of the job's branch, and the one that the agent named.

use super::query::EvidenceQuery;
use crate::core::jobs::AgentClaim;
use crate::core::jobs::evidence::{NamedPull, PullFacts, PullStanding};
use crate::gitea::{Error, Gitea, PullRequest, PullState};

/// The pull request of the job's branch: that which was adopted, the open one, else the one that was.
pub(super) async fn of_branch(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
) -> Result<Option<PullRequest>, Error> {
    if let Some(thread) = query.thread.filter(|_| query.branch.is_adopted()) {
        return gitea.pull(query.repo, thread).await;
    }
    let branch = query.branch.to_string();
    let first = gitea.pull_of_branches(query.repo, query.base_branch, &branch).await?;
    if first.as_ref().is_some_and(|pull| pull.state == PullState::Open) {
        return Ok(first);
    }
    // A second one of the same branch, or one for another base.
    let open = gitea.open_pulls_of(query.repo, &branch).await?;
    Ok(open.into_iter().next().or(first))
}

/// The pull request that the agent named, if it is no one of the job's branch.
pub(super) async fn named(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    of_branch: Option<&PullRequest>,
) -> Result<NamedPull, Error> {
    let AgentClaim::PullRequest { number: Some(number), .. } = query.claim else {
        return Ok(NamedPull::NoOther);
    };
    if of_branch.is_some_and(|pull| pull.number == *number) {
        return Ok(NamedPull::NoOther);
    }
    Ok(match gitea.pull(query.repo, *number).await? {
        None => NamedPull::Missing(*number),
        Some(pull) if is_of_job(query, &pull) => NamedPull::NoOther,
        Some(pull) => NamedPull::Other(facts(query, pull)),
    })
}

fn is_of_job(query: EvidenceQuery<'_>, pull: &PullRequest) -> bool {
    pull.head_branch == query.branch.to_string() && !pull.is_from_fork()
}

pub(super) fn facts(query: EvidenceQuery<'_>, pull: PullRequest) -> PullFacts {
    let is_from_fork = pull.is_from_fork();
    let standing = match pull.state {
        PullState::Open => PullStanding::Open,
        PullState::Closed => PullStanding::Closed,
        PullState::Merged { commit, .. } => PullStanding::Merged(commit),
    };
    PullFacts {
        number: pull.number,
        is_agents: pull.author.as_ref().is_some_and(|author| query.is_agents(author)),
        author: pull.author.map(|author| author.login),
        standing,
        head_branch: pull.head_branch,
        head: pull.head,
        is_from_fork,
        base_branch: pull.base_branch,
    }
}
