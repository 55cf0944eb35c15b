//! The guard `late`: nothing came outside of a lease.

use super::code::FindingCode;
use super::finding::{EvidenceLink, GuardFinding};
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;
use crate::core::model::commit::Commit;

/// A push by the agent's account, or by nobody who can be named, when the agent had no lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatePush {
    pub commit: Commit,
    /// By login; none if nobody can tell.
    pub by: Option<String>,
}

/// Judges what came late.
pub fn late(pushes: &[LatePush]) -> GuardResult {
    let finding = |push: &LatePush| {
        let by = push.by.as_deref().unwrap_or("somebody unknown");
        let commit = push.commit.to_string();
        let commit = commit.get(..7).unwrap_or(&commit);
        let form = "{} pushed {} after its time was over.";
        GuardFinding::new(
            GuardName::Late,
            FindingCode::PushedLate,
            Sentence::of(form, &[by, commit]),
        )
        .at(EvidenceLink::Commit(push.commit.clone()))
    };
    let seen = Sentence::of("all commits came in time", &[]);
    GuardResult::new(GuardName::Late, seen, pushes.iter().map(finding).collect())
}
