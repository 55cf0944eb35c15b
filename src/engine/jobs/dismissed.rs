//! Reviews by agents that somebody dismissed in the pause before what they asked for is done: nobody is
//! told of them, and a round for nothing else is not begun.

use super::Jobs;
use super::look::{NextLook, SeenJob};
use crate::core::jobs::JobEvent;
use crate::engine::dismissed_reviews::reviews_as_shown;
use crate::engine::error::EngineError;
use crate::gitea;
use crate::store::{Error, jobs};

impl Jobs {
    /// Tells a job that is about to begin which of the reviews that no agent heard yet were dismissed. When
    /// it is looked at again, if it does not simply go on.
    pub(super) async fn forget_dismissed(&self, seen: &SeenJob) -> Result<Option<NextLook>, Error> {
        let past = &seen.job.past;
        let is_told = past.by_agents.iter().any(|text| past.unheard.contains(text));
        let (Some(pull), Some(repo), true) = (seen.job.pull(), &seen.repo, is_told) else {
            return Ok(None);
        };
        match reviews_as_shown(&self.ctx, &repo.name, pull).await {
            Ok(_) => {}
            // That it is gone is found where the work begins.
            Err(EngineError::Forge(gitea::Error::NotFound { .. })) => return Ok(None),
            Err(error) => {
                self.incidents.met(&error.of_forge()?, seen.job.lane()).await;
                return Ok(Some(self.later(seen)));
            }
        }
        let job = seen.job.clone();
        let texts = self.ctx.ledger.read(move |conn| jobs::dismissed_texts(conn, &job)).await?;
        let mut is_news = false;
        for text in texts {
            tracing::info!(job = %seen.id(), text, "a review was dismissed before it was heard");
            is_news |= self.tell(seen.id(), JobEvent::Dismissed(text)).await?.is_some();
        }
        Ok(is_news.then_some(NextLook::Again))
    }
}
