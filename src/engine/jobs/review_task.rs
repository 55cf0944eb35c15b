//! What an agent is given that is asked for a review: the head that it reviews, what that changes, the
//! issue that it is for, and what others said of it before.

use super::base::Base;
use super::drivers::{CannotBegin, JobOrder};
use super::task_parts::told_thread;
use crate::core::effect::marker::{is_approval, unmarked};
use crate::core::jobs::{Commit, NeverRan};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::verdict::Opinion;
use crate::core::prompt::{EarlierReview, PromptReview, PromptThread};
use crate::core::scheduling::text::closes;
use crate::engine::context::{Context, WorksBy};
use crate::gitea::{Error, PullRequest, PullState};
use crate::store::{self, Connection, jobs};

/// How much of a diff is told, in bytes: whoever cannot clone reads the rest by its tools.
const LONGEST_DIFF: usize = 1 << 20;

/// How many earlier reviews are told, the latest of all.
const MOST_REVIEWS: usize = 5;

/// How many remarks of theirs on lines, in all.
const MOST_REMARKS: usize = 50;

/// What an attempt begins at, and what it is told.
pub(super) struct ReviewTask {
    /// The head, and the branch that it is to be merged into.
    pub(super) begin: Base,
    /// Where that stands.
    pub(super) target: Option<Commit>,
    pub(super) told: PromptReview,
}

/// Reads the pull request that is the thread of `order`.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn review_task(
    ctx: &Context,
    order: &JobOrder,
    works_by: WorksBy,
) -> Result<Result<ReviewTask, CannotBegin>, Error> {
    let (gitea, name) = (&ctx.gitea, &order.repo.name);
    let moved = || Ok(Err(NeverRan::Moved.into()));
    let Some(thread) = order.job.spec.given() else { return moved() };
    let number = thread.number;
    let Some(pull) = gitea.pull(name, number).await? else { return moved() };
    if pull.state != PullState::Open {
        return moved();
    }
    let diff = match works_by {
        WorksBy::Tools => diff_of(ctx, name, &pull).await?,
        WorksBy::Clone | WorksBy::Pushing => None,
    };
    let told = PromptReview {
        number,
        merge_base: pull.merge_base.clone(),
        diff,
        issue: issue_of(ctx, (order, thread), &pull).await?,
        earlier: earlier(ctx, name, number).await?,
    };
    let target = gitea.branch(name, &pull.base_branch).await?.map(|branch| branch.head);
    let begin = Base { branch: pull.base_branch, head: pull.head };
    Ok(Ok(ReviewTask { begin, target, told }))
}

/// What it changes, as text; none if nobody can read that.
async fn diff_of(
    ctx: &Context,
    name: &RepoName,
    pull: &PullRequest,
) -> Result<Option<String>, Error> {
    match ctx.gitea.pull_diff(name, pull.number, LONGEST_DIFF).await {
        Ok(diff) => Ok(Some(String::from_utf8_lossy(&diff).into_owned())),
        Err(Error::TooLarge { .. } | Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The issue that it is for: that of the job which made it, else the first one that it closes by its
/// text.
async fn issue_of(
    ctx: &Context,
    (order, thread): (&JobOrder, ThreadId),
    pull: &PullRequest,
) -> Result<Option<PromptThread>, Error> {
    let read = move |conn: &Connection| -> Result<Option<i64>, store::Error> {
        let Some(id) = jobs::latest_in(conn, thread)? else { return Ok(None) };
        let made = jobs::get(conn, id)?.and_then(|stored| stored.job.spec.given());
        Ok(made.map(|made| made.number).filter(|number| *number != thread.number))
    };
    let made = ctx.ledger.read(read).await.ok().flatten();
    let here = |issue: &crate::core::command::value::IssueRef| {
        let is_here = issue.repo.as_ref().is_none_or(|repo| *repo == order.repo.name);
        is_here.then_some(issue.number)
    };
    let closed = || closes(&pull.body).iter().find_map(here);
    let Some(number) = made.or_else(closed) else { return Ok(None) };
    match ctx.gitea.issue(&order.repo.name, number).await {
        Ok(issue) if !issue.is_pull => Ok(Some(told_thread(&issue))),
        Ok(_) | Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was said of it before, the latest last.
async fn earlier(ctx: &Context, name: &RepoName, number: i64) -> Result<Vec<EarlierReview>, Error> {
    let mut given = ctx.gitea.all_reviews(name, number).await?;
    given.retain(|review| !review.verdict.is_dismissed);
    let (mut told, mut room) = (Vec::new(), MOST_REMARKS);
    for review in given.into_iter().rev().take(MOST_REVIEWS) {
        let Some(by) = review.text.written.author else { continue };
        let mut remarks = match review.comments {
            0 => Vec::new(),
            _ => match ctx.gitea.remarks(name, number, review.id, &by).await {
                Err(Error::NotFound { .. }) => continue,
                remarks => remarks?,
            },
        };
        let left_out = remarks.len().saturating_sub(room);
        remarks.truncate(room);
        room -= remarks.len();
        let text = review.text.written.body;
        // An agent's approval is a comment that says so.
        let approves = ctx.policy.is_agents(&by) && is_approval(&text);
        told.push(EarlierReview {
            by: by.login,
            opinion: if approves { Opinion::Approved } else { review.verdict.opinion },
            commit: review.verdict.commit.parse().ok(),
            text: unmarked(&text).to_owned(),
            remarks,
            left_out,
        });
    }
    told.reverse();
    Ok(told)
}
