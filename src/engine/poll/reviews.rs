//! Reads the reviews of a pull request and their inline comments.

use super::gestures::{is_agents, read_gestures};
use super::texts::store_review;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::model::text::{ListedText, Review};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::ReviewVerdict;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::gitea::ListedReview;
use crate::store::cursors::{self, ReviewRead};
use crate::store::tasks::{self, TaskId};
use crate::store::{Error, inbox, jobs, repos};

/// One try at a task to read the reviews of `thread`; what was said before `since` is no
/// news, nor is what was said before the repository was watched.
pub(in crate::engine) async fn run_task(
    ctx: &Context,
    id: TaskId,
    thread: ThreadId,
    since: Timestamp,
) -> Result<(), EngineError> {
    read_reviews(ctx, thread, since).await?;
    Ok(ctx.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await?)
}

async fn read_reviews(
    ctx: &Context,
    thread: ThreadId,
    since: Timestamp,
) -> Result<(), EngineError> {
    let known = ctx.ledger.read(move |conn| {
        Ok((repos::name(conn, thread.repo)?, cursors::watched(conn, thread.repo)?))
    });
    let (repo, watched) = known.await?;
    let Some(repo) = repo.filter(|repo| ctx.policy.watch.covers(&repo.name)) else { return Ok(()) };
    // A webhook may be faster than the first look at its repository.
    let since = watched.map_or(since, |watched| watched.since.min(since));
    let mut pages = ctx.gitea.reviews_and_requests(&repo.name, thread.number);
    let mut is_agent_asked = false;
    while let Some(page) = pages.next().await? {
        for line in page.entries {
            match line {
                ListedReview::Given(review) => read_review(ctx, &repo, *review, since).await?,
                ListedReview::Asked(account) => is_agent_asked |= is_agents(&ctx.policy, &account),
            }
        }
    }
    if is_agent_asked || is_reviewed(ctx, thread).await? {
        read_gestures(ctx, thread, since).await?;
    }
    Ok(())
}

/// Whether an agent is at work on a review there: who asked it may take that back.
async fn is_reviewed(ctx: &Context, thread: ThreadId) -> Result<bool, Error> {
    let live = ctx.ledger.read(move |conn| jobs::live_review_in(conn, thread)).await?;
    Ok(live.is_some())
}

/// Stores a review, and its comments on lines if there are others than before.
async fn read_review(
    ctx: &Context,
    repo: &Repo,
    review: Review,
    since: Timestamp,
) -> Result<(), EngineError> {
    let (id, given_at, comments) = (review.id, review.given_at, review.comments);
    let submitted_at = review.submitted_at;
    let present = ReviewRead { updated_at: review.text.written.updated_at, comments };
    let former = ctx.ledger.read(move |conn| cursors::review(conn, id)).await?;
    if former == Some(present) {
        return Ok(());
    }
    let inline = match former.map_or(0, |former| former.comments) == comments {
        true => Vec::new(),
        false => ctx.gitea.inline_comments(&repo.name, &review).await?,
    };
    let is_new = given_at >= since;
    // A comment on a line is as new as its review; a reply to it may be newer.
    let inline = inline.into_iter().filter(|seen| is_new || seen.written.created_at >= since);
    let inline = inline.map(|seen| (seen, None));
    let whole = is_new.then_some((review.text, Some(review.verdict)));
    let texts: Vec<(ListedText, Option<ReviewVerdict>)> = whole.into_iter().chain(inline).collect();
    let (repo, now) = (repo.clone(), ctx.now());
    let news = ctx.ledger.write(move |tx| {
        let mut news = false;
        for (seen, verdict) in texts {
            if let Some(submitted_at) = submitted_at {
                inbox::forget_drafts(tx, seen.subject, repo.id, submitted_at, now)?;
            }
            news |= store_review(tx, seen, verdict, &repo, now)?;
        }
        cursors::read_review(tx, id, present)?;
        Ok(news)
    });
    if news.await? {
        ctx.stored.notify();
    }
    Ok(())
}
