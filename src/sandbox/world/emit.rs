//! Leaving a webhook for each hook that asked for what happened.

use std::sync::Arc;

use crate::core::model::ids::RepoId;

use super::code_events::CodeEvent;
use super::events::{Event, EventName, Outgoing};
use super::records::{Home, HookRecord, ReviewState, TimelineChange, TimelineRecord};
use super::{IdKind, World};
use crate::sandbox::json::{code_payload, payload};

impl World {
    /// How webhooks call `event`.
    fn name_of(&self, event: &Event) -> EventName {
        let issue = self.issue(event.issue_id());
        let of_family = |on_issue, on_pull| match issue.pull {
            None => EventName { event: "issues", kind: on_issue },
            Some(_) => EventName { event: "pull_request", kind: on_pull },
        };
        match event {
            Event::Issue { .. } => of_family("issues", "pull_request"),
            Event::Labels { .. } => of_family("issue_label", "pull_request_label"),
            Event::Assignee { .. } => of_family("issue_assign", "pull_request_assign"),
            Event::Milestone { .. } => of_family("issue_milestone", "pull_request_milestone"),
            Event::Comment { .. } => EventName {
                event: "issue_comment",
                kind: if issue.pull.is_some() { "pull_request_comment" } else { "issue_comment" },
            },
            Event::Synchronized { .. } => {
                EventName { event: "pull_request", kind: "pull_request_sync" }
            }
            Event::ReviewAsked { .. } => {
                EventName { event: "pull_request", kind: "pull_request_review_request" }
            }
            Event::Reviewed { review, .. } => review_name(self.verdict(issue.id, *review)),
        }
    }

    fn verdict(&self, issue: i64, review: i64) -> ReviewState {
        let pull = self.issue(issue).pull.as_ref();
        let review = pull.and_then(|p| p.reviews.iter().find(|r| r.id == review));
        review.and_then(|r| r.given.as_ref()).map_or(ReviewState::Comment, |given| given.verdict)
    }

    /// Leaves a webhook for each hook that asked for `event`. A hook of the repository and one
    /// of its owner both fire, even to one address.
    pub(super) fn emit(&mut self, event: &Event) {
        let name = self.name_of(event);
        let repo = self.issue(event.issue_id()).repo;
        if self.asks_for(repo, name) {
            let payload = payload::of(self, event);
            self.post(repo, name, payload);
        }
    }

    /// As [`World::emit`], of code rather than of a thread.
    pub(super) fn tell(&mut self, repo: RepoId, event: &CodeEvent) {
        let name = event.name();
        if self.asks_for(repo, name) {
            let payload = code_payload::of(self, repo, event);
            self.post(repo, name, payload);
        }
    }

    /// Whether any hook over a repository asked for this.
    pub(super) fn asks_for(&self, repo: RepoId, name: EventName) -> bool {
        self.hooks_over(repo).any(|hook| asked(hook, name))
    }

    fn post(&mut self, repo: RepoId, name: EventName, payload: Vec<u8>) {
        let payload: Arc<[u8]> = payload.into();
        let due = self.hooks_over(repo).filter(|hook| asked(hook, name));
        let due: Vec<Outgoing> =
            due.map(|hook| Outgoing::new(self.version, hook, name, Arc::clone(&payload))).collect();
        self.outgoing.extend(due);
    }

    pub(super) fn note_in_timeline(&mut self, user: i64, issue: i64, change: TimelineChange) {
        // Gitea keeps it among the comments.
        let (id, at) = (self.next_id(IdKind::Comment), self.now);
        self.timeline.push(TimelineRecord { id, issue, user, change, at });
    }

    /// Sends a hook its test delivery: an `issues` event that tells of no issue.
    pub(crate) fn test_hook(&mut self, doer: i64, repo: RepoId, hook: i64) {
        let payload: Arc<[u8]> = payload::of_test(self, doer, repo).into();
        let name = EventName { event: "issues", kind: "issues" };
        self.outgoing.push(Outgoing::new(self.version, &self.hooks[&hook], name, payload));
    }

    fn hooks_over(&self, repo: RepoId) -> impl Iterator<Item = &HookRecord> {
        let owner = self.repo(repo).owner;
        self.hooks_of(Home::Repo(repo)).chain(self.hooks_of(Home::Org(owner)))
    }
}

/// Whether a hook is to be sent what is called `name`.
fn asked(hook: &HookRecord, name: EventName) -> bool {
    hook.active && hook.events.contains(name.subscription())
}

fn review_name(verdict: ReviewState) -> EventName {
    let (event, kind) = match verdict {
        ReviewState::Approved => ("pull_request_approved", "pull_request_review_approved"),
        ReviewState::RequestChanges => ("pull_request_rejected", "pull_request_review_rejected"),
        ReviewState::Comment => ("pull_request_comment", "pull_request_review_comment"),
    };
    EventName { event, kind }
}
