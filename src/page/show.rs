//! What is answered.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::time::timeout;

use super::state::PageState;
use super::words::{line, opening, pieces};
use crate::core::command::value::{ArgumentValue as _, JobId};
use crate::core::reply::words::{counted, points, share};
use crate::core::reply::{AgentNow, AgentState, Autonomy, Gets};
use crate::engine::overview::{JobStory, Overview, Place, StoryLog};
use crate::store::Error;

/// The stylesheet, part of the program.
const STYLE: &str = include_str!("../../templates/status_page/status.css");

const NO_JOB: &str = "There is no such job, or it cannot be shown here: `timmy jobs` lists those \
                      that there are.\n";
const UNREAD: &str = "The ledger cannot be read right now: try again, and see the log.\n";

const BUSY: &str = "The ledger is busy: try again.\n";

pub(super) async fn overview(State(page): State<Arc<PageState>>) -> Response {
    let (engine, audience) = (page.engine.clone(), page.audience());
    let look = async move { engine.overview(audience).await };
    in_time(&page, look, |all| shown(&OverviewPage { all: &all })).await
}

pub(super) async fn job(State(page): State<Arc<PageState>>, Path(id): Path<String>) -> Response {
    let Some(id) = JobId::read(&id).filter(|read| read.to_string() == id) else {
        return (StatusCode::NOT_FOUND, NO_JOB).into_response();
    };
    let (engine, audience) = (page.engine.clone(), page.audience());
    let look = async move { engine.job_story(id, audience).await };
    let show = |story: Option<JobStory>| match story {
        Some(story) => shown(&JobPage { story: &story }),
        None => (StatusCode::NOT_FOUND, NO_JOB).into_response(),
    };
    in_time(&page, look, show).await
}

/// What is seen in one look, when its turn comes; or that it takes too long.
async fn in_time<T: Send + 'static>(
    page: &PageState,
    look: impl Future<Output = Result<T, Error>> + Send + 'static,
    show: impl FnOnce(T) -> Response,
) -> Response {
    let looking = async {
        let turn = page.turns.clone().acquire_owned().await;
        // Apart: a read of the ledger cannot be broken off, and keeps its turn until it ends.
        let apart = tokio::spawn(async move {
            let seen = look.await;
            drop(turn);
            seen
        });
        apart.await
    };
    match timeout(page.patience, looking).await {
        Ok(Ok(Ok(seen))) => show(seen),
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "status page cannot read the ledger");
            later(UNREAD)
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "a look of the status page broke off");
            later(UNREAD)
        }
        Err(_) => later(BUSY),
    }
}

pub(super) async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], STYLE).into_response()
}

fn later(why: &'static str) -> Response {
    let later = (header::RETRY_AFTER, HeaderValue::from_static("5"));
    (StatusCode::SERVICE_UNAVAILABLE, [later], why).into_response()
}

fn shown(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "status page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown.\n").into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "status_page/overview.html")]
struct OverviewPage<'a> {
    all: &'a Overview,
}

#[derive(Template)]
#[template(path = "status_page/job.html")]
struct JobPage<'a> {
    story: &'a JobStory,
}

impl OverviewPage<'_> {
    /// The outcome of all in one sentence.
    fn headline(&self) -> String {
        match self.all.waits.len() {
            0 => "Nothing waits for a person".to_owned(),
            1 => "1 thing waits for a person".to_owned(),
            count => format!("{count} things wait for a person"),
        }
    }

    /// What else there is, in one sentence.
    fn lead(&self) -> String {
        let broken = self.all.broken.len() + self.all.dead.len();
        let broken = match broken {
            0 => "Nothing is broken".to_owned(),
            1 => "1 thing is broken or given up".to_owned(),
            count => format!("{count} things are broken or given up"),
        };
        let jobs = counted(self.all.jobs.len(), "job");
        let are = if self.all.jobs.len() == 1 { "is" } else { "are" };
        let ready = match &self.all.backlog {
            Some(backlog) => format!("{} ready", counted(backlog.queue.ready, "issue")),
            None => "the backlog is not read yet".to_owned(),
        };
        format!("{broken}, {jobs} {are} in flight, {ready}.")
    }
}

/// How far timmy goes by itself.
fn mode_said(mode: Autonomy) -> &'static str {
    match mode {
        Autonomy::Off => "Nothing starts by itself: people assign.",
        Autonomy::Suggest => "Nothing starts by itself: I suggest, people assign.",
        Autonomy::Auto => "What may start by itself does.",
    }
}
