//! What happened, and the webhooks that tell of it.

use std::sync::Arc;

use super::records::{ContentType, Home, HookRecord};
use crate::sandbox::versions::Version;

/// Something that webhooks tell of. `doer` is who did it: the payload's sender.
pub(crate) enum Event {
    Issue {
        doer: i64,
        issue: i64,
        change: Change,
    },
    Comment {
        doer: i64,
        issue: i64,
        comment: i64,
        change: Change,
    },
    Labels {
        doer: i64,
        issue: i64,
        cleared: bool,
    },
    Assignee {
        doer: i64,
        issue: i64,
        assigned: bool,
    },
    Milestone {
        doer: i64,
        issue: i64,
    },
    Reviewed {
        doer: i64,
        issue: i64,
        review: i64,
    },
    /// A pull request has other commits.
    Synchronized {
        doer: i64,
        issue: i64,
        before: String,
        after: String,
    },
    ReviewAsked {
        doer: i64,
        issue: i64,
        reviewer: i64,
        asked: bool,
    },
}

/// What happened to an issue, a pull request or a comment.
pub(crate) enum Change {
    Created,
    /// The text changed; `body` is the former one.
    Edited {
        body: Option<String>,
    },
    /// The title changed; `title` is the former one.
    Retitled {
        title: String,
    },
    Closed,
    Reopened,
    Deleted,
}

/// Gitea's two names of an event: what the headers `X-Gitea-Event` and `-Event-Type` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventName {
    pub(crate) event: &'static str,
    pub(crate) kind: &'static str,
}

#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) content: ContentType,
    /// What it sends as `Authorization`; may be empty.
    pub(crate) authorization: String,
    pub(crate) name: EventName,
    /// `repository` or `organization`: where the hook is installed, if a header is to tell.
    pub(crate) target: Option<&'static str>,
    /// The JSON body, which is signed.
    pub(crate) payload: Arc<[u8]>,
}

impl Event {
    pub(crate) fn issue(doer: i64, issue: i64, change: Change) -> Self {
        Self::Issue { doer, issue, change }
    }

    pub(crate) fn comment(doer: i64, issue: i64, comment: i64, change: Change) -> Self {
        Self::Comment { doer, issue, comment, change }
    }

    pub(crate) fn issue_id(&self) -> i64 {
        match *self {
            Self::Issue { issue, .. }
            | Self::Comment { issue, .. }
            | Self::Labels { issue, .. }
            | Self::Assignee { issue, .. }
            | Self::Milestone { issue, .. }
            | Self::Reviewed { issue, .. }
            | Self::Synchronized { issue, .. }
            | Self::ReviewAsked { issue, .. } => issue,
        }
    }
}

impl EventName {
    /// The event that a hook must have asked for.
    pub(super) fn subscription(self) -> &'static str {
        match self.kind {
            "pull_request_review_request" => self.kind,
            kind if kind.starts_with("pull_request_review_") => "pull_request_review",
            kind => kind,
        }
    }
}

impl Outgoing {
    pub(super) fn new(
        version: Version,
        hook: &HookRecord,
        name: EventName,
        payload: Arc<[u8]>,
    ) -> Self {
        Self {
            url: hook.url.clone(),
            secret: hook.secret.clone(),
            content: hook.content,
            authorization: hook.authorization.clone(),
            name,
            target: version.says_where_a_hook_is_installed().then_some(match hook.home {
                Home::Repo(_) => "repository",
                Home::Org(_) => "organization",
            }),
            payload,
        }
    }
}
