//! What speaks against a result that people let pass all the same: whoever is asked for a yes has to
//! know of it.

use super::findings::told_all;
use super::standing::branch;
use crate::core::guards::LiftedGuard;
use crate::core::jobs::evidence::Grade;
use crate::core::jobs::{JobRecord, Verdict};

/// What people let pass of a result that passes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LetPassView {
    pub lifted: Vec<LiftedView>,
    /// Findings that a person said yes to, a sentence each.
    pub found: Vec<String>,
}

/// A guard that was lifted, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiftedView {
    pub guard: String,
    pub by: String,
    pub reason: String,
    /// The gravest of what it found, in a sentence.
    pub found: Option<String>,
}

impl LetPassView {
    pub(in crate::core::reply) fn of(record: &JobRecord) -> Self {
        let Some(judged) = record.last_judgement() else { return Self::default() };
        if !matches!(judged.verdict, Verdict::Pass { .. }) {
            return Self::default();
        }
        let lifted = judged.examined.iter().flat_map(|examined| &examined.lifted);
        let on = branch(record, record.job.past.branch);
        let found = record.findings().unwrap_or_default().iter();
        let found = found.filter(|finding| finding.grade() > Grade::Warn);
        Self {
            lifted: lifted.map(LiftedView::of).collect(),
            found: found.map(|finding| finding.said(&on)).collect(),
        }
    }

    pub(in crate::core) fn is_empty(&self) -> bool {
        self.lifted.is_empty() && self.found.is_empty()
    }
}

impl LiftedView {
    fn of(lifted: &LiftedGuard) -> Self {
        Self {
            guard: lifted.guard.to_string(),
            by: lifted.lifting.by.clone(),
            reason: lifted.lifting.reason.clone(),
            found: lifted.found.first().map(told_all),
        }
    }
}
