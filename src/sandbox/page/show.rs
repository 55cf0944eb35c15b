//! What can be looked at.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::guide::Guide;
use super::state::PageState;
use super::turned::Turned;
use super::view::{self, IssueRow, ShownThread};
use crate::core::model::ids::RepoName;
use crate::sandbox::Refusal;
use crate::sandbox::page::render::shown;

#[derive(Template)]
#[template(path = "page/issues.html")]
struct IssuesPage<'p> {
    repo: &'p RepoName,
    rows: Vec<IssueRow>,
}

#[derive(Template)]
#[template(path = "page/new.html")]
struct NewPage<'p> {
    repo: &'p RepoName,
    guide: &'p Guide,
    token: &'p str,
    draft: Draft,
}

/// An issue and all that was said.
#[derive(Template)]
#[template(path = "page/thread.html")]
struct ThreadPage<'p> {
    repo: &'p RepoName,
    thread: ShownThread,
    guide: &'p Guide,
    token: &'p str,
    draft: Draft,
    editing: Option<i64>,
}

/// What stands in a form before it is sent.
#[derive(Default)]
pub(super) struct Draft {
    /// Whose part is played; empty for whoever is proposed.
    pub(super) who: String,
    pub(super) title: String,
    pub(super) text: String,
    /// What was wrong when it was sent before.
    pub(super) fault: Option<&'static str>,
}

impl ThreadPage<'_> {
    /// Whether this is what a newcomer sees first.
    fn is_home(&self) -> bool {
        self.guide.home == format!("/{}/issues/{}", self.repo, self.thread.number)
    }
}

/// A hue of the colour circle, always the same for a name.
fn hue(login: &str) -> u32 {
    login.bytes().fold(7, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 360
}

/// The letter in somebody's picture.
fn initial(login: &str) -> String {
    login.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

pub(super) async fn home(State(page): State<Arc<PageState>>) -> Redirect {
    Redirect::to(&page.guide.home)
}

pub(super) async fn style() -> impl IntoResponse {
    const TYPE: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (TYPE, include_str!("../../../templates/page/page.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    const TYPE: [(HeaderName, &str); 1] =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (TYPE, include_str!("../../../templates/page/page.js"))
}

pub(super) async fn nowhere() -> Turned {
    Turned::Refused(Refusal::HIDDEN)
}

pub(super) async fn issues(
    State(page): State<Arc<PageState>>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Response, Turned> {
    let repo = RepoName::new(&owner, &name)?;
    let now = (page.forge.clock)();
    let rows = page.forge.look(|world| view::rows(world, &repo, now))?;
    Ok(shown(StatusCode::OK, &IssuesPage { repo: &repo, rows }))
}

pub(super) async fn new_issue(
    State(page): State<Arc<PageState>>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Response, Turned> {
    let repo = RepoName::new(&owner, &name)?;
    page.forge.look(|world| world.repo_named(&repo))?;
    Ok(new_with(&page, &repo, Draft::default()))
}

/// The form for a new issue, with what was written so far.
pub(super) fn new_with(page: &PageState, repo: &RepoName, draft: Draft) -> Response {
    let (guide, token) = (&page.guide, page.gate.token());
    shown(status_of(&draft), &NewPage { repo, guide, token, draft })
}

pub(super) async fn thread(
    State(page): State<Arc<PageState>>,
    Path((owner, name, number)): Path<(String, String, i64)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Turned> {
    let repo = RepoName::new(&owner, &name)?;
    let (mut draft, mut editing) = (Draft::default(), None);
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*key {
            "say" => draft.text = value.into_owned(),
            "as" => draft.who = value.into_owned(),
            "edit" => editing = value.parse().ok(),
            _ => {}
        }
    }
    thread_with(&page, &repo, number, draft, editing)
}

/// A thread, with a comment that is being written or edited.
pub(super) fn thread_with(
    page: &PageState,
    repo: &RepoName,
    number: i64,
    mut draft: Draft,
    editing: Option<i64>,
) -> Result<Response, Turned> {
    let now = (page.forge.clock)();
    let thread = page.forge.look(|world| view::thread(world, repo, number, now))?;
    let status = status_of(&draft);
    if draft.who.is_empty() {
        draft.who = thread.last_speaker(&page.guide.bot).unwrap_or_default().to_owned();
    }
    let (guide, token) = (&page.guide, page.gate.token());
    let editing = editing.filter(|&id| thread.author_of(id).is_some_and(|who| guide.plays(who)));
    Ok(shown(status, &ThreadPage { repo, thread, guide, token, draft, editing }))
}

/// 422 for a form that comes back.
fn status_of(draft: &Draft) -> StatusCode {
    if draft.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
