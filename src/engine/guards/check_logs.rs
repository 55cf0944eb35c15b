//! Reads how the logs of red checks end, for whoever is to mend them. What cannot be read is left
//! out: it is no reason to wait.

use crate::core::guards::{CheckLink, CommitVerdict, EvidenceLink, FindingCode, LogEnd};
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;
use crate::engine::context::Context;

/// How many logs are read of one commit.
const MOST_LOGS: usize = 3;

/// How much of the end of a log is read, in bytes: more than is kept, so that a secret in it is seen
/// whole.
const READ: usize = 64 << 10;

/// Adds to what blocks since a check is red how its log ends.
pub(in crate::engine) async fn add_check_logs(
    ctx: &Context,
    repo: &RepoName,
    verdict: &mut CommitVerdict,
) {
    let commit = verdict.commit.clone();
    let in_force = verdict.results.iter_mut().filter(|result| result.lifted.is_none());
    let findings = in_force.flat_map(|result| &mut result.findings);
    let red = findings.filter(|finding| finding.code == FindingCode::CheckRed);
    let links = red.filter_map(|finding| match &mut finding.link {
        Some(EvidenceLink::Check(link)) => Some(link),
        _ => None,
    });
    let mut links: Vec<&mut CheckLink> = links.collect();
    read_check_logs(ctx, repo, &commit, &mut links).await;
}

/// Reads how the logs of these checks of a commit end.
pub(in crate::engine) async fn read_check_logs(
    ctx: &Context,
    repo: &RepoName,
    commit: &Commit,
    links: &mut [&mut CheckLink],
) {
    for (n, link) in links.iter_mut().enumerate() {
        if n < MOST_LOGS {
            link.log = log_end(ctx, repo, commit, &link.url).await;
        }
        // Actions give the path alone, which leads nowhere outside of the forge's own pages.
        if link.url.starts_with('/')
            && let Ok(url) = ctx.policy.jobs.forge.join(&link.url)
        {
            link.url = url.into();
        }
    }
}

async fn log_end(ctx: &Context, repo: &RepoName, commit: &Commit, url: &str) -> Option<LogEnd> {
    match ctx.gitea.job_log(repo, commit, url, READ).await {
        Ok(log) => {
            let log = log?;
            LogEnd::of(&log.text, log.is_cut, |text| ctx.policy.jobs.redactor.redact(text))
        }
        Err(error) => {
            tracing::info!(%repo, %commit, %error, "the log of a check cannot be read");
            None
        }
    }
}
