//! The reviews of a crew, which come before a person is asked to accept what was reviewed. One that
//! somebody dismissed says nothing any more: it is asked for again.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob};
use crate::core::crew::Crew;
use crate::core::jobs::JobId;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::engine::dismissed_reviews::{DismissedReview, dismissed_review};
use crate::engine::error::EngineError;
use crate::store::{Error, Transaction, jobs};

/// How long it is from one look whether a crew's reviews are over to the next.
const AWAITS: Duration = Duration::from_secs(10);

impl Jobs {
    /// A crew's reviews come before the question.
    pub(super) async fn await_reviews(&self, crew: JobId) -> Result<NextLook, Error> {
        self.begin_reviews(crew).await?;
        Ok(NextLook::At(self.ctx.now().after(AWAITS)))
    }

    /// Begins the reviews of a crew before which something else was in the way.
    pub(super) async fn begin_reviews(&self, crew: JobId) -> Result<(), Error> {
        let now = self.ctx.now();
        self.ctx.ledger.write(move |tx| jobs::crew_due(tx, crew, now)).await?;
        self.ctx.stored.notify();
        Ok(())
    }

    /// Asks again for a review of `crew` that was dismissed, before a person is asked to accept what it was
    /// of. Whether there was one.
    ///
    /// # Errors
    /// As any read.
    pub(super) async fn ask_reviews_again(
        &self,
        (seen, repo): (&SeenJob, &Repo),
        crew: &Crew,
    ) -> Result<bool, EngineError> {
        let (Some(pull), Some(head)) = (seen.job.past.pull, seen.job.past.commit.as_ref()) else {
            return Ok(false);
        };
        let thread = ThreadId { repo: repo.id, number: pull };
        let found = dismissed_review(&self.ctx, (&repo.name, thread), crew, head).await?;
        let Some(DismissedReview { task, job, agent }) = found else { return Ok(false) };
        let (crew, now) = (crew.id, self.ctx.now());
        tracing::info!(%crew, task, agent, "its review was dismissed, and is asked for again");
        let write = self
            .ctx
            .ledger
            .write(move |tx: &Transaction<'_>| jobs::review_dismissed(tx, crew, (task, job), now));
        write.await?;
        self.ctx.stored.notify();
        Ok(true)
    }
}
