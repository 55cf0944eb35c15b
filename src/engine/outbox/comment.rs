//! A new comment, found again by its marker.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::CreateComment;
use crate::core::effect::marker::key_of;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;

/// How much earlier than it can be a comment is looked for: the forge's clock may have been set
/// back meanwhile.
const MARGIN: Duration = Duration::from_secs(600);

impl Deliver for CreateComment {
    /// Of several, all but one are deleted: the one that is known stays, else the first.
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.id;
        let since = self.since.before(MARGIN);
        let comments = to.ctx.gitea.comments_of(to.name(), to.number(), Some(since)).await?;
        let mut found: Vec<i64> = comments
            .iter()
            .filter(|c| c.author.as_ref().is_some_and(|author| author.id == own))
            .filter(|c| key_of(&c.body) == Some(&to.row.key))
            .map(|c| c.id)
            .collect();
        found.sort_unstable_by_key(|id| (Some(*id) != to.row.comment, *id));
        for duplicate in found.iter().skip(1) {
            tracing::warn!(effect = %to.row.key, comment = duplicate, "late duplicate: deleted");
            to.ctx.gitea.delete_comment(to.name(), *duplicate).await?;
        }
        Ok(found.first().map(|id| Applied { id: Some(*id), written: None }))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let body = self.body.text();
        let comment = to.ctx.gitea.post_comment(to.name(), to.number(), &body).await?;
        Ok(Applied { id: Some(comment.id), written: Some(WriteKind::Text) })
    }
}
