//! What has to be known of decisions to answer a text, and what is known of them.

use std::collections::{BTreeSet, HashMap};

use super::jobs::KnownJob;
use crate::core::command::value::{DecisionId, JobId};
use crate::core::decisions::AskedDecision;
use crate::core::model::ids::{RepoId, RepoName};

/// What a text asks of decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionQuery {
    /// Whether one is answered.
    pub answers: bool,
    /// Those that are named.
    pub named: BTreeSet<DecisionId>,
}

impl DecisionQuery {
    /// Asks for that as well.
    pub(super) fn extend(&mut self, other: Self) {
        self.answers |= other.answers;
        self.named.extend(other.named);
    }
}

/// What is known of decisions, as far as it was asked about and may be told here.
#[derive(Debug, Clone, Default)]
pub struct DecisionFacts {
    /// The latest of the jobs to which the thread belongs, and those that are named, in the order of
    /// their numbers.
    pub known: Vec<AskedDecision>,
    /// The jobs that they are about.
    pub jobs: HashMap<JobId, KnownJob>,
    /// How the repositories are called in which they are asked.
    pub repos: HashMap<RepoId, RepoName>,
    /// Whether the thread is the issue of the report.
    pub is_in_report: bool,
}
