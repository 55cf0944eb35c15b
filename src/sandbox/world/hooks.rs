//! Webhooks: which events they ask for, and what Gitea makes of the list.

use std::collections::BTreeSet;

use super::records::{ContentType, Home, HookRecord};
use super::{IdKind, World};

/// The events that `issues` stands for.
const ISSUES: [&str; 5] =
    ["issues", "issue_assign", "issue_label", "issue_milestone", "issue_comment"];

/// The events that `pull_request` stands for.
const PULL_REQUEST: [&str; 8] = [
    "pull_request",
    "pull_request_assign",
    "pull_request_label",
    "pull_request_milestone",
    "pull_request_comment",
    "pull_request_review",
    "pull_request_review_request",
    "pull_request_sync",
];

/// Other events, each on its own.
const SINGLE: [&str; 8] =
    ["create", "delete", "fork", "push", "release", "repository", "package", "status"];

pub(crate) struct NewHookRecord {
    pub(crate) url: String,
    pub(crate) content: ContentType,
    pub(crate) secret: String,
    pub(crate) events: Vec<String>,
    pub(crate) authorization: String,
    pub(crate) active: bool,
}

impl World {
    pub(crate) fn add_hook(&mut self, home: Home, new: NewHookRecord) -> i64 {
        let id = self.next_id(IdKind::Hook);
        let (created, updated) = (self.now, self.now);
        let NewHookRecord { url, content, secret, events, authorization, active } = new;
        let events = expand(&events);
        self.hooks.insert(
            id,
            HookRecord {
                id,
                home,
                url,
                content,
                secret,
                events,
                authorization,
                active,
                created,
                updated,
            },
        );
        id
    }

    /// The webhooks of a repository or an organisation, oldest first.
    pub(crate) fn hooks_of(&self, home: Home) -> impl Iterator<Item = &HookRecord> {
        self.hooks.values().filter(move |hook| hook.home == home)
    }
}

/// The events that a list of a client means: `issues` and `pull_request` stand for their
/// whole families, no list for `push` alone.
pub(crate) fn expand(events: &[String]) -> BTreeSet<&'static str> {
    if events.is_empty() {
        return BTreeSet::from(["push"]);
    }
    let mut all = BTreeSet::new();
    for event in events {
        match event.as_str() {
            "issues" => all.extend(ISSUES),
            "pull_request" => all.extend(PULL_REQUEST),
            "issues_only" => all.extend(["issues"]),
            "pull_request_only" => all.extend(["pull_request"]),
            "pull_request_review_approved"
            | "pull_request_review_rejected"
            | "pull_request_review_comment" => all.extend(["pull_request_review"]),
            name => {
                all.extend(ISSUES.iter().chain(&PULL_REQUEST).chain(&SINGLE).find(|e| **e == name));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::sandbox::world::hooks::*;

    fn expanded(events: &[&str]) -> Vec<&'static str> {
        let events: Vec<String> = events.iter().map(|e| (*e).to_owned()).collect();
        expand(&events).into_iter().collect()
    }

    #[test]
    fn a_family_stands_for_its_members() {
        assert_eq!(
            expanded(&["issues"]),
            ["issue_assign", "issue_comment", "issue_label", "issue_milestone", "issues"]
        );
        assert_eq!(expanded(&["pull_request"]).len(), 8);
    }

    #[test]
    fn no_list_means_push_and_an_unknown_event_means_nothing() {
        assert_eq!(expanded(&[]), ["push"]);
        assert!(expanded(&["reactions"]).is_empty());
    }
}
