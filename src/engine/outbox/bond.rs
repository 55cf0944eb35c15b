//! One issue of an epic waits for another, or the epic for one of them.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{Bond, IssueName};
use crate::core::model::dependency::SetDependency;
use crate::core::model::ids::ThreadId;
use crate::engine::try_result::Applied;
use crate::gitea::Error;
use crate::store::made_issues;

/// Why nothing waits for what is not there.
const NOT_MADE: &str = "one of the two issues was not made";

impl Deliver for Bond {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        match self.threads(to).await? {
            Some((issue, on)) => waits_for(on).shown(to, issue).await.map_err(gone),
            None => Ok(None),
        }
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        match self.threads(to).await? {
            Some((issue, on)) => waits_for(on).set(to, issue).await.map_err(gone),
            None => Err(ApplyError::Refused(NOT_MADE)),
        }
    }
}

fn waits_for(on: ThreadId) -> SetDependency {
    SetDependency { on, waits: true }
}

/// The forge answers both alike.
fn gone(error: ApplyError) -> ApplyError {
    match error {
        ApplyError::Forge(Error::NotFound { .. }) => ApplyError::Refused(
            "dependencies are switched off in this repository, or one of the two issues is gone",
        ),
        error => error,
    }
}

impl Bond {
    /// Both issues; none if one of them was not made.
    async fn threads(
        &self,
        to: &EffectDelivery<'_>,
    ) -> Result<Option<(ThreadId, ThreadId)>, ApplyError> {
        let (issue, on) = (number(to, &self.issue).await?, number(to, &self.on).await?);
        let thread = |number| ThreadId { repo: to.repo.id, number };
        Ok(issue.zip(on).map(|(issue, on)| (thread(issue), thread(on))))
    }
}

async fn number(to: &EffectDelivery<'_>, name: &IssueName) -> Result<Option<i64>, ApplyError> {
    match name {
        IssueName::Number(number) => Ok(Some(*number)),
        IssueName::Key(key) => {
            let key = key.clone();
            Ok(to.ctx.ledger.read(move |conn| made_issues::number_of(conn, &key)).await?)
        }
    }
}
