//! What happened, and which webhooks tell of it.

use std::sync::Arc;

use crate::core::model::ids::RepoId;

use super::World;
use super::records::{ContentType, Home, Hook, ReviewState};
use crate::sandbox::json::payload;
use crate::sandbox::versions::Version;

/// Something that webhooks tell of. `doer` is who did it: the payload's sender.
pub(crate) enum Event {
    Issue { doer: i64, issue: i64, change: Change },
    Comment { doer: i64, issue: i64, comment: i64, change: Change },
    Labels { doer: i64, issue: i64, cleared: bool },
    Assignee { doer: i64, issue: i64, assigned: bool },
    Milestone { doer: i64, issue: i64 },
    Reviewed { doer: i64, issue: i64, review: i64 },
}

/// What happened to an issue, a pull request or a comment.
pub(crate) enum Change {
    Created,
    /// The text changed; from what.
    Edited {
        body: Option<String>,
    },
    /// The title changed; from what.
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

/// A webhook that is due.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) content: ContentType,
    pub(crate) name: EventName,
    /// `repository` or `organization`: where the hook is installed, if a header is to tell.
    pub(crate) target: Option<&'static str>,
    /// The JSON that is signed.
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
            | Self::Reviewed { issue, .. } => issue,
        }
    }

    fn name(&self, world: &World) -> EventName {
        let issue = world.issue(self.issue_id());
        let of_family = |on_issue, on_pull| match issue.pull {
            None => EventName { event: "issues", kind: on_issue },
            Some(_) => EventName { event: "pull_request", kind: on_pull },
        };
        match self {
            Self::Issue { .. } => of_family("issues", "pull_request"),
            Self::Labels { .. } => of_family("issue_label", "pull_request_label"),
            Self::Assignee { .. } => of_family("issue_assign", "pull_request_assign"),
            Self::Milestone { .. } => of_family("issue_milestone", "pull_request_milestone"),
            Self::Comment { .. } => EventName {
                event: "issue_comment",
                kind: if issue.pull.is_some() { "pull_request_comment" } else { "issue_comment" },
            },
            Self::Reviewed { review, .. } => review_name(world.verdict(issue.id, *review)),
        }
    }
}

fn review_name(verdict: ReviewState) -> EventName {
    let (event, kind) = match verdict {
        ReviewState::Approved => ("pull_request_approved", "pull_request_review_approved"),
        ReviewState::RequestChanges => ("pull_request_rejected", "pull_request_review_rejected"),
        ReviewState::Comment => ("pull_request_comment", "pull_request_review_comment"),
    };
    EventName { event, kind }
}

impl EventName {
    /// The event that a hook must have asked for.
    fn subscription(self) -> &'static str {
        if self.kind.starts_with("pull_request_review_") {
            "pull_request_review"
        } else {
            self.kind
        }
    }
}

impl World {
    fn verdict(&self, issue: i64, review: i64) -> ReviewState {
        let pull = self.issue(issue).pull.as_ref();
        let review = pull.and_then(|p| p.reviews.iter().find(|r| r.id == review));
        review.map_or(ReviewState::Comment, |r| r.verdict)
    }

    /// Leaves a webhook for each hook that asked for `event`. A hook of the repository and one
    /// of its owner both fire, even to one address.
    pub(super) fn emit(&mut self, event: &Event) {
        let name = event.name(self);
        let repo = self.issue(event.issue_id()).repo;
        let asked = |hook: &Hook| hook.active && hook.events.contains(name.subscription());
        let due: Vec<i64> =
            self.hooks_over(repo).filter(|hook| asked(hook)).map(|hook| hook.id).collect();
        if due.is_empty() {
            return;
        }
        let payload: Arc<[u8]> = payload::of(self, event).into();
        for hook in due {
            let outgoing =
                Outgoing::new(self.version, &self.hooks[&hook], name, Arc::clone(&payload));
            self.outgoing.push(outgoing);
        }
    }

    /// Sends a hook its test delivery: an `issues` event that tells of no issue.
    pub(crate) fn test_hook(&mut self, doer: i64, repo: RepoId, hook: i64) {
        let payload: Arc<[u8]> = payload::of_test(self, doer, repo).into();
        let name = EventName { event: "issues", kind: "issues" };
        self.outgoing.push(Outgoing::new(self.version, &self.hooks[&hook], name, payload));
    }

    fn hooks_over(&self, repo: RepoId) -> impl Iterator<Item = &Hook> {
        let owner = self.repo(repo).owner;
        self.hooks_of(Home::Repo(repo)).chain(self.hooks_of(Home::Org(owner)))
    }
}

impl Outgoing {
    fn new(version: Version, hook: &Hook, name: EventName, payload: Arc<[u8]>) -> Self {
        Self {
            url: hook.url.clone(),
            secret: hook.secret.clone(),
            content: hook.content,
            name,
            target: version.says_where_a_hook_is_installed().then_some(match hook.home {
                Home::Repo(_) => "repository",
                Home::Org(_) => "organization",
            }),
            payload,
        }
    }
}
