//! Reviews by agents that somebody dismissed: what the forge shows of that now, for a question, for the
//! yes to it, and for the merge.

use std::collections::BTreeSet;

use super::context::Context;
use super::error::EngineError;
use crate::core::crew::Crew;
use crate::core::jobs::{Commit, GivenReview, JobId};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::text::Review;
use crate::store::{Connection, jobs};

/// A review that was dismissed, and the task of its crew that asked for it.
#[derive(Debug, Clone)]
pub(super) struct DismissedReview {
    pub(super) task: u32,
    pub(super) job: JobId,
    pub(super) agent: String,
}

/// What was said of a pull request.
#[derive(Debug, Clone)]
pub(super) struct ShownReviews {
    /// By agents, each with whether it still says that.
    pub(super) given: Vec<GivenReview>,
    /// By everybody, where the forge was asked for it.
    pub(super) all: Option<Vec<Review>>,
}

/// What was said of a pull request in the repository that is called `name`; which reviews of agents were
/// dismissed the ledger knows from then on.
///
/// # Errors
/// As any read. Where no agent gave a review, the forge is not asked.
pub(super) async fn shown_reviews(
    ctx: &Context,
    name: &RepoName,
    pull: ThreadId,
) -> Result<ShownReviews, EngineError> {
    let given = given_reviews(ctx, pull).await?;
    if given.iter().all(|review| review.review.is_none()) {
        return Ok(ShownReviews { given, all: None });
    }
    let all = ctx.gitea.all_reviews(name, pull.number).await?;
    let given = as_shown(ctx, pull, given, &all).await?;
    Ok(ShownReviews { given, all: Some(all) })
}

/// Of these what agents said.
///
/// # Errors
/// As [`shown_reviews`].
pub(super) async fn reviews_as_shown(
    ctx: &Context,
    name: &RepoName,
    pull: ThreadId,
) -> Result<Vec<GivenReview>, EngineError> {
    Ok(shown_reviews(ctx, name, pull).await?.given)
}

/// The first of a crew's reviews of this head that was dismissed or is gone, as the forge shows it now.
///
/// # Errors
/// As any read.
pub(super) async fn dismissed_review(
    ctx: &Context,
    (name, pull): (&RepoName, ThreadId),
    crew: &Crew,
    head: &Commit,
) -> Result<Option<DismissedReview>, EngineError> {
    if crew.reviews_of(head).is_empty() {
        return Ok(None);
    }
    let given = reviews_as_shown(ctx, name, pull).await?;
    Ok(first_dismissed(crew, head, &given))
}

/// The same by `all` reviews that its pull request has.
///
/// # Errors
/// As any read of the ledger.
pub(super) async fn dismissed_among(
    ctx: &Context,
    (pull, all): (ThreadId, &[Review]),
    crew: &Crew,
    head: &Commit,
) -> Result<Option<DismissedReview>, EngineError> {
    if crew.reviews_of(head).is_empty() {
        return Ok(None);
    }
    let given = given_reviews(ctx, pull).await?;
    let given = as_shown(ctx, pull, given, all).await?;
    Ok(first_dismissed(crew, head, &given))
}

async fn given_reviews(ctx: &Context, pull: ThreadId) -> Result<Vec<GivenReview>, EngineError> {
    let read = move |conn: &Connection| jobs::reviews_of_pull(conn, pull);
    Ok(ctx.ledger.read(read).await?)
}

/// What agents said, each with whether it still says that by `all` reviews that the pull request has.
async fn as_shown(
    ctx: &Context,
    pull: ThreadId,
    given: Vec<GivenReview>,
    all: &[Review],
) -> Result<Vec<GivenReview>, EngineError> {
    let stands = all.iter().filter(|review| !review.verdict.is_dismissed);
    let stands: BTreeSet<i64> = stands.map(|review| review.id).collect();
    // What is gone says as little as what was dismissed.
    let numbers = given.iter().filter_map(|review| review.review);
    let dismissed: BTreeSet<i64> = numbers.filter(|number| !stands.contains(number)).collect();
    let is_dismissed =
        |review: &GivenReview| review.review.is_some_and(|number| dismissed.contains(&number));
    if given.iter().all(|review| review.is_dismissed == is_dismissed(review)) {
        return Ok(given);
    }
    let now = ctx.now();
    let write = ctx.ledger.write(move |tx| {
        jobs::keep_dismissed(tx, pull, &dismissed, now)?;
        jobs::reviews_of_pull(tx, pull)
    });
    Ok(write.await?)
}

fn first_dismissed(crew: &Crew, head: &Commit, given: &[GivenReview]) -> Option<DismissedReview> {
    crew.reviews_of(head).into_iter().find_map(|(task, job)| {
        let review = GivenReview::last_of(given, job)?;
        let agent = review.agent.clone();
        review.is_dismissed.then_some(DismissedReview { task, job, agent })
    })
}
