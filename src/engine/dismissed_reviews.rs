//! Reviews by agents that somebody dismissed: what the forge shows of that now, for a question, for the
//! yes to it, and for the merge.

use std::collections::BTreeSet;

use super::context::Context;
use super::error::EngineError;
use crate::core::crew::Crew;
use crate::core::jobs::{Commit, GivenReview, JobId};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::store::{Connection, jobs};

/// A review that was dismissed, and the task of its crew that asked for it.
#[derive(Debug, Clone)]
pub(super) struct DismissedReview {
    pub(super) task: u32,
    pub(super) job: JobId,
    pub(super) agent: String,
}

/// What agents said of a pull request in the repository that is called `name`, each with whether it still
/// says that; the ledger knows it from then on.
///
/// # Errors
/// As any read. Where no agent gave a review, the forge is not asked.
pub(super) async fn reviews_as_shown(
    ctx: &Context,
    name: &RepoName,
    pull: ThreadId,
) -> Result<Vec<GivenReview>, EngineError> {
    let read = move |conn: &Connection| jobs::reviews_of_pull(conn, pull);
    let given = ctx.ledger.read(read).await?;
    if given.iter().all(|review| review.review.is_none()) {
        return Ok(given);
    }
    let shown = ctx.gitea.all_reviews(name, pull.number).await?;
    let stands = shown.into_iter().filter(|review| !review.verdict.is_dismissed);
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
    let stands_on = crew.reviews_of(head);
    if stands_on.is_empty() {
        return Ok(None);
    }
    let given = reviews_as_shown(ctx, name, pull).await?;
    Ok(stands_on.into_iter().find_map(|(task, job)| {
        let review = GivenReview::last_of(&given, job)?;
        let agent = review.agent.clone();
        review.is_dismissed.then_some(DismissedReview { task, job, agent })
    }))
}
