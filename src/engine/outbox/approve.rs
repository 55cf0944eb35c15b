//! An approving review of one commit, found again by its marker. Where timmy's own account opened
//! the pull request the forge takes no review of it, and the person's word in the thread is all.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::ApprovePull;
use crate::core::effect::marker::{key_of, marker};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;
use crate::store::decisions;
use crate::store::jobs::{self, StoredJob};

impl Deliver for ApprovePull {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.id;
        let reviews = to.ctx.gitea.all_reviews(to.name(), to.number()).await?;
        let mut written = reviews.iter().map(|review| &review.text.written);
        let is_it = written.any(|review| {
            review.author.as_ref().is_some_and(|by| by.id == own)
                && key_of(&review.body) == Some(&to.row.key)
        });
        Ok(is_it.then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        // Somebody went on with the job otherwise, and what it brought then is another matter.
        if !self.is_wanted(to).await? {
            return Ok(Applied::default());
        }
        let body = format!("{}\n\n{}", self.word, marker(&to.row.key));
        match to.ctx.gitea.approve(to.name(), to.number(), &self.commit, &body).await {
            Ok(_) => Ok(Applied::written(WriteKind::Setting)),
            // Its own pull request, or one that is closed.
            Err(Error::Unprocessable { .. }) => Ok(Applied::default()),
            // So Gitea answers for a commit that is not in the pull request any more: the merge
            // will find that, and say so.
            Err(Error::Server { .. }) if self.has_moved(to).await? => Ok(Applied::default()),
            Err(error) => Err(error.into()),
        }
    }
}

impl ApprovePull {
    async fn is_wanted(&self, to: &EffectDelivery<'_>) -> Result<bool, ApplyError> {
        let Some(job) = self.job else { return Ok(true) };
        let read = to.ctx.ledger.read(move |conn| {
            Ok((jobs::get(conn, job)?, decisions::is_yes_taken_back(conn, job)?))
        });
        let (stored, is_taken_back) = read.await?;
        let is_accepted = |stored: StoredJob| stored.job.is_accepted_as(to.number(), &self.commit);
        Ok(!is_taken_back && stored.is_some_and(is_accepted))
    }

    async fn has_moved(&self, to: &EffectDelivery<'_>) -> Result<bool, ApplyError> {
        let pull = to.ctx.gitea.pull(to.name(), to.number()).await?;
        Ok(pull.is_none_or(|pull| pull.head != self.commit))
    }
}
