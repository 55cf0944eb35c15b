//! Approvals of timmy's that count no more, since the yes that they stood for is void: they would satisfy
//! a branch that demands approvals, and offer people to merge. They are dismissed, which leaves them to be
//! read. Where timmy may not do that, it deletes them: that the author of a review always may.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::WithdrawApproval;
use crate::core::effect::marker::key_of;
use crate::core::model::verdict::Opinion;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;

impl Deliver for WithdrawApproval {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        Ok(approvals(to).await?.is_empty().then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        for review in approvals(to).await? {
            if self.withdraw(to, review).await? {
                applied = Applied::written(WriteKind::Setting);
            }
        }
        Ok(applied)
    }
}

impl WithdrawApproval {
    /// Whether it counts no more. Where the forge lets timmy do neither, it stands: what timmy says of
    /// the yes is true all the same.
    async fn withdraw(&self, to: &EffectDelivery<'_>, review: i64) -> Result<bool, ApplyError> {
        let (gitea, name, number) = (&to.ctx.gitea, to.name(), to.number());
        let withdrawn = match gitea.dismiss_review(name, number, review, &self.word).await {
            Err(Error::Forbidden { .. }) => gitea.delete_review(name, number, review).await,
            dismissed => dismissed,
        };
        match withdrawn {
            Ok(()) => Ok(true),
            Err(error @ (Error::Forbidden { .. } | Error::NotFound { .. })) => {
                tracing::debug!(review, %error, "an approval is not withdrawn");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What timmy approved there that still counts. What somebody else wrote under its account is theirs.
async fn approvals(to: &EffectDelivery<'_>) -> Result<Vec<i64>, ApplyError> {
    let own = to.identity.get().await?.id;
    let reviews = match to.ctx.gitea.all_reviews(to.name(), to.number()).await {
        // The pull request is gone, and they with it.
        Err(Error::NotFound { .. }) => return Ok(Vec::new()),
        reviews => reviews?,
    };
    let counts = reviews.into_iter().filter(|review| {
        let written = &review.text.written;
        review.verdict.opinion == Opinion::Approved
            && !review.verdict.is_dismissed
            && written.author.as_ref().is_some_and(|by| by.id == own)
            && key_of(&written.body).is_some()
    });
    Ok(counts.map(|review| review.id).collect())
}
