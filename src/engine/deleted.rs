//! Finds that texts were deleted whose words would be told again. A webhook says so at once; this
//! is for those that were lost, and for whoever works without.

use super::context::Context;
use super::error::EngineError;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::gitea::Error;
use crate::store::forgotten;

/// How many holds are looked at in one round at most; the report shows far fewer.
const HOLDS: u32 = 100;

/// Looks whether the texts still stand from which `thread` of `repo`, which can be read, quotes the
/// reason of its hold, and so many of its latest commands. What does not stand is forgotten.
pub(super) async fn look_before_quoting(
    ctx: &Context,
    repo: &RepoName,
    thread: ThreadId,
    commands: u32,
) -> Result<(), EngineError> {
    let quoted = ctx.ledger.read(move |conn| forgotten::quoted(conn, thread, commands)).await?;
    for subject in quoted {
        match ctx.gitea.read_back(repo, thread.number, subject).await.map_err(EngineError::from) {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::info!(text = %subject.key(), "deleted: its words are forgotten");
                let repo = thread.repo;
                ctx.ledger.write(move |tx| forgotten::text(tx, subject, repo)).await?;
            }
            Err(error) if error.is_about_one(&ctx.gitea).await => {
                let error = error.of_forge()?;
                tracing::debug!(text = %subject.key(), %error, "cannot tell whether it still stands");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The same for every thread that is on hold for a reason: the report tells it. What is named here
/// are the watched repositories.
pub(super) async fn look_at_holds(
    ctx: &Context,
    name: impl Fn(ThreadId) -> Option<RepoName>,
) -> Result<(), EngineError> {
    for thread in ctx.ledger.read(|conn| forgotten::held_for_a_reason(conn, HOLDS)).await? {
        let Some(repo) = name(thread) else { continue };
        match look_at_hold(ctx, &repo, thread).await {
            Err(error) if error.is_about_one(&ctx.gitea).await => {
                let error = error.of_forge()?;
                tracing::debug!(%repo, number = thread.number, %error, "cannot be read now");
            }
            looked => looked?,
        }
    }
    Ok(())
}

async fn look_at_hold(ctx: &Context, repo: &RepoName, thread: ThreadId) -> Result<(), EngineError> {
    match ctx.gitea.issue(repo, thread.number).await {
        Ok(_) => look_before_quoting(ctx, repo, thread, 0).await,
        // Not all servers tell that an issue was deleted. Its hold stays: where issues are switched
        // off for a while it looks the same.
        Err(Error::NotFound { .. }) => {
            // Where not even the repository is shown, nothing was seen to be deleted.
            ctx.gitea.is_archived(thread.repo).await?;
            Ok(ctx.ledger.write(move |tx| forgotten::words_of(tx, thread)).await?)
        }
        Err(error) => Err(error.into()),
    }
}
