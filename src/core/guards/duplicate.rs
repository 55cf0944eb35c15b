//! The guard `duplicate`: nobody else did or does the same.

use super::code::FindingCode;
use super::finding::{EvidenceLink, GuardFinding};
use super::name::GuardName;
use super::result::{CannotBeRead, GuardResult};
use super::sentence::Sentence;

/// Another pull request for the issue, of neither the job nor its crew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPull {
    pub number: i64,
    /// Who opened it, by login; none for a deleted user.
    pub author: Option<String>,
    pub standing: OtherPullStanding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherPullStanding {
    Open,
    /// It was merged since the issue moved.
    Merged,
}

/// Judges what others did for the issue.
pub fn duplicate(others: &Result<Vec<OtherPull>, CannotBeRead>) -> GuardResult {
    let others = match others {
        Ok(others) => others,
        Err(why) => {
            let what = "Whether others work on the issue";
            return GuardResult::cannot_be_read(GuardName::Duplicate, what, why);
        }
    };
    let finding = |other: &OtherPull| {
        let (code, form) = match other.standing {
            OtherPullStanding::Open => {
                (FindingCode::OtherPullOpen, "{} of {} is open for this issue as well.")
            }
            OtherPullStanding::Merged => {
                (FindingCode::OtherPullMerged, "{} of {} was merged for this issue meanwhile.")
            }
        };
        let author = other.author.as_deref().unwrap_or("a deleted user");
        let said = Sentence::of(form, &[&format!("#{}", other.number), author]);
        GuardFinding::new(GuardName::Duplicate, code, said).at(EvidenceLink::Pull(other.number))
    };
    let seen = Sentence::of("no other pull request for the issue", &[]);
    GuardResult::new(GuardName::Duplicate, seen, others.iter().map(finding).collect())
}
