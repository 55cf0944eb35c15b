//! Pull requests: read, open, review.

use serde::{Deserialize, Serialize};

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use super::{commits, merging};
use crate::core::model::ids::RepoId;
use crate::sandbox::json::{ReviewJson, ReviewRequestJson};
use crate::sandbox::world::World;
use crate::sandbox::world::issues::IssuePatch;
use crate::sandbox::world::pulls::{NewPull, NewReview};
use crate::sandbox::world::records::{PullRecord, ReviewRecord, ReviewRequestRecord, ReviewState};
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::search::Filter;

/// `/repos/{owner}/{name}/pulls` and below.
pub(super) fn route(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("POST", []) => open(world, call, repo),
        ("GET", []) => list(world, call, repo),
        ("GET", [file]) if file.ends_with(".diff") => {
            let (issue, _) = find(world, repo, file.trim_end_matches(".diff"))?;
            commits::diff_of_pull(world, issue, false)
        }
        ("GET", [file]) if file.ends_with(".patch") => {
            let (issue, _) = find(world, repo, file.trim_end_matches(".patch"))?;
            commits::diff_of_pull(world, issue, true)
        }
        ("GET", [number]) => {
            let (id, _) = find(world, repo, number)?;
            Ok(ApiAnswer::json(200, &call.view(world).pull(id)))
        }
        ("PATCH", [number]) => edit(world, call, repo, number),
        ("GET", [number, "files"]) => {
            let (issue, _) = find(world, repo, number)?;
            commits::files_of_pull(world, call, issue)
        }
        ("GET", [number, "commits"]) => {
            let (issue, _) = find(world, repo, number)?;
            commits::of_pull(world, call, issue)
        }
        (_, [number, "merge"]) => {
            let (issue, _) = find(world, repo, number)?;
            merging::route(world, call, issue)
        }
        ("POST", [number, "update"]) => {
            let (issue, _) = find(world, repo, number)?;
            merging::update(world, call, issue)
        }
        (_, [number, "requested_reviewers"]) => {
            let (issue, _) = find(world, repo, number)?;
            merging::reviewers(world, call, issue)
        }
        ("GET", [number, "reviews"]) => {
            let (issue, pull) = find(world, repo, number)?;
            let view = call.view(world);
            let issue = world.issue(issue);
            // What is begun is its author's alone to see.
            let is_seen = |r: &&ReviewRecord| r.given.is_some() || view.viewer == Some(r.author);
            let seen = pull.reviews.iter().filter(is_seen);
            let mut all: Vec<ListedReview> = pull.asked.iter().map(ListedReview::Asked).collect();
            all.extend(seen.map(ListedReview::Given));
            all.sort_by_key(ListedReview::id);
            ApiAnswer::paged(call, all, |review| match review {
                ListedReview::Given(review) => {
                    ListedReviewJson::Given(view.review(issue, pull, review))
                }
                ListedReview::Asked(asked) => {
                    ListedReviewJson::Asked(view.review_request(issue, asked))
                }
            })
        }
        ("POST", [number, "reviews", id, "dismissals"]) => {
            let (issue, _) = find(world, repo, number)?;
            let review = number_of(id)?;
            merging::dismiss(world, call, issue, review)?;
            Ok(ApiAnswer::json(200, &review_json(world, call, issue, review)?))
        }
        ("POST", [number, "reviews"]) => review(world, call, repo, number),
        ("DELETE", [number, "reviews", id]) => {
            let (issue, _) = find(world, repo, number)?;
            world.delete_review(call.require_user()?, issue, number_of(id)?)?;
            Ok(ApiAnswer::empty(204))
        }
        ("GET", [number, "reviews", id, "comments"]) => {
            let (issue, _) = find(world, repo, number)?;
            let review = review_json(world, call, issue, number_of(id)?)?;
            Ok(ApiAnswer::json(200, &review.inline()))
        }
        // `GET` would look for a pull request between branches of these names.
        ("POST", [_, "comments", _, "replies"]) if !world.version.has_calls_of_1_27() => {
            Err(Refusal::NoSuchMethod)
        }
        ("POST", [number, "comments", id, "replies"]) => {
            let (issue, _) = find(world, repo, number)?;
            reply(world, call, issue, number_of(id)?)
        }
        ("GET", [base, head @ ..]) if !head.is_empty() => between(world, call, repo, (base, head)),
        _ => Err(Refusal::HIDDEN),
    }
}

/// What the list of reviews has: reviews, and who is asked for one.
enum ListedReview<'a> {
    Given(&'a ReviewRecord),
    Asked(&'a ReviewRequestRecord),
}

impl ListedReview<'_> {
    fn id(&self) -> i64 {
        match self {
            Self::Given(review) => review.id,
            Self::Asked(asked) => asked.id,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ListedReviewJson<'a> {
    Given(ReviewJson<'a>),
    Asked(ReviewRequestJson<'a>),
}

/// `GET /pulls`, the newest first.
fn list(world: &World, call: &Call, repo: RepoId) -> Reply {
    let open = match call.param("state") {
        Some("all") => None,
        state => Some(state != Some("closed")),
    };
    let wanted = Filter { open, pulls: Some(true), ..Filter::default() };
    let found = world.find_issues(&[repo], &wanted);
    let (view, page) = (call.view(world), call.page());
    let shown: Vec<_> = page.of_all(&found).iter().map(|id| view.listed_pull(*id)).collect();
    Ok(ApiAnswer::json(200, &shown).with_links(call, page, found.len()))
}

/// `GET /pulls/{base}/{head}`: the last one between two branches.
fn between(world: &World, call: &Call, repo: RepoId, (base, head): (&str, &[&str])) -> Reply {
    let head = head.join("/");
    let (from, head) = world.branch_elsewhere(repo, &head)?;
    let threads = world.repo(repo).threads.values().rev();
    let mut pulls = threads.filter_map(|id| Some((*id, world.issue(*id).pull.as_ref()?)));
    let found = pulls.find(|(_, pull)| {
        pull.base.name == base && pull.head.name == head && pull.head.repo == from
    });
    let (id, _) = found.ok_or(Refusal::HIDDEN)?;
    Ok(ApiAnswer::json(200, &call.view(world).pull(id)))
}

#[derive(Deserialize)]
struct PullPatchBody {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    assignees: Option<Vec<String>>,
    allow_maintainer_edit: Option<bool>,
}

fn edit(world: &mut World, call: &Call, repo: RepoId, number: &str) -> Reply {
    let (issue, _) = find(world, repo, number)?;
    let user = call.require_user()?;
    let body: PullPatchBody = call.json()?;
    if let Some(allows) = body.allow_maintainer_edit {
        world.let_maintainers_edit(user, issue, allows)?;
    }
    let open = body.state.map(|state| state == "open");
    let (title, text, assignees) = (body.title, body.body, body.assignees);
    let patch = IssuePatch { title, body: text, open, assignees, ..IssuePatch::default() };
    world.edit_issue(user, issue, patch)?;
    Ok(ApiAnswer::json(201, &call.view(world).pull(issue)))
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
    allow_maintainer_edit: Option<bool>,
}

/// The head may lie in a fork: `rando:mine`.
fn open(world: &mut World, call: &Call, repo: RepoId) -> Reply {
    let NewPullBody { title, body, head, base, allow_maintainer_edit } = call.json()?;
    let (from, head) = world.branch_elsewhere(repo, &head)?;
    let (head, maintainers_may_edit) = (head.to_owned(), allow_maintainer_edit);
    let new = NewPull { title, body, from, head, base, maintainers_may_edit };
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
