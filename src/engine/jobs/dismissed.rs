//! Reviews by agents that somebody dismissed in the pause before what they asked for is done: nobody is
//! told of them, and a round for nothing else is not begun.

use super::Jobs;
use super::look::{NextLook, SeenJob};
use super::review_looks::AGAIN;
use crate::core::jobs::{Job, JobEvent, Past};
use crate::core::model::repository::Repo;
use crate::engine::dismissed_reviews::reviews_as_shown;
use crate::engine::error::EngineError;
use crate::gitea;
use crate::store::{Error, jobs};

/// What became of the reviews that no agent heard yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnheardReviews {
    /// They ask for what they asked for.
    AsKnown,
    /// The job was told that some do not.
    Dismissed,
    /// It cannot be found out now.
    Unknown,
}

impl Jobs {
    /// Tells a job that is about to begin which of the reviews that no agent heard yet were dismissed. When
    /// it is looked at again, if it does not simply go on.
    pub(super) async fn forget_dismissed(&self, seen: &SeenJob) -> Result<Option<NextLook>, Error> {
        Ok(match self.unheard_reviews(&seen.job, seen.repo.as_ref()).await? {
            UnheardReviews::AsKnown => None,
            UnheardReviews::Dismissed => Some(NextLook::Again),
            UnheardReviews::Unknown => Some(self.later(seen)),
        })
    }

    /// The same of a job that waits for something before it can begin.
    pub(super) async fn forget_while_it_waits(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        if !is_to_hear_reviews(&seen.job.past) {
            return Ok(NextLook::Idle);
        }
        Ok(match self.is_any_dismissed(&seen.job, seen.repo.as_ref()).await? {
            true => NextLook::Again,
            false => NextLook::At(self.ctx.now().after(AGAIN)),
        })
    }

    /// The same of one that waits, now and then. Whether it was told something: it may wait no more.
    pub(super) async fn is_any_dismissed(
        &self,
        job: &Job,
        repo: Option<&Repo>,
    ) -> Result<bool, Error> {
        if !is_to_hear_reviews(&job.past) || !self.review_looks.is_time(job.spec.id, self.ctx.now())
        {
            return Ok(false);
        }
        Ok(self.unheard_reviews(job, repo).await? == UnheardReviews::Dismissed)
    }

    async fn unheard_reviews(
        &self,
        job: &Job,
        repo: Option<&Repo>,
    ) -> Result<UnheardReviews, Error> {
        let (Some(pull), Some(repo), true) = (job.pull(), repo, is_to_hear_reviews(&job.past))
        else {
            return Ok(UnheardReviews::AsKnown);
        };
        match reviews_as_shown(&self.ctx, &repo.name, pull).await {
            Ok(_) => {}
            // That it is gone is found where the work begins.
            Err(EngineError::Forge(gitea::Error::NotFound { .. })) => {
                return Ok(UnheardReviews::AsKnown);
            }
            Err(error) => {
                self.incidents.met(&error.of_forge()?, job.lane()).await;
                return Ok(UnheardReviews::Unknown);
            }
        }
        let (id, job) = (job.spec.id, job.clone());
        let texts = self.ctx.ledger.read(move |conn| jobs::dismissed_texts(conn, &job)).await?;
        let mut found = UnheardReviews::AsKnown;
        for text in texts {
            tracing::info!(job = %id, text, "a review was dismissed before it was heard");
            if self.tell(id, JobEvent::Dismissed(text)).await?.is_some() {
                found = UnheardReviews::Dismissed;
            }
        }
        Ok(found)
    }
}

/// Whether an agent asked for changes of which no agent has heard.
fn is_to_hear_reviews(past: &Past) -> bool {
    past.by_agents.iter().any(|text| past.unheard.contains(text))
}
