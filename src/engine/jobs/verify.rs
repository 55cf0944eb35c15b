//! Has judged what the forge shows of what a job brought.

use std::time::Duration;

use super::Jobs;
use super::drivers::{JobEvidence, JobResult};
use super::look::{NextLook, SeenJob, told};
use crate::core::jobs::{JobEvent, Push};
use crate::store::{Error, Transaction, jobs};

/// How long it is from one look to the next at what may still be pushed.
const LATE: Duration = Duration::from_secs(10 * 60);

/// How long it is from one look to the next at what cannot be told yet.
const AGAIN: Duration = Duration::from_secs(15);

impl Jobs {
    pub(super) async fn verify(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let Some(result) = self.result(seen).await? else { return Ok(NextLook::Idle) };
        let id = seen.id();
        match self.forge.judge(&result).await {
            Ok(Some(evidence)) => {
                self.watches.with(id, |watch| watch.failures = 0);
                let told_it = self.judged(seen, evidence).await?;
                Ok(told(told_it).or(NextLook::At(self.ctx.now().after(AGAIN))))
            }
            Ok(None) => Ok(NextLook::At(self.ctx.now().after(AGAIN))),
            Err(error) => {
                self.incidents.met(&error, seen.job.spec.thread).await;
                Ok(self.later(seen))
            }
        }
    }

    /// What a job may have brought.
    async fn result(&self, seen: &SeenJob) -> Result<Option<JobResult>, Error> {
        let Some(repo) = seen.repo.clone() else { return Ok(None) };
        let id = seen.id();
        let attempts = self.ctx.ledger.read(move |conn| jobs::attempts(conn, id)).await?;
        Ok(Some(JobResult { job: seen.job.clone(), repo, attempts }))
    }

    /// Looks whether an agent that was not seen to stop pushed something since.
    pub(super) async fn look_for_late(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let again = NextLook::At(self.ctx.now().after(LATE));
        let Some(result) = self.result(seen).await? else { return Ok(NextLook::Idle) };
        let push = match self.forge.judge(&result).await {
            Ok(evidence) => evidence.and_then(|evidence| evidence.head_push),
            Err(error) => {
                self.incidents.met(&error, seen.job.spec.thread).await;
                return Ok(self.later(seen));
            }
        };
        if let Some(push) = push.filter(|push| self.is_news(seen, push)) {
            self.tell(seen.id(), JobEvent::Pushed(push)).await?;
        }
        Ok(again)
    }

    /// What was found is kept with what it makes of the job, so that what is said of it is told
    /// from the same.
    async fn judged(&self, seen: &SeenJob, evidence: JobEvidence) -> Result<bool, Error> {
        let id = seen.id();
        let JobEvidence { judgement, merged, findings, head_push } = evidence;
        let last = seen.job.past.last.as_ref().map(|last| last.fence());
        let keep = move |tx: &Transaction<'_>| match last {
            Some(fence) => jobs::keep_findings(tx, fence, &findings),
            None => Ok(()),
        };
        if let Some(commit) = merged {
            return Ok(self.tell_with(id, JobEvent::Merged(commit), keep).await?.is_some());
        }
        // Late work is known before it is judged; a push that is known moves nothing.
        if let Some(push) = head_push.filter(|push| self.is_news(seen, push)) {
            return Ok(self.tell_with(id, JobEvent::Pushed(push), keep).await?.is_some());
        }
        Ok(self.tell_with(id, JobEvent::Judged(judgement), keep).await?.is_some())
    }

    /// Whether a push was not told before.
    fn is_news(&self, seen: &SeenJob, push: &Push) -> bool {
        self.watches.with(seen.id(), |watch| {
            let is_known = watch.pushed.as_ref() == Some(&push.commit)
                || seen.job.past.commit.as_ref() == Some(&push.commit);
            watch.pushed = Some(push.commit.clone());
            !is_known
        })
    }
}
