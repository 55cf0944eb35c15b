//! What a delivery of Gitea's says. Pure: bytes in, meaning out.

use serde::Deserialize;

use super::wire::{
    MissingField, WireComment, WireIssue, WireRepository, WireUser, clip, or_default, positive,
};
use crate::core::model::account::Account;
use crate::core::model::ids::Subject;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::text::{InboundText, OpenedPull, TextEvent};

/// What a delivery means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Somebody said something: a comment was written or edited, an issue was opened.
    Text(Box<InboundText>),
    /// A pull request was opened; its body is stored once its id is known.
    PullOpened(Box<OpenedPull>),
    /// Somebody reviewed a pull request. Neither the review's id nor its inline comments are in
    /// the delivery: they must be read.
    Reviewed { repo: Repo, number: i64 },
    /// Somebody did something that may mean the same as a command: what, the thread's timeline
    /// tells, and whoever knows a webhook's secret cannot forge that.
    Gesture { repo: Repo, number: i64 },
    Deleted {
        repo: Repo,
        /// The id that the comment had.
        comment: i64,
    },
    /// Nothing that timmy acts on, and why.
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
    #[error("the payload cannot be read: {0}")]
    Json(String),
    /// A field that the event needs is missing.
    #[error("the payload lacks `{0}`, or it is not usable")]
    Missing(&'static str),
}

/// What a delivery says of an issue or a pull request that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueChanged {
    pub repo: Repo,
    /// Its state. The `id` of a pull request counts pull requests alone.
    pub item: Issue,
    /// Whether the comment was deleted.
    pub deleted: bool,
    /// Who did that; none for a deleted user.
    pub by: Option<Account>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedDelivery {
    /// What it means.
    pub delivery: Delivery,
    /// How the issue or the pull request is now that it is about; none if the payload does not say.
    ///
    /// Comments give none, though they bring the whole issue: they change nothing of it but the time at which it moved, and come more often than all else.
    pub changed_issue: Option<IssueChanged>,
    /// The repository that all of this is about; none if the delivery names none, as what is told
    /// of an organisation does. Nothing is to be done then.
    pub repository: Option<Repo>,
}

/// Reads the payload `json` of the event `event_type`: the header `X-Gitea-Event-Type`, or
/// `X-Gitea-Event` where that is missing (1.15).
///
/// The latter is ambiguous (a review is `issue_comment` on 1.15 and `pull_request_comment`
/// later), so the action decides what a comment is and what a review.
pub fn read(event_type: &str, json: &[u8]) -> Result<ParsedDelivery, Malformed> {
    match event_type {
        "issue_comment"
        | "pull_request_comment"
        | "pull_request_approved"
        | "pull_request_rejected"
        | "pull_request_review_approved"
        | "pull_request_review_rejected"
        | "pull_request_review_comment" => {
            let payload: CommentPayload = parse(json)?;
            let repository = named(payload.repository.as_ref());
            Ok(ParsedDelivery { delivery: said(payload)?, changed_issue: None, repository })
        }
        "issues" | "pull_request" => {
            let payload: IssuePayload = parse(json)?;
            let (changed_issue, repository) =
                (changed_issue(&payload), named(payload.repository.as_ref()));
            Ok(ParsedDelivery { delivery: opened(payload)?, changed_issue, repository })
        }
        "issue_assign" | "pull_request_assign" | "pull_request_review_request" => {
            let payload: IssuePayload = parse(json)?;
            let (changed_issue, repository) =
                (changed_issue(&payload), named(payload.repository.as_ref()));
            Ok(ParsedDelivery { delivery: gesture(payload)?, changed_issue, repository })
        }
        "issue_label"
        | "issue_milestone"
        | "pull_request_label"
        | "pull_request_milestone"
        | "pull_request_sync" => {
            let payload: IssuePayload = parse(json)?;
            let (changed_issue, repository) =
                (changed_issue(&payload), named(payload.repository.as_ref()));
            Ok(ParsedDelivery {
                delivery: Delivery::Ignored(Ignored::Event),
                changed_issue,
                repository,
            })
        }
        _ => {
            // Of such an event nothing need be readable.
            let repository = parse::<Other>(json).ok().and_then(|other| other.repository);
            let repository = named(repository.as_ref());
            Ok(ParsedDelivery {
                delivery: Delivery::Ignored(Ignored::Event),
                changed_issue: None,
                repository,
            })
        }
    }
}

fn named(repository: Option<&WireRepository>) -> Option<Repo> {
    Repo::try_from(repository?.clone()).ok()
}

fn changed_issue(payload: &IssuePayload) -> Option<IssueChanged> {
    let is_pull = payload.pull_request.is_some();
    // Neither is in the test that the forge sends when somebody asks for it.
    let thread = payload.issue.as_ref().or(payload.pull_request.as_ref())?;
    let repo = named(payload.repository.as_ref())?;
    let is_draft = thread.is_draft(is_pull);
    let item = Issue { is_pull, is_draft, ..thread.clone().try_into().ok()? };
    let by = payload.sender.clone().and_then(WireUser::account);
    Some(IssueChanged { repo, item, deleted: matches!(payload.action, Action::Deleted), by })
}

/// The payload of a comment or a review.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CommentPayload {
    #[serde(deserialize_with = "or_default")]
    action: Action,
    issue: Option<PayloadThread>,
    pull_request: Option<PayloadThread>,
    comment: Option<WireComment>,
    changes: Option<Changes>,
    repository: Option<WireRepository>,
    sender: Option<WireUser>,
}

/// The payload of an issue or a pull request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IssuePayload {
    #[serde(deserialize_with = "or_default")]
    action: Action,
    issue: Option<WireIssue>,
    pull_request: Option<WireIssue>,
    repository: Option<WireRepository>,
    sender: Option<WireUser>,
}

/// The payload of an event that timmy does not know.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Other {
    repository: Option<WireRepository>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Created,
    Edited,
    Deleted,
    Opened,
    Closed,
    Reviewed,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PayloadThread {
    #[serde(deserialize_with = "or_default")]
    number: i64,
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changes {
    body: Option<FormerText>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FormerText {
    from: Option<String>,
}

fn said(payload: CommentPayload) -> Result<Delivery, Malformed> {
    match payload.action {
        Action::Created => comment(payload, TextEvent::Created),
        Action::Edited => comment(payload, TextEvent::Edited),
        Action::Deleted => Ok(Delivery::Deleted {
            repo: repo(payload.repository)?,
            comment: positive(payload.comment.unwrap_or_default().id, "comment.id")?,
        }),
        Action::Reviewed => Ok(Delivery::Reviewed {
            number: number(payload.pull_request.as_ref(), "pull_request.number")?,
            repo: repo(payload.repository)?,
        }),
        Action::Opened | Action::Closed | Action::Other => Ok(Delivery::Ignored(Ignored::Action)),
    }
}

fn comment(payload: CommentPayload, act: TextEvent) -> Result<Delivery, Malformed> {
    let comment = payload.comment.ok_or(MissingField("comment"))?;
    let subject = Subject::Comment(positive(comment.id, "comment.id")?);
    let number = number(payload.issue.as_ref(), "issue.number")?;
    let is_pull = payload.issue.is_some_and(|issue| issue.pull_request.is_some());
    // Those of the sender: Gitea computes them for whoever writes or edits.
    let permissions = payload.repository.as_ref().and_then(WireRepository::permissions);
    let sender = payload.sender.and_then(WireUser::account);
    let written = comment.written(number, is_pull)?;
    Ok(Delivery::Text(Box::new(InboundText {
        former_body: payload.changes.and_then(|changes| changes.body?.from),
        permissions,
        delivered: true,
        on_line: false,
        ..written.into_inbound(subject, repo(payload.repository)?, act, sender)
    })))
}

fn opened(payload: IssuePayload) -> Result<Delivery, Malformed> {
    let (repository, sender) = (payload.repository, payload.sender);
    match (payload.action, payload.issue, payload.pull_request) {
        (Action::Opened, Some(issue), _) => {
            let id = positive(issue.id, "issue.id")?;
            Ok(Delivery::Text(Box::new(
                opening(issue, false, repository, sender)?.into_inbound(id),
            )))
        }
        (Action::Opened, None, Some(pull)) => {
            Ok(Delivery::PullOpened(Box::new(opening(pull, true, repository, sender)?)))
        }
        (Action::Opened, None, None) => Err(Malformed::Missing("issue")),
        // What it means that an issue is closed, its state says.
        (Action::Closed, None, Some(pull)) => Ok(Delivery::Gesture {
            repo: repo(repository)?,
            number: positive(pull.number, "pull_request.number")?,
        }),
        _ => Ok(Delivery::Ignored(Ignored::Action)),
    }
}

fn gesture(payload: IssuePayload) -> Result<Delivery, MissingField> {
    let thread = payload.issue.or(payload.pull_request).ok_or(MissingField("issue"))?;
    let number = positive(thread.number, "number")?;
    Ok(Delivery::Gesture { repo: repo(payload.repository)?, number })
}

fn opening(
    issue: WireIssue,
    is_pull: bool,
    repository: Option<WireRepository>,
    sender: Option<WireUser>,
) -> Result<OpenedPull, MissingField> {
    Ok(OpenedPull {
        repo: repo(repository)?,
        sender: sender.and_then(WireUser::account),
        written: issue.written(is_pull)?,
    })
}

fn repo(repository: Option<WireRepository>) -> Result<Repo, MissingField> {
    repository.ok_or(MissingField("repository"))?.try_into()
}

fn number(thread: Option<&PayloadThread>, field: &'static str) -> Result<i64, MissingField> {
    positive(thread.map_or(0, |thread| thread.number), field)
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Malformed> {
    serde_json::from_slice(json).map_err(|error| Malformed::Json(clip(&error.to_string())))
}

impl From<MissingField> for Malformed {
    fn from(MissingField(field): MissingField) -> Self {
        Self::Missing(field)
    }
}
