//! Reviews by agents: what one claims to say, and one that was given.

use serde::{Deserialize, Serialize};

use super::ids::{Commit, Fence};
use crate::core::command::value::JobId;
use crate::core::model::verdict::Opinion;

/// What an agent says that it found in a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewClaim {
    pub opinion: Opinion,
    /// The commit that it looked at, if it names one.
    pub commit: Option<Commit>,
    pub findings: Vec<ReviewFinding>,
    /// How many more there were than are kept.
    #[serde(default)]
    pub left_out: u32,
}

/// What has to be better, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewFinding {
    /// From the root of the repository on; none if it names no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of the file as it is proposed, from 1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub text: String,
}

/// Where a finding stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingPlace {
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A review that an agent gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenReview {
    /// The attempt that gave it, and its job.
    pub attempt: Fence,
    pub job: JobId,
    /// Its number on the forge; none if it is a comment.
    pub review: Option<i64>,
    pub pull: i64,
    pub agent: String,
    /// The commit that was reviewed.
    pub head: Commit,
    pub opinion: Opinion,
    /// The places of its findings, as far as they name any.
    pub places: Vec<FindingPlace>,
    /// How many findings name no place, or were too many to be kept.
    pub left_out: u32,
    pub follow_up: ReviewFollowUp,
    /// Whether somebody dismissed it, as the forge showed it last: then it says nothing any more.
    pub is_dismissed: bool,
}

impl GivenReview {
    /// The last one that `job` gave, of some in the order in which they were given.
    pub fn last_of(given: &[Self], job: JobId) -> Option<&Self> {
        given.iter().rev().find(|review| review.job == job)
    }
}

/// What the reviews of an agent led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReviewShare {
    pub reviews: u32,
    /// The findings of those whose pull requests are over, and how many of these led to a commit.
    pub findings: u32,
    pub led: u32,
}

/// What becomes of what a review found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewFollowUp {
    /// It asks for nothing.
    Nothing,
    /// The job that works there has it.
    Told(JobId),
    /// Nobody works there: somebody may be asked to.
    Offered,
    /// No agent may go on with that pull request.
    ByPeople,
}

impl GivenReview {
    pub fn findings(&self) -> usize {
        self.places.len() + usize::try_from(self.left_out).unwrap_or(usize::MAX)
    }
}

/// Whether something is to be mended because of a review: one that approves may find something all
/// the same, which is the author's to weigh.
pub fn asks_for_changes(opinion: Opinion, findings: usize) -> bool {
    match opinion {
        Opinion::Approved => false,
        Opinion::ChangesRequested => true,
        Opinion::Comment => findings > 0,
    }
}
