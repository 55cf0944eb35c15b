//! Has judged what the forge shows of what a job brought.

use std::time::Duration;

use super::Jobs;
use super::drivers::JobResult;
use super::look::{NextLook, SeenJob, told};
use crate::core::jobs::JobEvent;
use crate::store::{Error, jobs};

/// How long it is from one look to the next at what cannot be told yet.
const AGAIN: Duration = Duration::from_secs(15);

impl Jobs {
    pub(super) async fn verify(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let (Some(forge), Some(repo)) = (&self.forge, seen.repo.clone()) else {
            return Ok(NextLook::Idle);
        };
        let id = seen.id();
        let attempts = self.ctx.ledger.read(move |conn| jobs::attempts(conn, id)).await?;
        let result = JobResult { job: seen.job.clone(), repo, attempts };
        match forge.judge(&result).await {
            Ok(Some(judgement)) => {
                self.watches.with(id, |watch| watch.failures = 0);
                let told_it = self.tell(id, JobEvent::Judged(judgement)).await?;
                Ok(told(told_it.is_some()).or(NextLook::At(self.ctx.now().after(AGAIN))))
            }
            Ok(None) => Ok(NextLook::At(self.ctx.now().after(AGAIN))),
            Err(error) => {
                self.incidents.met(&error, seen.job.spec.thread).await;
                Ok(self.later(seen))
            }
        }
    }
}
