//! The issue of the report.

use serde::{Deserialize, Serialize};

use crate::core::model::ids::{RepoId, RepoName, ThreadId};

/// Where the report stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportIssue {
    /// The repository, as the configuration called it when it was looked up.
    pub configured: RepoName,
    /// Its number.
    pub repo: RepoId,
    /// The number of the issue, once it is known.
    pub number: Option<i64>,
    /// How often an issue was begun that is not there.
    pub lost: u32,
}

impl ReportIssue {
    /// The issue, once it is known.
    pub fn thread(&self) -> Option<ThreadId> {
        Some(ThreadId { repo: self.repo, number: self.number? })
    }
}
