//! What timmy itself remembers of a thread. Gitea has no place for it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::issue::ScopePart;
use super::repository::Repo;
use super::time::Timestamp;

/// What people call an open issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTitle {
    /// Where it stands, as that is called now.
    pub repo: Repo,
    /// Its title, as people wrote it.
    pub title: String,
    /// Whether it is a pull request.
    pub is_pull: bool,
}

/// The part of a thread's state that lives in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadState {
    /// Nothing starts here until somebody says otherwise.
    pub hold: Option<Hold>,
    /// Nothing starts here before a moment.
    pub snooze: Option<Snooze>,
    /// The day, in the configured zone, on which a stranger was last refused here.
    pub refused_on: Option<Date>,
    /// What its author was asked, as long as nobody has answered. It is not kept with the rest.
    pub asked: Option<ScopeQuestion>,
}

impl ThreadState {
    /// The snooze, if it still lasts.
    pub fn snoozed(&self, now: Timestamp) -> Option<&Snooze> {
        self.snooze.as_ref().filter(|snooze| snooze.until > now)
    }
}

/// The author of an issue was asked what its text does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeQuestion {
    pub at: Timestamp,
    /// What for.
    pub parts: Vec<ScopePart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub by: Account,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    pub by: Account,
    /// Until when.
    pub until: Timestamp,
}

/// One command of the past, as the audit holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCommand {
    /// When timmy decided on it.
    pub at: Timestamp,
    pub actor: String,
    /// The line, as written; none if it was deleted since.
    pub line: Option<String>,
    /// How it ended, in the word of the audit.
    pub outcome: String,
}
