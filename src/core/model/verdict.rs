//! What a review says of a pull request as a whole.

use super::account::Account;
use super::time::Timestamp;

/// A review that was given, with what it proves by itself: who, of which commit, and what. Its text
/// is a text like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenReview {
    pub id: i64,
    /// None for a deleted user.
    pub by: Option<Account>,
    pub opinion: Opinion,
    /// The head that was looked at, in full; may be empty.
    pub commit: String,
    /// Somebody took its force away.
    pub is_dismissed: bool,
    /// The forge counts it where a rule of the branch demands approvals.
    pub is_official: bool,
    pub body: String,
    /// How many comments on lines it has.
    pub comments: i64,
    pub given_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    Approved,
    ChangesRequested,
    /// Neither; also what nobody knows yet.
    Comment,
}
