//! What can be done: comment, edit, open an issue. Each form names whose part is played.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::show::{self, Draft};
use super::state::PageState;
use super::turned::Turned;
use crate::core::model::ids::RepoName;
use crate::sandbox::Refusal;
use crate::sandbox::world::World;
use crate::sandbox::world::issues::NewIssue;

const NOTHING_WRITTEN: &str = "There is nothing to send yet: write something first.";
const NO_TITLE: &str = "An issue needs a title.";

/// The fields of the page's forms.
struct Form {
    who: String,
    title: String,
    text: String,
}

impl Form {
    /// Reads a form, if it is ours and plays somebody.
    fn read(page: &PageState, body: &[u8]) -> Result<Self, Turned> {
        let mut fields: HashMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
        if fields.get("token").is_none_or(|token| token != page.gate.token()) {
            return Err(Turned::NotOurForm);
        }
        let mut take = |name: &str| fields.remove(name).unwrap_or_default();
        let form = Self { who: take("as"), title: take("title"), text: take("text") };
        if page.guide.plays(&form.who) { Ok(form) } else { Err(Turned::NotPlayed) }
    }

    /// What was typed, with the error to show beside it.
    fn returned(self, fault: &'static str) -> Draft {
        Draft { who: self.who, title: self.title, text: self.text, fault: Some(fault) }
    }
}

pub(super) async fn comment(
    State(page): State<Arc<PageState>>,
    Path((owner, name, number)): Path<(String, String, i64)>,
    body: Bytes,
) -> Result<Response, Turned> {
    let (repo, form) = (RepoName::new(&owner, &name)?, Form::read(&page, &body)?);
    if form.text.trim().is_empty() {
        return show::thread_with(&page, &repo, number, form.returned(NOTHING_WRITTEN), None);
    }
    let id = page.forge.act(|world| {
        let (user, repo) = (world.user_named(&form.who)?, world.repo_named(&repo)?);
        world.thread(repo, number)?;
        world.create_comment(user, repo, number, &form.text)
    })?;
    seen(&page, &format!("/{repo}/issues/{number}#comment-{id}")).await
}

pub(super) async fn edit(
    State(page): State<Arc<PageState>>,
    Path((owner, name, number, id)): Path<(String, String, i64, i64)>,
    body: Bytes,
) -> Result<Response, Turned> {
    let (repo, form) = (RepoName::new(&owner, &name)?, Form::read(&page, &body)?);
    if form.text.trim().is_empty() {
        let draft = Draft { fault: Some(NOTHING_WRITTEN), ..Draft::default() };
        return show::thread_with(&page, &repo, number, draft, Some(id));
    }
    page.forge.act(|world| {
        let user = own_comment(world, &repo, number, id, &form.who)?;
        world.edit_comment(user, id, &form.text)
    })?;
    seen(&page, &format!("/{repo}/issues/{number}#comment-{id}")).await
}

/// The author of comment `id` of that thread, who must be `login`.
fn own_comment(
    world: &World,
    repo: &RepoName,
    number: i64,
    id: i64,
    login: &str,
) -> Result<i64, Refusal> {
    let thread = world.thread(world.repo_named(repo)?, number)?;
    let user = world.user_named(login)?;
    match world.comments.get(&id).filter(|comment| comment.issue == thread) {
        None => Err(Refusal::HIDDEN),
        Some(comment) if comment.author == user => Ok(user),
        Some(_) => Err(Refusal::Forbidden("That is somebody else's comment.".to_owned())),
    }
}

pub(super) async fn open(
    State(page): State<Arc<PageState>>,
    Path((owner, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Turned> {
    let (repo, form) = (RepoName::new(&owner, &name)?, Form::read(&page, &body)?);
    if form.title.trim().is_empty() {
        return Ok(show::new_with(&page, &repo, form.returned(NO_TITLE)));
    }
    let new = NewIssue { title: form.title, body: form.text, ..NewIssue::default() };
    let id = page.forge.act(|world| {
        let (user, repo) = (world.user_named(&form.who)?, world.repo_named(&repo)?);
        world.open_issue(user, repo, new)
    })?;
    let number = page.forge.look(|world| world.issue(id).number);
    seen(&page, &format!("/{repo}/issues/{number}")).await
}

/// Leads to what was done, once it had its effect.
async fn seen(page: &PageState, path: &str) -> Result<Response, Turned> {
    page.settle().await;
    Ok(Redirect::to(path).into_response())
}
