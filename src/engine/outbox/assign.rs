//! Who is assigned: the list is read, and replaced if it differs.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{BLOCKED, SetAssignees};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;

impl Deliver for SetAssignees {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let present = assigned(to).await?;
        Ok((self.wanted(&present) == present).then(Applied::default))
    }

    /// Nobody is lost on the way.
    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let present = assigned(to).await?;
        let wanted = self.wanted(&present);
        let applied = Applied::written(WriteKind::Setting);
        if wanted == present {
            return Ok(applied);
        }
        let logins: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let then = match to.ctx.gitea.set_assignees(to.name(), to.number(), &logins).await {
            // By somebody who was to be assigned: that says nothing about the thread.
            Err(Error::Blocked) => return Err(ApplyError::Refused(BLOCKED)),
            then => then?,
        };
        // Gitea takes the request and leaves everything as it was if the account may not write.
        if then.assignees.len() == wanted.len() {
            Ok(applied)
        } else {
            let message = "my account may not change assignees".to_owned();
            Err(Error::Forbidden { message }.into())
        }
    }
}

async fn assigned(to: &EffectDelivery<'_>) -> Result<Vec<String>, ApplyError> {
    let item = to.ctx.gitea.issue(to.name(), to.number()).await?;
    Ok(item.assignees.into_iter().map(|account| account.login).collect())
}
