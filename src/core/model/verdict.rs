//! What a review says of a pull request as a whole.

use serde::{Deserialize, Serialize};

/// What a review proves by itself: of which commit it says what. Its text is a text like any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewVerdict {
    /// The number of the review.
    pub review: i64,
    pub opinion: Opinion,
    /// The head that was looked at, in full; may be empty.
    pub commit: String,
    /// The forge saw something else proposed since.
    pub is_stale: bool,
    /// Somebody took its force away.
    pub is_dismissed: bool,
    /// The forge counts it where a rule of the branch demands approvals.
    pub is_official: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    Approved,
    ChangesRequested,
    /// Neither; also what nobody knows yet.
    Comment,
}

impl Opinion {
    /// In a few words, as people read it.
    pub fn said(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes requested",
            Self::Comment => "comments, and no verdict",
        }
    }
}
