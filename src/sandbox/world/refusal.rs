//! What the forge says when it does not do what it is asked.

use std::fmt;

use crate::sandbox::git::GitFailure;

/// Why something was not done, in the terms of Gitea's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 400.
    BadRequest(String),
    /// 401.
    Unauthorized(&'static str),
    /// 403 with a message.
    Forbidden(String),
    /// 403 without a body.
    ForbiddenBare,
    /// 404; the detail of what is missing, where Gitea tells.
    NotFound(Option<String>),
    /// 404: this Gitea has no such call.
    NoSuchCall,
    /// 404 with a message that is not "not found".
    Missing { message: &'static str, detail: String },
    /// 404 with these words in every version.
    NotThere(&'static str),
    /// 405.
    NotAllowed(String),
    /// 405 without a body: this Gitea does not do that there.
    NoSuchMethod,
    /// 409.
    Conflict(String),
    /// 412.
    PreconditionFailed(&'static str),
    /// 422.
    Unprocessable(String),
    /// 423, since the repository is archived.
    Archived(String),
    /// 500 with an empty message, as everybody but a site admin sees it.
    Internal,
    /// 301, or 307 of Gitea 1.22: the repository has another name now; the new path.
    Moved(String),
    /// The account has another name now; the new path.
    UserMoved(String),
    /// 303: ask there instead.
    SeeOther(String),
}

impl Refusal {
    /// 404 as Gitea says it of whatever the caller may not see.
    pub(crate) const HIDDEN: Self = Self::NotFound(None);

    /// The status code, of whatever differs that of Gitea 1.25.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::Unauthorized(_) => 401,
            Self::Forbidden(_) | Self::ForbiddenBare => 403,
            Self::NotFound(_) | Self::NoSuchCall | Self::Missing { .. } | Self::NotThere(_) => 404,
            Self::NotAllowed(_) | Self::NoSuchMethod => 405,
            Self::Conflict(_) => 409,
            Self::PreconditionFailed(_) => 412,
            Self::Unprocessable(_) => 422,
            Self::Archived(_) => 423,
            Self::Internal => 500,
            Self::Moved(_) => 301,
            Self::UserMoved(_) => 307,
            Self::SeeOther(_) => 303,
        }
    }

    /// The message in the words of Gitea 1.25; empty where Gitea keeps quiet.
    pub fn message(&self) -> &str {
        match self {
            Self::BadRequest(text)
            | Self::Forbidden(text)
            | Self::Conflict(text)
            | Self::NotAllowed(text)
            | Self::Unprocessable(text)
            | Self::Archived(text) => text,
            Self::Unauthorized(text) | Self::PreconditionFailed(text) | Self::NotThere(text) => {
                text
            }
            Self::NotFound(_) => "not found",
            Self::NoSuchCall => "404 page not found",
            Self::Missing { message, .. } => message,
            Self::ForbiddenBare
            | Self::NoSuchMethod
            | Self::Internal
            | Self::Moved(_)
            | Self::UserMoved(_)
            | Self::SeeOther(_) => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the forge answered {}: {}", self.status(), self.message())
    }
}

impl std::error::Error for Refusal {}

/// Git failed: the forge says as little of it as Gitea does, its log says why.
impl From<GitFailure> for Refusal {
    fn from(failure: GitFailure) -> Self {
        tracing::error!(%failure, "the sandbox could not work on a repository");
        Self::Internal
    }
}
