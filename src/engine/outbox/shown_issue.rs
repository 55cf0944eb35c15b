//! Whether an issue is there. The forge says the same of what is gone and of what the account may not see for
//! a moment: nothing is dropped for the second.

use super::delivery::{ApplyError, EffectDelivery};
use crate::core::model::issue::Issue;
use crate::gitea::Error;

/// How often it is waited for a repository that shows none of its issues: some minutes, since what waits
/// behind that waits as well.
const MOST_WAITS: u32 = 10;

/// An issue of the repository; none if it is gone.
pub(super) async fn shown_issue(
    to: &EffectDelivery<'_>,
    number: i64,
) -> Result<Option<Issue>, ApplyError> {
    if let Some(issue) = read(to, number).await? {
        return Ok(Some(issue));
    }
    issues_are_shown(to).await?;
    // All of them may have come back since it was looked for.
    read(to, number).await
}

async fn read(to: &EffectDelivery<'_>, number: i64) -> Result<Option<Issue>, ApplyError> {
    match to.ctx.gitea.issue(to.name(), number).await {
        Ok(issue) => Ok(Some(issue)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns if the repository shows its issues, or was waited for often enough.
async fn issues_are_shown(to: &EffectDelivery<'_>) -> Result<(), ApplyError> {
    match to.ctx.gitea.all_issues(to.name()).next().await {
        Err(Error::NotFound { .. }) if to.row.tries < MOST_WAITS => Err(ApplyError::NotBefore(
            to.ctx.next_try(to.row.tries + 1),
            "the repository shows none of its issues right now",
        )),
        Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What `error` means where the forge may not have found what is only out of sight.
pub(super) async fn if_in_sight(to: &EffectDelivery<'_>, error: ApplyError) -> ApplyError {
    match matches!(error, ApplyError::Forge(Error::NotFound { .. })) {
        true => issues_are_shown(to).await.err().unwrap_or(error),
        false => error,
    }
}

/// Whether the epic of an effect was closed, or is gone: nobody waits for its parts any more. Not as long as
/// that cannot be told.
pub(super) async fn is_epic_over(to: &EffectDelivery<'_>) -> bool {
    match shown_issue(to, to.number()).await {
        Ok(epic) => epic.is_none_or(|epic| !epic.open),
        Err(_) => false,
    }
}
