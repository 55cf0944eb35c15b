//! A thread is opened again, or closed.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::SetOpen;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;

impl Deliver for SetOpen {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let issue = to.ctx.gitea.issue(to.name(), to.number()).await?;
        Ok((issue.open == self.open).then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        if let Some(found) = self.find(to).await? {
            return Ok(found);
        }
        to.ctx.gitea.set_open(to.name(), to.number(), self.open).await?;
        Ok(Applied::written(WriteKind::Setting))
    }
}
