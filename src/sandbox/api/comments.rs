//! Comments of threads and of whole repositories.

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use super::reactions;
use crate::core::model::ids::{RepoId, Subject};
use crate::sandbox::world::World;
use crate::sandbox::world::comments::Edited;
use crate::sandbox::world::records::CommentKind;
use crate::sandbox::world::refusal::Refusal;

/// What a client sends to write or change a comment.
#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    body: String,
}

impl Text {
    fn of(call: &Call) -> Result<String, Refusal> {
        let text: Self = call.json()?;
        if text.body.is_empty() {
            return Err(Refusal::Unprocessable("[Body]: Required".into()));
        }
        Ok(text.body)
    }
}

/// `/repos/{owner}/{name}/issues/{number}/comments`.
pub(super) fn in_thread(world: &mut World, call: &Call, repo: RepoId, number: i64) -> Reply {
    match call.method.as_str() {
        "GET" => {
            // Not paged, whatever the query says. A missing issue is a 500, as in `POST`.
            let issue = world.thread(repo, number).map_err(|_| Refusal::Internal)?;
            let issue = world.issue(issue);
            let (since, before) = (call.time_param("since")?, call.time_param("before")?);
            let comments = world.comments_between(issue.comments.iter(), since, before);
            let view = call.view(world);
            let total = comments.len();
            let comments: Vec<_> = comments.into_iter().map(|c| view.comment(c)).collect();
            Ok(ApiAnswer::json(200, &comments).with_total(total))
        }
        "POST" => {
            let user = call.require_user()?;
            let body = Text::of(call)?;
            let id = world.create_comment(user, repo, number, &body)?;
            Ok(ApiAnswer::json(201, &call.view(world).comment(world.comment_in(repo, id)?)))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

/// `/repos/{owner}/{name}/issues/comments` and below.
pub(super) fn in_repo(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, repo),
        ("GET", [id]) => get(world, call, repo, number_of(id)?),
        ("PATCH", [id]) => edit(world, call, repo, number_of(id)?),
        ("DELETE", [id]) => {
            let id = world.comment_in(repo, number_of(id)?)?.id;
            world.delete_comment(call.require_user()?, id)?;
            Ok(ApiAnswer::empty(204))
        }
        (_, [id, "reactions"]) if world.is_timeline_entry(repo, number_of(id)?) => {
            reactions::route(world, call, Subject::Comment(number_of(id)?))
        }
        (_, [id, "reactions"]) => {
            let id = world.comment_in(repo, number_of(id)?)?.id;
            reactions::route(world, call, Subject::Comment(id))
        }
        _ => Err(Refusal::HIDDEN),
    }
}

/// Oldest first. Without `page`, Gitea before 1.26 ignores `limit` and returns everything.
fn list(world: &World, call: &Call, repo: RepoId) -> Reply {
    let (since, before) = (call.time_param("since")?, call.time_param("before")?);
    let comments = world.comments_between(world.repo(repo).comments.iter(), since, before);
    let view = call.view(world);
    if call.positive("page").is_some() || call.version.pages_without_being_asked() {
        return ApiAnswer::paged(call, comments, |comment| view.comment(comment));
    }
    let total = comments.len();
    let comments: Vec<_> = comments.into_iter().map(|comment| view.comment(comment)).collect();
    Ok(ApiAnswer::json(200, &comments).with_total(total))
}

/// A review's body or an inline comment has an id like any comment, but no content here.
fn get(world: &World, call: &Call, repo: RepoId, id: i64) -> Reply {
    if world.is_timeline_entry(repo, id) {
        return Ok(ApiAnswer::empty(204));
    }
    let comment = world.comment_in(repo, id)?;
    match comment.kind {
        CommentKind::Plain => Ok(ApiAnswer::json(200, &call.view(world).comment(comment))),
        CommentKind::OfReview => Ok(ApiAnswer::empty(204)),
    }
}

fn edit(world: &mut World, call: &Call, repo: RepoId, id: i64) -> Reply {
    let user = call.require_user()?;
    let id = world.comment_in(repo, id)?.id;
    let body = Text::of(call)?;
    let edited = world.edit_comment(user, id, &body)?;
    let (view, comment) = (call.view(world), world.comment_in(repo, id)?);
    let json = match edited {
        Edited::Changed => view.comment(comment),
        Edited::Same => view.unchanged_comment(comment),
    };
    Ok(ApiAnswer::json(200, &json))
}
