//! The pull requests of a job's own earlier branches. An attempt that was lost left them, and the job
//! knows them no more; somebody may have merged one all the same.

use crate::core::jobs::{Commit, Job, MergedBefore};
use crate::core::model::repository::Repo;
use crate::gitea::{Error, Gitea, PullRequest, PullState};

/// How many branches are looked at: the latest.
const MOST: usize = 5;

/// Those that were merged into `base`, each with what the merge made; the latest first. What the job
/// knows to be merged before people wanted it once more (`known`) is no news.
pub(super) async fn merged_before(
    gitea: &Gitea,
    repo: &Repo,
    (job, known): (&Job, &[MergedBefore]),
    base: &str,
) -> Result<Vec<(PullRequest, Commit)>, Error> {
    let mut merged = Vec::new();
    if job.spec.adopts.is_some() {
        return Ok(merged);
    }
    let latest = job.past.branch.saturating_sub(1);
    for number in (1..=latest).rev().take(MOST) {
        let branch = job.branch_numbered(number).to_string();
        let Some(pull) = gitea.pull_of_branches(&repo.name, base, &branch).await? else {
            continue;
        };
        if let PullState::Merged { commit, .. } = &pull.state {
            let commit = commit.clone().unwrap_or_else(|| pull.head.clone());
            let is_known =
                |one: &MergedBefore| one.pull == Some(pull.number) || one.commit == commit;
            if !known.iter().any(is_known) {
                merged.push((pull, commit));
            }
        }
    }
    Ok(merged)
}
