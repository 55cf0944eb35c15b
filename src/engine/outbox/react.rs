//! A reaction. The forge keeps one of a kind for each account, so it may be given again.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::React;
use crate::engine::try_result::Applied;
use crate::gitea::Error;

impl Deliver for React {
    async fn find(&self, _: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        Ok(None)
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let gitea = &to.ctx.gitea;
        match gitea.react(to.name(), to.number(), self.subject, self.reaction).await {
            // Whoever may read may react: that the forge took it says nothing about other writes.
            // What one reacts to was deleted: nobody is left to see it. A look is worth no dead
            // letter where the server has no such reaction, or somebody wants none of timmy's.
            Ok(_)
            | Err(Error::NotFound { .. } | Error::Blocked | Error::ReactionNotAllowed { .. }) => {
                Ok(Applied::default())
            }
            Err(error) => Err(error.into()),
        }
    }
}
