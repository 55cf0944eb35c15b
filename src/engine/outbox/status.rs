//! What timmy says of a commit: the newest status of its context, by its own account. Anybody who
//! may push can say something under the same name; then it is said again.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::SetStatus;
use crate::core::model::commit_status::SaidOfCommit;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;

impl Deliver for SetStatus {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.id;
        let newest = to.ctx.gitea.combined_status(to.name(), &self.commit.to_string()).await?;
        let says = says(self, to);
        let said = newest.iter().find(|status| status.context == says.context);
        let is_said = said.is_some_and(|status| {
            status.by.as_ref().is_some_and(|by| by.id == own)
                && status.state == says.state
                && status.description == says.description
                && status.target_url == says.target_url
        });
        Ok(is_said.then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        match to.ctx.gitea.say_of(to.name(), &self.commit, &says(self, to)).await {
            Ok(()) => Ok(Applied::written(WriteKind::Setting)),
            // So Gitea answers where the commit is gone.
            Err(error @ (Error::NotFound { .. } | Error::Server { .. })) => {
                match to.ctx.gitea.commit(to.name(), &self.commit).await? {
                    Some(_) => Err(error.into()),
                    None => Err(ApplyError::Gone),
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What is said, with the page of its pull request where no other place says more.
fn says(status: &SetStatus, to: &EffectDelivery<'_>) -> SaidOfCommit {
    let mut says = status.says.clone();
    if says.target_url.is_empty() {
        let page = format!("{}/pulls/{}", to.name(), to.number());
        let page = to.ctx.policy.jobs.forge.join(&page);
        says.target_url = page.map(String::from).unwrap_or_default();
    }
    says
}
