//! What a job that goes on with a pull request begins at, and what is wrong with that: what reviews
//! asked for before there was the job, checks that are red, a conflict with its base.

use std::collections::BTreeMap;

use super::base::Base;
use super::drivers::{CannotBegin, JobOrder};
use crate::core::guards::{CheckLink, OWN_CONTEXTS};
use crate::core::handlers::right_to_review;
use crate::core::jobs::{AdoptedBranch, NeverRan, NotAdoptable, PullSource, ToldReview, ToldText};
use crate::core::model::commit_status::{CheckState, CommitStatus, newest};
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::model::text::Review;
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::Opinion;
use crate::engine::context::Context;
use crate::engine::guards::read_check_logs;
use crate::engine::permissions::PermissionReader;
use crate::gitea::{Error, PullRequest, PullState};

/// How many checks, and reviews, an agent is told.
const MOST: usize = 10;

/// The most of what a check says of itself, in characters.
const LONGEST: usize = 300;

/// A pull request that a job goes on with, as it is right before an attempt.
#[derive(Debug, Clone)]
pub(super) struct AdoptedPull {
    /// The branch that it is to be merged into, and where that stands.
    pub(super) target: Base,
    /// Where the attempt begins: at its own head, to be merged into that branch.
    pub(super) begin: Base,
    /// What the forge finds wrong with it, a text each.
    pub(super) faults: Vec<String>,
    /// The checks of it that are red.
    pub(super) checks: Vec<CheckLink>,
}

/// Reads the pull request that is the thread of `order`. `default`: the default branch.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn adopted_pull(
    ctx: &Context,
    order: &JobOrder,
    default: &Base,
) -> Result<Result<AdoptedPull, CannotBegin>, Error> {
    let (gitea, name) = (&ctx.gitea, &order.repo.name);
    let Some(number) = order.job.spec.given().map(|thread| thread.number) else {
        return Ok(Err(moved()));
    };
    let Some(pull) = gitea.pull(name, number).await? else { return Ok(Err(moved())) };
    if pull.state != PullState::Open {
        return Ok(Err(moved()));
    }
    if let Err(why) = AdoptedBranch::of(source_of(&pull, Some(&default.branch))) {
        return Ok(Err(CannotBegin::NoAccess(refusal(name, number, why))));
    }
    // Somebody renamed it, which is no reason to push to another one.
    if pull.head_branch != order.branch.to_string() {
        return Ok(Err(moved()));
    }
    let (head, target) = tokio::try_join!(
        gitea.branch(name, &pull.head_branch),
        gitea.branch(name, &pull.base_branch)
    )?;
    let (Some(head), Some(target)) = (head, target) else { return Ok(Err(moved())) };
    let target = Base { branch: pull.base_branch.clone(), head: target.head };
    let begin = Base { branch: pull.base_branch.clone(), head: head.head };
    let (red, mut faults) = match gitea.statuses(name, &begin.head).await {
        Ok(statuses) => (red_checks(statuses), Vec::new()),
        Err(Error::TooLarge { .. }) => (Vec::new(), vec![CHECKS_UNREADABLE.to_owned()]),
        Err(error) => return Err(error),
    };
    faults.extend(red.iter().map(red_check));
    faults.extend(conflict(&pull, &target));
    let mut checks: Vec<CheckLink> = red.into_iter().map(link).collect();
    let mut links: Vec<&mut CheckLink> = checks.iter_mut().collect();
    read_check_logs(ctx, name, &begin.head, &mut links).await;
    Ok(Ok(AdoptedPull { target, begin, faults, checks }))
}

/// Where the branch of a pull request lies.
pub(in crate::engine) fn source_of<'a>(
    pull: &'a PullRequest,
    default_branch: Option<&'a str>,
) -> PullSource<'a> {
    PullSource {
        branch: &pull.head_branch,
        is_from_fork: pull.is_from_fork(),
        maintainers_may_edit: pull.allows_maintainers,
        default_branch,
    }
}

/// Whoever may push can say so much of a commit that nobody reads it.
const CHECKS_UNREADABLE: &str =
    "What its checks say cannot be read, so much was said of its head: push another commit.";

fn moved() -> CannotBegin {
    NeverRan::Moved.into()
}

fn refusal(name: &RepoName, number: i64, why: NotAdoptable) -> String {
    format!("{name}#{number} cannot be worked on: {why}; cancel its job, or bring its branch here")
}

/// The checks of the head that are red. Anybody who may push can say that of one: it is data.
fn red_checks(statuses: Vec<CommitStatus>) -> Vec<CommitStatus> {
    let is_red = |said: &CommitStatus| {
        said.state == CheckState::Failure && !said.context.starts_with(OWN_CONTEXTS)
    };
    newest(statuses).into_iter().filter(is_red).take(MOST).collect()
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn link(said: CommitStatus) -> CheckLink {
    CheckLink { context: bounded(&said.context), url: bounded(&said.target_url), log: None }
}

fn red_check(said: &CommitStatus) -> String {
    let mut text = format!("The check {} is red.", bounded(&said.context));
    if !said.description.is_empty() {
        text.push_str(&format!(" It says: {}", bounded(&said.description)));
    }
    text
}

/// That it conflicts with its base, as far as the forge has found out by now.
fn conflict(pull: &PullRequest, target: &Base) -> Option<String> {
    let is_up_to_date = pull.merge_base.as_ref() == Some(&target.head);
    let conflicts = !pull.is_mergeable && !pull.is_draft && !is_up_to_date;
    conflicts.then(|| {
        format!(
            "It cannot be merged into {} as it is: merge that branch, which is at {}, into yours, \
             and mend what conflicts.",
            target.branch, target.head
        )
    })
}

/// The reviews that were given before `until` by who may ask an agent for something, and whose author's
/// last word they are, that something has to change; each by its number, with its remarks. Those
/// given later are heard as they come.
///
/// # Errors
/// If the forge cannot be asked now.
pub(super) async fn open_reviews(
    ctx: &Context,
    permissions: &PermissionReader,
    (repo, number): (&Repo, i64),
    until: Timestamp,
) -> Result<Vec<(i64, ToldText)>, Error> {
    let (gitea, name, needed) =
        (&ctx.gitea, &repo.name, right_to_review(Opinion::ChangesRequested));
    let mut told = Vec::new();
    let mut asking = asking(gitea.all_reviews(name, number).await?);
    asking.retain(|review| review.given_at < until);
    for review in asking.into_iter().take(MOST) {
        let Some(by) = &review.text.written.author else { continue };
        let is_agents = ctx.policy.jobs.agents.values().any(|terms| by.is(&terms.account));
        if is_agents || permissions.right_in(repo, by, needed).await? < Some(needed) {
            continue;
        }
        let id = review.verdict.review;
        let remarks = match gitea.remarks(name, number, id, by).await {
            // It was withdrawn just now.
            Err(Error::NotFound { .. }) => continue,
            remarks => remarks?,
        };
        let commit = review.verdict.commit.parse().ok();
        let review_told = ToldReview::new(number, commit, remarks);
        told.push((id, ToldText::by(&by.login, &review.text.written.body).of(review_told)));
    }
    Ok(told)
}

/// The last word of each whose review counts, where that asks for changes, the oldest first.
fn asking(reviews: Vec<Review>) -> Vec<Review> {
    let mut last: BTreeMap<i64, Review> = BTreeMap::new();
    for review in reviews {
        let verdict = &review.verdict;
        let counts =
            verdict.is_official && !verdict.is_dismissed && verdict.opinion != Opinion::Comment;
        if let (Some(by), true) = (&review.text.written.author, counts) {
            last.insert(by.id, review);
        }
    }
    let mut asking: Vec<Review> = last.into_values().collect();
    asking.retain(|review| review.verdict.opinion == Opinion::ChangesRequested);
    asking.sort_by_key(|review| review.verdict.review);
    asking
}
