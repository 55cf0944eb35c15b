//! Pull requests: read, open, review.

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use crate::core::model::ids::RepoId;
use crate::sandbox::json::ReviewJson;
use crate::sandbox::world::World;
use crate::sandbox::world::pulls::{NewPull, NewReview};
use crate::sandbox::world::records::{PullRecord, ReviewRecord, ReviewState};
use crate::sandbox::world::refusal::Refusal;

/// `/repos/{owner}/{name}/pulls` and below.
pub(super) fn route(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("POST", []) => open(world, call, repo),
        ("GET", [number]) => {
            let id = world.thread(repo, number_of(number)?)?;
            let pull = call.view(world).pull(id).ok_or(Refusal::HIDDEN)?;
            Ok(ApiAnswer::json(200, &pull))
        }
        ("GET", [number, "reviews"]) => {
            let (issue, pull) = find(world, repo, number)?;
            let view = call.view(world);
            let issue = world.issue(issue);
            // What is begun is its author's alone to see.
            let is_seen = |r: &&ReviewRecord| r.given.is_some() || view.viewer == Some(r.author);
            ApiAnswer::paged(call, pull.reviews.iter().filter(is_seen).collect(), |review| {
                view.review(issue, pull, review)
            })
        }
        ("POST", [number, "reviews"]) => review(world, call, repo, number),
        ("GET", [number, "reviews", id, "comments"]) => {
            let (issue, _) = find(world, repo, number)?;
            let review = review_json(world, call, issue, number_of(id)?)?;
            Ok(ApiAnswer::json(200, &review.inline()))
        }
        (_, [_, "comments", _, "replies"]) if !world.version.has_calls_of_1_27() => {
            Err(Refusal::NoSuchCall)
        }
        ("POST", [number, "comments", id, "replies"]) => {
            let (issue, _) = find(world, repo, number)?;
            reply(world, call, issue, number_of(id)?)
        }
        _ => Err(Refusal::HIDDEN),
    }
}

#[derive(Deserialize)]
struct ReplyBody {
    #[serde(default)]
    body: String,
}

fn reply(world: &mut World, call: &Call, issue: i64, to: i64) -> Reply {
    let body = call.json::<ReplyBody>()?.body;
    if body.is_empty() {
        return Err(Refusal::Unprocessable("[Body]: Required".into()));
    }
    let id = world.reply_to_inline(call.require_user()?, issue, to, &body)?;
    let pull = world.issue(issue).pull.as_ref().ok_or(Refusal::HIDDEN)?;
    let holds = |review: &&ReviewRecord| review.inline.iter().any(|inline| inline.comment == id);
    let review = pull.reviews.iter().find(holds).map(|review| review.id).ok_or(Refusal::HIDDEN)?;
    let review = review_json(world, call, issue, review)?;
    Ok(ApiAnswer::json(201, &review.inline().last()))
}

fn find<'a>(
    world: &'a World,
    repo: RepoId,
    number: &str,
) -> Result<(i64, &'a PullRecord), Refusal> {
    let id = world.thread(repo, number_of(number)?)?;
    let pull = world.issue(id).pull.as_ref().ok_or(Refusal::HIDDEN)?;
    Ok((id, pull))
}

fn review_json<'a>(
    world: &'a World,
    call: &Call,
    issue: i64,
    id: i64,
) -> Result<ReviewJson<'a>, Refusal> {
    let issue = world.issue(issue);
    let pull = issue.pull.as_ref().ok_or(Refusal::HIDDEN)?;
    let review = pull.reviews.iter().find(|r| r.id == id).ok_or(Refusal::HIDDEN)?;
    Ok(call.view(world).review(issue, pull, review))
}

#[derive(Deserialize)]
struct NewPullBody {
    title: String,
    #[serde(default)]
    body: String,
    head: String,
    base: String,
}

/// Any head will do: there is no git here that could miss it.
fn open(world: &mut World, call: &Call, repo: RepoId) -> Reply {
    let NewPullBody { title, body, head, base } = call.json()?;
    let new = NewPull::between(title, body, &head, &base);
    let id = world.open_pull(call.require_user()?, repo, new)?;
    Ok(ApiAnswer::json(201, &call.view(world).pull(id)))
}

#[derive(Deserialize)]
struct ReviewBody {
    #[serde(default)]
    event: String,
    #[serde(default)]
    body: String,
    commit_id: Option<String>,
    #[serde(default)]
    comments: Vec<InlineBody>,
}

#[derive(Deserialize)]
struct InlineBody {
    path: String,
    body: String,
    #[serde(default)]
    new_position: i64,
}

/// A review of a commit that is not the head is a 500, as an unknown one is with Gitea.
fn review(world: &mut World, call: &Call, repo: RepoId, number: &str) -> Reply {
    let (issue, pull) = find(world, repo, number)?;
    let review: ReviewBody = call.json()?;
    if review.commit_id.is_some_and(|commit| commit != pull.head.sha) {
        return Err(Refusal::Internal);
    }
    let verdict = match review.event.as_str() {
        "APPROVED" => ReviewState::Approved,
        "REQUEST_CHANGES" => ReviewState::RequestChanges,
        _ => ReviewState::Comment,
    };
    let inline = review.comments.into_iter().map(|l| (l.path, l.new_position, l.body)).collect();
    let new = NewReview { verdict, body: review.body, inline };
    let id = world.review(call.require_user()?, issue, new)?;
    Ok(ApiAnswer::json(200, &review_json(world, call, issue, id)?))
}
