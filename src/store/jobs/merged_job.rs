//! A job whose result was merged, as it is watched for being taken back.

use crate::core::jobs::{Commit, JobId};
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

/// A job whose result was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedJob {
    pub id: JobId,
    pub repo: RepoId,
    /// The pull request, if the job knows it.
    pub pull: Option<i64>,
    /// The branch that it was merged into, if that was asked.
    pub target: Option<String>,
    /// What was merged, and what the merge made.
    pub commits: Vec<Commit>,
    /// When that was known.
    pub at: Timestamp,
}
