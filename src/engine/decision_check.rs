//! Whether a question still stands as it was put, and what a yes to it covers is still there: read
//! from the forge right before anybody's answer counts.

use super::context::Context;
use super::dismissed_reviews::{DismissedReview, dismissed_review};
use super::error::EngineError;
use crate::core::decisions::{
    Covered, CoveredHead, CoveredStart, Decision, QuestionCheck, VoidReason,
};
use crate::core::jobs::Question;
use crate::core::jobs::money::Ceiling;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, Subject, ThreadId};
use crate::gitea::{Error, PullState, TextLookup};
use crate::store::decisions::StoredDecision;
use crate::store::{Connection, backlog, controls, covered_text, jobs};

/// What the forge shows of an open decision, in the repository that is called `name`; `own` is
/// timmy's account.
///
/// # Errors
/// As any read.
pub(super) async fn check(
    ctx: &Context,
    stored: &StoredDecision,
    name: &RepoName,
    own: &Account,
) -> Result<QuestionCheck, EngineError> {
    if !stands(ctx, stored, name, own).await? {
        return Ok(QuestionCheck::Void(VoidReason::QuestionChanged));
    }
    check_covered(ctx, &stored.decision, name).await
}

/// Whether the comment that puts the question is as it was posted.
async fn stands(
    ctx: &Context,
    stored: &StoredDecision,
    name: &RepoName,
    own: &Account,
) -> Result<bool, Error> {
    // Before it stands nobody can answer it, which is told otherwise.
    let Some(comment) = stored.comment else { return Ok(true) };
    let number = stored.decision.thread.number;
    Ok(match ctx.gitea.look_up(name, number, Subject::Comment(comment)).await? {
        TextLookup::Shown(text, _) => {
            let is_own = text.written.author.as_ref().is_some_and(|author| author.id == own.id);
            is_own && stored.is_as_posted(&text.written.body)
        }
        // Questions are no reviews.
        TextLookup::Review(..) | TextLookup::Draft | TextLookup::Gone => false,
    })
}

/// Whether what a yes covers is there.
///
/// # Errors
/// As any read.
pub(super) async fn check_covered(
    ctx: &Context,
    decision: &Decision,
    name: &RepoName,
) -> Result<QuestionCheck, EngineError> {
    let covers = &decision.covers;
    let mut now = Covered::default();
    if let Some(CoveredHead { pull, .. }) = covers.head {
        let found = ctx.gitea.pull(name, pull).await?;
        let Some(found) = found.filter(|found| found.state == PullState::Open) else {
            return Ok(QuestionCheck::PullGone);
        };
        let (commit, target) = (found.head, found.base_branch);
        now.head = Some(CoveredHead { pull, commit, target, change: None });
    }
    if covers.text.is_some() {
        let issue = match ctx.gitea.issue(name, decision.thread.number).await {
            Err(Error::NotFound { .. }) => return Ok(QuestionCheck::Void(VoidReason::Edited)),
            issue => issue?,
        };
        // What closes an epic ends the job that splits it, a little later.
        if covers.split.is_some() && !issue.open {
            return Ok(QuestionCheck::PullGone);
        }
        let (thread, text) = (decision.thread, backlog::digest_of_text(&issue));
        let read = ctx.ledger.read(move |conn| covered_text::with_answers(conn, thread, text));
        now.text = Some(read.await?);
    }
    if covers.answers.is_some() {
        let thread = decision.thread;
        now.answers = ctx.ledger.read(move |conn| covered_text::answers(conn, thread)).await?;
    }
    // What an agent of a plan was to do is given to another one, and asked anew.
    let is_there = |agent: &String| ctx.policy.jobs.agents.contains_key(agent);
    if covers.plan.iter().flat_map(|plan| &plan.tasks).any(|task| !is_there(&task.agent)) {
        return Ok(QuestionCheck::Void(VoidReason::OtherAgent));
    }
    if let Some(start) = &covers.start {
        let job = decision.job;
        let raised = ctx.ledger.read(move |conn| controls::raised(conn, job)).await?;
        now.start = Some(start_now(ctx, start, raised));
    }
    let why = match covers.difference(&now) {
        Some(why) => Some(why),
        None => no_longer_reviewed(ctx, decision, name).await?,
    };
    Ok(why.map_or(QuestionCheck::Stands, QuestionCheck::Void))
}

/// Whether a review was dismissed on which it stands that a crew's result is to be accepted.
async fn no_longer_reviewed(
    ctx: &Context,
    decision: &Decision,
    name: &RepoName,
) -> Result<Option<VoidReason>, EngineError> {
    let head = decision.covers.head.as_ref().filter(|_| decision.question == Question::Accept);
    let Some(CoveredHead { pull, commit, .. }) = head else { return Ok(None) };
    let job = decision.job;
    let read = move |conn: &Connection| match jobs::get(conn, job)? {
        Some(stored) => jobs::crew_of(conn, &stored.job),
        None => Ok(None),
    };
    let Some(crew) = ctx.ledger.read(read).await? else { return Ok(None) };
    let pull = ThreadId { repo: decision.thread.repo, number: *pull };
    let found = dismissed_review(ctx, (name, pull), &crew, commit).await?;
    Ok(found.map(|DismissedReview { task, job, agent }| {
        let is_due = crew.reviews_again(task, job, commit);
        VoidReason::Dismissed { agent, is_due }
    }))
}

/// What the configuration says by now of work that was to begin, and the owner, who has `raised` what
/// it may cost.
fn start_now(ctx: &Context, shown: &CoveredStart, raised: Ceiling) -> CoveredStart {
    let jobs = &ctx.policy.jobs;
    let is_there = |agent: &String| jobs.agents.contains_key(agent);
    CoveredStart {
        agent: shown.agent.clone().filter(is_there),
        // What was allowed for the job alone does not change.
        configured: jobs.budgets.issue.at_least(raised),
        budget: shown.budget,
    }
}
