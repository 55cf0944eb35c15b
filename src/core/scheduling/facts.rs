//! What is known of an issue when it is judged.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LinkedPull, TriedAgent};
use crate::core::model::account::Account;
use crate::core::model::due_day::DueDay;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::{Milestone, ScopePart};
use crate::core::model::time::Timestamp;

/// An open issue, as far as its place in the backlog depends on it. What is worth showing beside
/// it (its title) is looked up when it is shown.
///
/// A hundred thousand of them are held at once, and what people, labels and milestones are called
/// is much the same in all of them: it is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueFacts {
    /// Which.
    pub thread: ThreadId,
    /// Who opened it; none for a deleted user.
    pub author: Option<Arc<Account>>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was opened, or reopened last.
    pub opened_at: Timestamp,
    /// The names of its labels, as the forge writes them.
    pub labels: Arc<[String]>,
    /// Who is assigned.
    pub assignees: Arc<[Account]>,
    /// The day on which it is due.
    pub due_at: Option<DueDay>,
    /// The milestone that it belongs to.
    pub milestone: Option<Arc<Milestone>>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// What its text holds, and what was answered when its author was asked.
    pub readiness: Readiness,
    /// Whether its text names what is protected. Nobody looks as long as all agents ask.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_protected: bool,
    /// The open issues that it waits for, as last read; each once.
    pub waits_for: Vec<ThreadId>,
    /// How many people were heard in it in the last 30 days.
    pub people: u32,
    /// When a person last did something with it, as far as the forge told of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<Timestamp>,
    /// Whether somebody put it on hold.
    pub held: bool,
    /// Until when it is snoozed.
    pub snoozed_until: Option<Timestamp>,
    /// The open pull requests that say they close it, whether they keep it back or not; each once.
    #[serde(rename = "linked_pulls", default)]
    pub pulls: Vec<LinkedPull>,
    /// What agents did and do about it.
    pub work: WorkState,
}

/// Whether a text says what is to be done, where, and when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Readiness {
    /// Whoever opened it wrote enough in their own words.
    pub scope: bool,
    /// It names a file, a symbol or command, or an error.
    #[serde(default)]
    pub place: bool,
    /// It says what makes it done.
    pub acceptance: bool,
}

impl Readiness {
    /// What it does not say.
    pub fn lacks(self) -> Vec<ScopePart> {
        let Self { scope, place, acceptance } = self;
        let all = [
            (scope, ScopePart::Scope),
            (place, ScopePart::Place),
            (acceptance, ScopePart::Acceptance),
        ];
        all.into_iter().filter_map(|(is_there, part)| (!is_there).then_some(part)).collect()
    }

    /// What this text and another one say together.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            scope: self.scope || other.scope,
            place: self.place || other.place,
            acceptance: self.acceptance || other.acceptance,
        }
    }
}

/// What agents did and do about an issue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkState {
    /// A job for it has not ended.
    pub is_live: bool,
    /// A question about it waits for a person.
    pub is_asked: bool,
    /// A job for it ended, and no person has since given a reason for another.
    pub is_settled: bool,
    /// How many attempts the last job took, if it died.
    pub attempts: u32,
    /// How many attempts failed since a person last touched it.
    pub fails: u32,
    /// Who failed at the last job.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub tried: Box<[TriedAgent]>,
    /// What was spent on it or is set aside for it, in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub spent: u64,
}

/// A hundred thousand issues on which nothing was spent do not say so.
fn is_nothing(spent: &u64) -> bool {
    *spent == 0
}
