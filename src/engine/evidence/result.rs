//! The result of a job, as the engine knows it, judged by what the forge shows.

use super::gather::{Evidence, gather_evidence};
use super::query::EvidenceQuery;
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::{AgentClaim, Branch, Commit, Job, ResultJudgement, WorkKind};
use crate::core::model::account::Account;
use crate::engine::jobs::JobResult;
use crate::gitea::{Error, Gitea};

/// What was found of a job's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedResult {
    /// What the job is told.
    pub judgement: ResultJudgement,
    /// What a person is told.
    pub evidence: Evidence,
}

/// Looks at the forge for what the last attempt of a job brought, by the agent whose account is
/// `agent`, or by timmy's `own` for it. None if the repository has no branch to begin at.
///
/// # Errors
/// If the forge cannot be asked now: then nothing is known.
pub async fn judge_result(
    gitea: &Gitea,
    result: &JobResult,
    agent: &Account,
    own: &Account,
) -> Result<Option<JudgedResult>, Error> {
    let JobResult { job, repo, attempts } = result;
    let repo = &repo.name;
    let seen = gitea.visible_repo(repo).await?.entries.into_iter().next();
    let base_branch = seen.and_then(|seen| seen.default_branch);
    let (Some(attempt), Some(base_branch)) = (attempts.last(), base_branch) else {
        return Ok(None);
    };
    let Some(base) = gitea.branch(repo, &base_branch).await? else { return Ok(None) };
    let said = attempt.said.as_deref();
    let claim = said.map_or(AgentClaim::Nothing, |said| read_result(said).claim);
    let thread = job.spec.thread.number;
    let query = EvidenceQuery {
        repo,
        thread,
        purpose: job.spec.purpose,
        branch: Branch { thread, job: job.spec.id, number: attempt.branch },
        base_branch: &base_branch,
        base: &base.head,
        given: given(job),
        claim: &claim,
        agent,
        own,
        since: attempt.started_at.unwrap_or(attempt.leased_at),
    };
    let evidence = gather_evidence(gitea, query).await?;
    let found = &evidence.findings;
    let judgement = ResultJudgement {
        look: job.past.look,
        commit: found.commit.clone(),
        pull: found.pull,
        verdict: found.verdict,
        digest: found.digest.clone(),
    };
    Ok(Some(JudgedResult { judgement, evidence }))
}

/// The head that the last attempt was given, if it was to repair it.
fn given(job: &Job) -> Option<&Commit> {
    match job.past.last.as_ref()?.work {
        WorkKind::Begin => None,
        WorkKind::Repair(_) => job.past.commit.as_ref(),
    }
}
