//! What a delivery of Gitea's says. Pure: bytes in, meaning out.

use serde::Deserialize;

use super::wire::{
    Issue, Missing, Repository, User, WireComment, author, clip, or_default, positive,
};
use crate::core::heard::{Act, Heard, Opening, Repo};
use crate::core::ids::Subject;

/// What a delivery means to timmy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Somebody said something: a comment was written or edited, an issue was opened.
    Heard(Box<Heard>),
    /// A pull request was opened; its body is heard once its id is known.
    PullOpened(Box<Opening>),
    /// Somebody reviewed a pull request. Neither the review's id nor its inline comments are in
    /// the delivery: they must be read.
    Reviewed {
        /// Where.
        repo: Repo,
        /// The pull request's number.
        number: i64,
    },
    /// A comment is gone.
    Deleted {
        /// Where.
        repo: Repo,
        /// The id that the comment had.
        comment: i64,
    },
    /// Nothing that timmy acts on.
    Ignored(Ignored),
}

/// Why a delivery is none of timmy's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// An event that it does not listen to, such as `push`.
    Event,
    /// An action that it does not listen to, such as `closed`.
    Action,
}

/// A delivery that cannot be understood, although its event is one that matters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, or of another shape.
    #[error("the payload cannot be read: {0}")]
    Json(String),
    /// It lacks something.
    #[error("the payload lacks `{0}`, or it is not usable")]
    Missing(&'static str),
}

/// Reads the payload `json` of the event `event_type`: the header `X-Gitea-Event-Type`, or
/// `X-Gitea-Event` where that is missing (1.15).
///
/// The latter is ambiguous (a review is `issue_comment` on 1.15 and `pull_request_comment`
/// later), so the action decides what a comment is and what a review.
pub fn read(event_type: &str, json: &[u8]) -> Result<Delivery, Malformed> {
    match event_type {
        "issue_comment"
        | "pull_request_comment"
        | "pull_request_approved"
        | "pull_request_rejected"
        | "pull_request_review_approved"
        | "pull_request_review_rejected"
        | "pull_request_review_comment" => said(parse(json)?),
        "issues" | "pull_request" => opened(parse(json)?),
        _ => Ok(Delivery::Ignored(Ignored::Event)),
    }
}

/// The payload of a comment or a review.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    #[serde(deserialize_with = "or_default")]
    action: Action,
    issue: Option<Thread>,
    pull_request: Option<Thread>,
    comment: Option<WireComment>,
    changes: Option<Changes>,
    repository: Option<Repository>,
    sender: Option<User>,
}

/// The payload of an issue or a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Opened {
    #[serde(deserialize_with = "or_default")]
    action: Action,
    issue: Option<Issue>,
    pull_request: Option<Issue>,
    repository: Option<Repository>,
    sender: Option<User>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Created,
    Edited,
    Deleted,
    Opened,
    Reviewed,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Thread {
    #[serde(deserialize_with = "or_default")]
    number: i64,
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changes {
    body: Option<Former>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Former {
    from: Option<String>,
}

fn said(payload: Said) -> Result<Delivery, Malformed> {
    match payload.action {
        Action::Created => comment(payload, Act::Created),
        Action::Edited => comment(payload, Act::Edited),
        Action::Deleted => Ok(Delivery::Deleted {
            repo: repo(payload.repository)?,
            comment: positive(payload.comment.unwrap_or_default().id, "comment.id")?,
        }),
        Action::Reviewed => Ok(Delivery::Reviewed {
            number: number(payload.pull_request.as_ref(), "pull_request.number")?,
            repo: repo(payload.repository)?,
        }),
        Action::Opened | Action::Other => Ok(Delivery::Ignored(Ignored::Action)),
    }
}

fn comment(payload: Said, act: Act) -> Result<Delivery, Malformed> {
    let comment = payload.comment.ok_or(Missing("comment"))?;
    let migrated = comment.is_migrated();
    // Those of the sender: Gitea computes them for whoever writes or edits.
    let permissions = payload.repository.as_ref().and_then(Repository::permissions);
    Ok(Delivery::Heard(Box::new(Heard {
        subject: Subject::Comment(positive(comment.id, "comment.id")?),
        number: number(payload.issue.as_ref(), "issue.number")?,
        is_pull: payload.issue.is_some_and(|issue| issue.pull_request.is_some()),
        repo: repo(payload.repository)?,
        act,
        author: author(comment.user, migrated),
        sender: payload.sender.and_then(User::account),
        migrated,
        body: comment.body,
        former_body: payload.changes.and_then(|changes| changes.body?.from),
        created_at: comment.created_at.or(comment.updated_at, "comment.created_at")?,
        updated_at: comment.updated_at.or(comment.created_at, "comment.updated_at")?,
        permissions,
    })))
}

fn opened(payload: Opened) -> Result<Delivery, Malformed> {
    let (repository, sender) = (payload.repository, payload.sender);
    match (payload.action, payload.issue, payload.pull_request) {
        (Action::Opened, Some(issue), _) => {
            let id = positive(issue.id, "issue.id")?;
            Ok(Delivery::Heard(Box::new(opening(issue, false, repository, sender)?.heard(id))))
        }
        (Action::Opened, None, Some(pull)) => {
            Ok(Delivery::PullOpened(Box::new(opening(pull, true, repository, sender)?)))
        }
        (Action::Opened, None, None) => Err(Malformed::Missing("issue")),
        _ => Ok(Delivery::Ignored(Ignored::Action)),
    }
}

fn opening(
    issue: Issue,
    is_pull: bool,
    repository: Option<Repository>,
    sender: Option<User>,
) -> Result<Opening, Missing> {
    let migrated = issue.is_migrated();
    Ok(Opening {
        repo: repo(repository)?,
        number: positive(issue.number, "number")?,
        is_pull,
        author: author(issue.user, migrated),
        sender: sender.and_then(User::account),
        migrated,
        body: issue.body,
        created_at: issue.created_at.or(issue.updated_at, "created_at")?,
        updated_at: issue.updated_at.or(issue.created_at, "updated_at")?,
    })
}

fn repo(repository: Option<Repository>) -> Result<Repo, Missing> {
    repository.ok_or(Missing("repository"))?.try_into()
}

fn number(thread: Option<&Thread>, field: &'static str) -> Result<i64, Missing> {
    positive(thread.map_or(0, |thread| thread.number), field)
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Malformed> {
    serde_json::from_slice(json).map_err(|error| Malformed::Json(clip(&error.to_string())))
}

impl From<Missing> for Malformed {
    fn from(Missing(field): Missing) -> Self {
        Self::Missing(field)
    }
}
