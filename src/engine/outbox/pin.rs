//! An issue is pinned, as far as the account may: a pin is worth no dead letter.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::Pin;
use crate::engine::try_result::Applied;
use crate::gitea::Recovery;

impl Deliver for Pin {
    /// One that is pinned already stays so when it is pinned again.
    async fn find(&self, _: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        Ok(None)
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        match to.ctx.gitea.pin(to.name(), to.number()).await {
            Ok(()) => Ok(Applied::default()),
            Err(error) if matches!(error.heals(), Recovery::Later(_)) => Err(error.into()),
            Err(error) => {
                tracing::info!(issue = to.number(), repository = %to.name(), %error, "not pinned");
                Ok(Applied::default())
            }
        }
    }
}
