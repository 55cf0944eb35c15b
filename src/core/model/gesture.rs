//! What people do in the forge's own pages that means the same as a command.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::time::Timestamp;

/// What somebody did in a thread, without a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Gesture {
    /// An account was assigned.
    Assigned { account: Account },
    /// It is assigned no longer.
    Unassigned { account: Account },
    /// An account was asked to review the pull request.
    ReviewAsked { account: Account },
    /// It is asked no longer.
    ReviewUnasked { account: Account },
    /// The thread was closed; of a pull request, without being merged.
    Closed,
}

impl Gesture {
    /// Whose account it is about.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Assigned { account }
            | Self::Unassigned { account }
            | Self::ReviewAsked { account }
            | Self::ReviewUnasked { account } => Some(account),
            Self::Closed => None,
        }
    }
}

/// A gesture as the timeline of a thread shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGesture {
    /// The number of the entry: one among those of comments.
    pub id: i64,
    /// Who did it; none for a deleted user.
    pub by: Option<Account>,
    pub at: Timestamp,
    /// Whether its thread is a pull request.
    pub is_pull: bool,
    pub gesture: Gesture,
}
