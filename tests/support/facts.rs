//! Inbound texts, and issues: for unit tests as well.

use timmy::core::model::ids::{RepoId, Subject};
use timmy::core::model::issue::Issue;
use timmy::core::model::repository::Repo;
use timmy::core::model::text::{InboundText, TextEvent};
use timmy::core::model::time::Timestamp;

use crate::support::people::account;

/// A public repository, the first that the forge made.
pub fn repo(name: &str) -> Repo {
    Repo { id: RepoId(1), name: name.parse().unwrap(), private: false }
}

/// Anna's comment `id` in issue 12 of the door, written at `at`.
pub fn comment(id: i64, at: Timestamp, body: &str) -> InboundText {
    InboundText {
        subject: Subject::Comment(id),
        repo: repo("foundation/door"),
        number: 12,
        is_pull: false,
        act: TextEvent::Created,
        author: Some(account("anna")),
        sender: Some(account("anna")),
        migrated: false,
        body: body.to_owned(),
        former_body: None,
        created_at: at,
        updated_at: at,
        permissions: None,
        delivered: false,
        on_line: false,
        verdict: None,
        gesture: None,
    }
}

/// Anna's issue, opened at `at`.
pub fn issue(number: i64, at: Timestamp) -> Issue {
    Issue {
        id: number + 1000,
        number,
        title: format!("Issue {number}"),
        body: "It is stuck.".to_owned(),
        author: Some(account("anna")),
        open: true,
        locked: false,
        is_pull: false,
        is_draft: false,
        labels: Vec::new(),
        assignees: Vec::new(),
        milestone: None,
        due_at: None,
        pinned: false,
        created_at: at,
        updated_at: at,
    }
}
