//! Whatever is not shown or done, as a page that says why.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::render::shown;
use crate::core::model::ids::NotARepoName;
use crate::sandbox::Refusal;

/// Why a request is refused.
pub(super) enum Turned {
    /// The form is not one of ours, or of an earlier run.
    NotOurForm,
    /// It would be said by somebody who cannot be played.
    NotPlayed,
    /// The forge refuses it.
    Refused(Refusal),
}

#[derive(Template)]
#[template(path = "page/turned.html")]
struct TurnedPage<'p> {
    title: &'p str,
    reason: &'p str,
}

impl Turned {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotOurForm | Self::NotPlayed => StatusCode::FORBIDDEN,
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::NotOurForm => {
                "This form is not of this run of the demo: go back, reload the page, send it again."
            }
            Self::NotPlayed => "Only the people in the list can be played.",
            Self::Refused(Refusal::NotFound(_)) => "There is no such page.",
            Self::Refused(refusal) => refusal.message(),
        }
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = if status == StatusCode::NOT_FOUND { "Not found" } else { "Not done" };
        shown(status, &TurnedPage { title, reason: self.reason() })
    }
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What cannot be a repository is none.
impl From<NotARepoName> for Turned {
    fn from(_: NotARepoName) -> Self {
        Self::Refused(Refusal::HIDDEN)
    }
}
