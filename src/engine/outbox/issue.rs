//! A new issue, found again by the marker with which its text ends.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::CreateIssue;
use crate::core::effect::marker::key_of;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;

impl Deliver for CreateIssue {
    /// Of several, all but the oldest are closed.
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        find_marked(to, &self.body, None).await
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let issue = to.ctx.gitea.open_issue(to.name(), &self.title, &self.body).await?;
        Ok(Applied { id: Some(issue.number), written: Some(WriteKind::Text) })
    }
}

/// The issue of timmy's own whose text ends with the same marker as `body`: the one with the number `kept`,
/// which others may be bound to by now, else the oldest. The others are closed.
pub(super) async fn find_marked(
    to: &EffectDelivery<'_>,
    body: &str,
    kept: Option<i64>,
) -> Result<Option<Applied>, ApplyError> {
    let Some(marker) = key_of(body) else {
        return Err(ApplyError::Refused("the issue has no marker to find it by"));
    };
    let own = to.identity.get().await?;
    let mut found = to.ctx.gitea.issues_by(to.name(), &own.login).await?;
    found.retain(|issue| {
        let is_own = issue.author.as_ref().is_some_and(|author| author.id == own.id);
        is_own && key_of(&issue.body) == Some(marker)
    });
    let number = kept.or_else(|| found.iter().map(|issue| issue.number).min());
    for duplicate in found.iter().filter(|issue| issue.open && Some(issue.number) != number) {
        tracing::warn!(effect = %to.row.key, issue = duplicate.number, "duplicate: closed");
        to.ctx.gitea.set_open(to.name(), duplicate.number, false).await?;
    }
    Ok(number.map(|number| Applied { id: Some(number), written: None }))
}
