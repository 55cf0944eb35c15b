//! Who is assigned: people are added and taken off one by one where the forge can do that; else the
//! list is read, and replaced if it differs.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{AssigneeChange, BLOCKED, SetAssignees};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, Extra};

impl Deliver for SetAssignees {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let present = assigned(to).await?;
        let is_there = match to.ctx.gitea.has(Extra::Assignees).await? {
            true => self.change(&present).is_none(),
            false => self.wanted(&present) == present,
        };
        Ok(is_there.then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        match to.ctx.gitea.has(Extra::Assignees).await? {
            true => self.change_one_by_one(to).await,
            false => self.replace_all(to).await,
        }
    }
}

impl SetAssignees {
    async fn change_one_by_one(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let (gitea, name, number) = (&to.ctx.gitea, to.name(), to.number());
        match self.change(&assigned(to).await?) {
            Some(AssigneeChange::Add(login)) => {
                match gitea.add_assignees(name, number, &[login]).await {
                    // By somebody who was to be assigned: that says nothing about the thread.
                    Err(Error::Blocked) => return Err(ApplyError::Refused(BLOCKED)),
                    added => added?,
                }
            }
            Some(AssigneeChange::Remove(logins)) => {
                gitea.remove_assignees(name, number, &logins).await?;
            }
            None => {}
        }
        Ok(Applied::written(WriteKind::Setting))
    }

    /// Nobody is lost on the way.
    async fn replace_all(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
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
