//! Approvals of timmy's that count no more, since the yes that they stood for is void: they would satisfy
//! a branch that demands approvals, and offer people to merge. They are dismissed, which leaves them to be
//! read. Where timmy may not do that, it deletes them: that the author of a review always may. Of a pull
//! request that is over they say who accepted it, and stay.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::WithdrawApproval;
use crate::core::effect::marker::key_of;
use crate::core::model::verdict::Opinion;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, PullState};

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

/// What timmy approved there for that yes, and that still counts. What somebody else wrote under its
/// account is theirs.
async fn approvals(to: &EffectDelivery<'_>) -> Result<Vec<i64>, ApplyError> {
    let pull = to.ctx.gitea.pull(to.name(), to.number()).await?;
    if pull.is_none_or(|pull| pull.state != PullState::Open) {
        return Ok(Vec::new());
    }
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
            && key_of(&written.body).is_some_and(|key| is_of_that_yes(key, &to.row.key))
    });
    Ok(counts.map(|review| review.id).collect())
}

/// Whether the same job approved that before it took it back. Numbers of jobs are given once, by whatever
/// ledger; what another ledger counted as its steps says nothing of the order.
fn is_of_that_yes(approval: &str, withdrawal: &str) -> bool {
    let approved = job_and_step(approval, ".approve");
    approved.zip(job_and_step(withdrawal, ".withdraw")).is_some_and(|(yes, void)| {
        let ((before, job, then), (ledger, own, now)) = (yes, void);
        job == own && (then < now || before != ledger)
    })
}

/// The ledger, the job and the step of a key that ends with `what`.
fn job_and_step<'k>(key: &'k str, what: &str) -> Option<(&'k str, &'k str, u64)> {
    let (job, step) = key.strip_suffix(what)?.rsplit_once('.')?;
    let (ledger, job) = job.rsplit_once('-')?;
    Some((ledger, job, step.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::engine::outbox::withdraw_approval::*;

    #[test]
    fn only_the_yes_that_is_void_is_taken_back() {
        let withdrawal = "a-b1c2-j7.12.withdraw";
        for (approval, is_taken_back) in [
            ("a-b1c2-j7.9.approve", true),
            ("a-b1c2-j7.11.approve", true),
            // A later yes of the same job.
            ("a-b1c2-j7.13.approve", false),
            // Another job that shares the pull request.
            ("a-b1c2-j8.9.approve", false),
            ("a-b1c2-j17.9.approve", false),
            // The ledger of which this one is a copy.
            ("ffee-j7.20.approve", true),
            ("ffee-j8.2.approve", false),
            ("a-b1c2-j7.9", false),
            ("j7.9.approve", false),
            ("a-b1c2-j7.x.approve", false),
        ] {
            assert_eq!(is_of_that_yes(approval, withdrawal), is_taken_back, "{approval}");
        }
    }
}
