//! The bodies of webhooks, indented by two blanks.
//!
//! Whose rights `repository.permissions` tells differs: the sender's in comments, assignments
//! and milestones, the poster's in the other events of an issue, nobody's in reviews.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::pull::PullJson;
use super::{RepoJson, View, encode, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::events::{Change, Event};
use crate::sandbox::world::records::{IssueRecord, ReviewState};
use crate::sandbox::world::rights::Mode;

/// The body that tells of `event`.
pub(crate) fn of(world: &World, event: &Event) -> Vec<u8> {
    let issue = world.issue(event.issue_id());
    let payload = Payload { world, event, issue };
    match event {
        Event::Comment { .. } => encode::indented(&CommentPayloadJson(payload)),
        _ if issue.pull.is_some() => encode::indented(&PullPayloadJson(payload)),
        _ => encode::indented(&IssuePayloadJson(payload)),
    }
}

/// The body of a hook's test delivery.
pub(crate) fn of_test(world: &World, doer: i64, repo: RepoId) -> Vec<u8> {
    encode::indented(&TestPayloadJson { view: View::new(world, Some(doer)), doer, repo })
}

/// An event with what it happened to.
struct Payload<'a> {
    world: &'a World,
    event: &'a Event,
    issue: &'a IssueRecord,
}

impl<'a> Payload<'a> {
    fn doer(&self) -> i64 {
        match *self.event {
            Event::Issue { doer, .. }
            | Event::Comment { doer, .. }
            | Event::Labels { doer, .. }
            | Event::Assignee { doer, .. }
            | Event::Milestone { doer, .. }
            | Event::Reviewed { doer, .. }
            | Event::Synchronized { doer, .. }
            | Event::ReviewAsked { doer, .. } => doer,
        }
    }

    fn view(&self) -> View<'a> {
        View::new(self.world, Some(self.doer()))
    }

    fn action(&self) -> &'static str {
        match self.event {
            Event::Issue { change: Change::Created, .. } => "opened",
            Event::Issue { change, .. } | Event::Comment { change, .. } => change.action(),
            Event::Labels { cleared: true, .. } => "label_cleared",
            Event::Labels { cleared: false, .. } => "label_updated",
            Event::Assignee { assigned: true, .. } => "assigned",
            Event::Assignee { assigned: false, .. } => "unassigned",
            Event::Milestone { .. } if self.issue.milestone.is_some() => "milestoned",
            Event::Milestone { .. } => "demilestoned",
            Event::Reviewed { .. } => "reviewed",
            Event::Synchronized { .. } => "synchronized",
            Event::ReviewAsked { asked: true, .. } => "review_requested",
            Event::ReviewAsked { asked: false, .. } => "review_request_removed",
        }
    }

    fn changes(&self) -> Option<Value> {
        let (Event::Issue { change, .. } | Event::Comment { change, .. }) = self.event else {
            return None;
        };
        let (part, before) = match change {
            Change::Edited { body: Some(body) } => ("body", body),
            Change::Retitled { title } => ("title", title),
            _ => return None,
        };
        let mut changes = serde_json::json!({ part: { "from": before } });
        if self.world.version.lists_labels_among_changes() {
            changes["added_labels"] = Value::Null;
            changes["removed_labels"] = Value::Null;
        }
        Some(changes)
    }

    fn is_merged(&self) -> bool {
        self.issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some())
    }

    /// The pull request that it happened to.
    fn pull(&self) -> Option<PullJson<'a>> {
        let to_doer = self.world.version.shows_pulls_to_their_doers();
        let pull = View::new(self.world, to_doer.then(|| self.doer())).pull(self.issue.id)?;
        Some(match self.event {
            Event::Synchronized { .. } => pull.being_checked(),
            _ => pull,
        })
    }

    /// The former head and the new one.
    fn heads(&self) -> Option<(&str, &str)> {
        match self.event {
            Event::Synchronized { before, after, .. } => Some((before, after)),
            _ => None,
        }
    }

    fn repository(&self) -> RepoJson<'a> {
        let (view, repo) = (self.view(), self.issue.repo);
        match self.event {
            Event::Comment { .. }
            | Event::Assignee { .. }
            | Event::Milestone { .. }
            | Event::ReviewAsked { .. } => view.repo(repo),
            Event::Synchronized { .. } => view.repo_with(repo, Mode::Owner),
            Event::Issue { .. } if self.is_merged() => view.repo(repo),
            Event::Issue { .. } | Event::Labels { .. } => {
                view.repo_for(repo, Some(self.issue.author))
            }
            Event::Reviewed { .. } => view.repo_with(repo, Mode::Read),
        }
    }
}

impl Change {
    fn action(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited { .. } | Self::Retitled { .. } => "edited",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Deleted => "deleted",
        }
    }
}

/// What tells of an issue.
struct IssuePayloadJson<'a>(Payload<'a>);

impl Serialize for IssuePayloadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (payload, view) = (&self.0, self.0.view());
        object!(serializer, {
            "action": payload.action(),
            "number": payload.issue.number,
            "changes"? payload.changes(),
            "issue": view.issue(payload.issue.id),
            "repository": payload.repository(),
            "sender": view.public_user(payload.doer()),
            "commit_id": "",
        })
    }
}

/// What tells of a comment.
struct CommentPayloadJson<'a>(Payload<'a>);

impl Serialize for CommentPayloadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (payload, view) = (&self.0, self.0.view());
        let comment = match payload.event {
            Event::Comment { comment, .. } => payload.world.comments.get(comment),
            _ => None,
        };
        let pull = payload.pull();
        let sends_pull = payload.world.version.sends_the_pull_with_its_comments();
        object!(serializer, {
            "action": payload.action(),
            "issue": view.issue(payload.issue.id),
            "pull_request"? pull.filter(|_| sends_pull),
            "comment": comment.map(|comment| view.comment(comment)),
            "changes"? payload.changes(),
            "repository": payload.repository(),
            "sender": view.public_user(payload.doer()),
            "is_pull": payload.issue.pull.is_some(),
        })
    }
}

/// What tells of a pull request or a review of it.
struct PullPayloadJson<'a>(Payload<'a>);

impl Serialize for PullPayloadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (payload, view) = (&self.0, self.0.view());
        let review = payload.review();
        let named = review.is_some() && payload.world.version.names_the_reviewer();
        let reviewer = match payload.event {
            Event::ReviewAsked { reviewer, .. } => Some(*reviewer),
            _ => named.then(|| payload.doer()),
        };
        let reviewer = reviewer.map(|id| view.public_user(id));
        let heads = payload.heads().filter(|_| payload.world.version.names_the_heads_of_a_push());
        object!(serializer, {
            "action": payload.action(),
            "before"? heads.map(|(before, _)| before),
            "after"? heads.map(|(_, after)| after),
            "number": payload.issue.number,
            "changes"? payload.changes(),
            "pull_request": payload.pull(),
            "requested_reviewer": reviewer,
            "repository": payload.repository(),
            "sender": view.public_user(payload.doer()),
            "commit_id": "",
            "review": review,
        })
    }
}

impl Payload<'_> {
    /// All that Gitea tells of a review: neither its id nor its inline comments.
    fn review(&self) -> Option<Value> {
        let Event::Reviewed { review, .. } = self.event else { return None };
        let pull = self.issue.pull.as_ref()?;
        let review = pull.reviews.iter().find(|r| r.id == *review)?.given.as_ref()?;
        let kind = match review.verdict {
            ReviewState::Approved => "pull_request_review_approved",
            ReviewState::RequestChanges => "pull_request_review_rejected",
            ReviewState::Comment => "pull_request_review_comment",
        };
        Some(serde_json::json!({ "type": kind, "content": review.body }))
    }
}

/// A test: an issue event without an issue.
struct TestPayloadJson<'a> {
    view: View<'a>,
    doer: i64,
    repo: RepoId,
}

impl Serialize for TestPayloadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "action": "",
            "number": 0,
            "issue": (),
            "repository": self.view.repo(self.repo),
            "sender": self.view.public_user(self.doer),
            "commit_id": "",
        })
    }
}
