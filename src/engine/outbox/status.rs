//! What timmy says of a commit: the newest status of its context, by its own account. Anybody who
//! may push can say something under the same name; then it is said again.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::SetStatus;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;

impl Deliver for SetStatus {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.id;
        let newest = to.ctx.gitea.combined_status(to.name(), &self.commit.to_string()).await?;
        let said = newest.iter().find(|status| status.context == self.says.context);
        let is_said = said.is_some_and(|status| {
            status.by.as_ref().is_some_and(|by| by.id == own)
                && status.state == self.says.state
                && status.description == self.says.description
                && status.target_url == self.says.target_url
        });
        Ok(is_said.then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        to.ctx.gitea.say_of(to.name(), &self.commit, &self.says).await?;
        Ok(Applied::written(WriteKind::Setting))
    }
}
