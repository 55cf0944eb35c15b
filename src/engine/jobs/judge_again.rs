//! Judges what stands in the pull request of a job that is done: whoever pushes to it afterwards
//! wakes no job, and is told what the guards say of it all the same.

use std::time::Duration;

use super::Jobs;
use super::drivers::JobResult;
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{Commit, Job, JobEvent, Push, State, Verdict, Verifying};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::engine::error::EngineError;
use crate::store::jobs;

/// How long it is from one look to the next at what cannot be told yet.
const AGAIN: Duration = Duration::from_secs(60);

/// What the guards say of it.
pub(in crate::engine) enum JudgedAgain {
    Found {
        commit: Commit,
        verdict: Verdict,
        found: Vec<Finding>,
    },
    /// There is nothing that could be judged.
    Nothing,
    /// It was merged meanwhile.
    Merged,
    /// That cannot be told before then.
    Later(Timestamp),
}

impl Jobs {
    /// Judges the head of its pull request, which moved at `since`.
    pub(in crate::engine) async fn judge_again(
        &self,
        job: &Job,
        repo: &Repo,
        since: Timestamp,
    ) -> Result<JudgedAgain, EngineError> {
        let id = job.spec.id;
        let attempts = self.ctx.ledger.read(move |conn| jobs::attempts(conn, id)).await?;
        let mut result =
            JobResult { job: job.clone(), repo: repo.clone(), attempts, is_over: true };
        // As if the job were to be judged, since then.
        let until = since.after(job.spec.limits.judging);
        result.job.state = State::Verifying(Verifying { until });
        let later = || JudgedAgain::Later(self.ctx.now().after(AGAIN));
        let Some(evidence) = self.forge.judge(&result).await? else { return Ok(later()) };
        if evidence.merged.is_some() {
            return Ok(JudgedAgain::Merged);
        }
        // Late work is known before it is judged.
        if let Some(push) = evidence.head_push.clone().filter(|push| is_news(job, push))
            && let Some(pushed) = self.tell(id, JobEvent::Pushed(push)).await?
        {
            result.job.past = pushed.after.past;
        }
        let Some(evidence) = self.forge.examine(&result, evidence).await? else {
            return Ok(later());
        };
        Ok(match evidence.judgement.commit {
            Some(commit) => {
                let (verdict, found) = (evidence.judgement.verdict, evidence.findings);
                JudgedAgain::Found { commit, verdict, found }
            }
            None => JudgedAgain::Nothing,
        })
    }
}

/// Whether the job was not told of a push yet.
fn is_news(job: &Job, push: &Push) -> bool {
    job.past.commit.as_ref() != Some(&push.commit)
}
