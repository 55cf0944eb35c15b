//! A guard that a person lifted of one commit, as those are told of it who decide about that.

use serde::{Deserialize, Serialize};

use super::lifting::Lifting;
use super::name::GuardName;
use super::sentence::Sentence;
use super::verdict::CommitVerdict;

/// A guard that was lifted, and what it has against the commit all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftedGuard {
    pub guard: GuardName,
    #[serde(flatten)]
    pub lifting: Lifting,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Sentence>,
}

impl LiftedGuard {
    /// Those of a verdict, in order.
    pub fn all(verdict: &CommitVerdict) -> Vec<Self> {
        let lifted = verdict.results.iter().filter_map(|result| {
            let (guard, lifting) = (result.guard.clone(), result.lifted.clone()?);
            let found = result.findings.iter().map(|finding| finding.said.clone()).collect();
            Some(Self { guard, lifting, found })
        });
        lifted.collect()
    }
}
