//! How what the agent named, and what it was given, lies to the head of the job's branch.

use super::query::EvidenceQuery;
use crate::core::jobs::evidence::{GivenHead, NamedCommit};
use crate::core::jobs::{AgentClaim, Commit};
use crate::gitea::{Error, Gitea};

/// The commit that the agent named, if it is not the head.
pub(super) async fn named(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    head: Option<&Commit>,
) -> Result<NamedCommit, Error> {
    let AgentClaim::PullRequest { commit: Some(commit), .. } = query.claim else {
        return Ok(NamedCommit::NoOther);
    };
    let Some(head) = head.filter(|head| *head != commit) else { return Ok(NamedCommit::NoOther) };
    let named = commit.clone();
    if gitea.commit(query.repo, commit).await?.is_none() {
        return Ok(NamedCommit::Gone(named));
    }
    Ok(match gitea.descends(query.repo, head, commit).await? {
        Some(true) => NamedCommit::Behind(named),
        Some(false) => NamedCommit::Elsewhere(named),
        None => NamedCommit::CannotTell(named),
    })
}

/// Whether the branch holds the commit that a repair was given.
pub(super) async fn kept(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    head: Option<&Commit>,
) -> Result<GivenHead, Error> {
    let (Some(given), Some(head)) = (query.given, head) else { return Ok(GivenHead::Yes) };
    Ok(match gitea.descends(query.repo, head, given).await? {
        Some(true) => GivenHead::Yes,
        Some(false) => GivenHead::No(given.clone()),
        None => GivenHead::CannotTell(given.clone()),
    })
}
