//! What a target branch requires, and what was said of its last heads. It is the same for all that
//! is to be merged there, so it is kept for some minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::readable::readable;
use crate::core::guards::CannotBeRead;
use crate::core::jobs::Commit;
use crate::core::model::commit_status::CommitStatus;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, Gitea, PullRequest};

/// How long it is believed.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// How many branches are kept.
const MOST: usize = 200;

/// How many heads are looked at.
const HEADS: usize = 3;

#[derive(Debug)]
pub(super) struct TargetFacts {
    pub(super) head: Commit,
    /// The contexts that it requires, as patterns.
    pub(super) required: Result<Vec<String>, CannotBeRead>,
    /// What was said of its last heads, the newest first.
    pub(super) said: Vec<Vec<CommitStatus>>,
    read_at: Timestamp,
}

/// What is known of target branches.
#[derive(Debug, Default)]
pub(in crate::engine) struct Targets(Mutex<HashMap<(RepoId, String), Arc<TargetFacts>>>);

impl Targets {
    /// Where a pull request is to be merged; none if that branch is gone.
    pub(super) async fn of(
        &self,
        gitea: &Gitea,
        repo: &Repo,
        pull: &PullRequest,
        now: Timestamp,
    ) -> Result<Option<Arc<TargetFacts>>, Error> {
        let key = (repo.id, pull.base_branch.clone());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let is_fresh = |known: &Arc<TargetFacts>| {
            pull.base.as_ref() == Some(&known.head) && !known.read_at.is_over(KEPT, now)
        };
        if let Some(known) = known.filter(is_fresh) {
            return Ok(Some(known));
        }
        let Some(read) = read(gitea, repo, &pull.base_branch, now).await? else { return Ok(None) };
        let read = Arc::new(read);
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST {
            table.clear();
        }
        table.insert(key, read.clone());
        Ok(Some(read))
    }
}

async fn read(
    gitea: &Gitea,
    repo: &Repo,
    branch: &str,
    now: Timestamp,
) -> Result<Option<TargetFacts>, Error> {
    let Some(found) = gitea.branch(&repo.name, branch).await? else { return Ok(None) };
    let (required, said) = match readable(said_of_heads(gitea, &repo.name, &found.head).await)? {
        Ok(said) => (Ok(found.status_contexts), said),
        Err(why) => (Err(why), Vec::new()),
    };
    Ok(Some(TargetFacts { head: found.head, required, said, read_at: now }))
}

/// What was said of the last heads of a branch, from its head on.
pub(in crate::engine) async fn said_of_heads(
    gitea: &Gitea,
    repo: &RepoName,
    head: &Commit,
) -> Result<Vec<Vec<CommitStatus>>, Error> {
    let mut said = Vec::new();
    for head in gitea.earlier_heads(repo, head, HEADS).await? {
        said.push(gitea.combined_status(repo, &head.to_string()).await?);
    }
    Ok(said)
}
