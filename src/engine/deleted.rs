//! Finds that texts were deleted whose words would be told again. A webhook says so at once; this
//! is for those that were lost, and for whoever works without.

use std::collections::HashMap;

use super::context::Context;
use super::error::EngineError;
use crate::core::model::ids::{RepoId, RepoName, Subject, ThreadId};
use crate::core::model::repository::Repo;
use crate::gitea::Error;
use crate::store::{forgotten, meta};

/// How many holds are looked at in one round at most; the report shows far fewer.
const HOLDS: u32 = 100;

/// Looks whether the texts still stand from which `thread` of `repo` quotes the
/// reason of its hold, and so many of its latest commands: a request each. What does not stand is
/// forgotten.
pub(super) async fn look_before_quoting(
    ctx: &Context,
    repo: &RepoName,
    thread: ThreadId,
    commands: u32,
) -> Result<(), EngineError> {
    let quoted = ctx.ledger.read(move |conn| forgotten::quoted(conn, thread, commands)).await?;
    for subject in quoted {
        match forget_if_deleted(ctx, repo, thread, subject).await {
            Err(error) if error.is_about_one(&ctx.gitea).await => {
                let error = error.of_forge()?;
                tracing::debug!(text = %subject.key(), %error, "cannot tell whether it still stands");
            }
            looked => looked?,
        }
    }
    Ok(())
}

async fn forget_if_deleted(
    ctx: &Context,
    repo: &RepoName,
    thread: ThreadId,
    subject: Subject,
) -> Result<(), EngineError> {
    if ctx.gitea.stands(repo, thread.number, subject).await?
        || !shows_its_kind(ctx, repo, thread).await?
    {
        return Ok(());
    }
    tracing::info!(text = %subject.key(), "deleted: its words are forgotten");
    let repo = thread.repo;
    Ok(ctx.ledger.write(move |tx| forgotten::text(tx, subject, repo).map(drop)).await?)
}

/// Whether threads of its kind are shown there at all: where issues are switched off, or kept from
/// this account, none is found although nothing was deleted.
async fn shows_its_kind(
    ctx: &Context,
    repo: &RepoName,
    thread: ThreadId,
) -> Result<bool, EngineError> {
    match ctx.ledger.read(move |conn| forgotten::is_pull(conn, thread)).await? {
        Some(is_pull) => Ok(ctx.gitea.shows(repo, is_pull).await?),
        None => Ok(ctx.gitea.shows(repo, false).await? && ctx.gitea.shows(repo, true).await?),
    }
}

/// The same for the threads of the `watched` repositories that are on hold for a reason: the report
/// tells it. Where there are many, each round goes on behind the one before.
pub(super) async fn look_at_holds(
    ctx: &Context,
    watched: &HashMap<RepoId, Repo>,
) -> Result<(), EngineError> {
    let repos: Vec<_> = watched.keys().copied().collect();
    let read = ctx.ledger.read(move |conn| {
        let behind = meta::get(conn, meta::HOLD_LOOKED_AT)?.flatten();
        forgotten::held_for_a_reason(conn, &repos, behind, HOLDS)
    });
    let held = read.await?;
    for thread in &held.threads {
        let Some(repo) = watched.get(&thread.repo).map(|repo| &repo.name) else { continue };
        match look_at_hold(ctx, repo, *thread).await {
            Err(error) if error.is_about_one(&ctx.gitea).await => {
                let error = error.of_forge()?;
                tracing::debug!(%repo, number = thread.number, %error, "cannot be read now");
            }
            looked => looked?,
        }
    }
    Ok(ctx.ledger.write(move |tx| meta::set(tx, meta::HOLD_LOOKED_AT, &held.go_on_behind)).await?)
}

async fn look_at_hold(ctx: &Context, repo: &RepoName, thread: ThreadId) -> Result<(), EngineError> {
    match ctx.gitea.issue(repo, thread.number).await {
        Ok(_) => look_before_quoting(ctx, repo, thread, 0).await,
        // Not all servers tell that an issue was deleted. That it is on hold stays.
        Err(Error::NotFound { .. }) if shows_its_kind(ctx, repo, thread).await? => {
            Ok(ctx.ledger.write(move |tx| forgotten::words_of(tx, thread)).await?)
        }
        Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
