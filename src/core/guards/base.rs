//! The guard `base`: how a change stands to where it is to be merged.

use super::code::FindingCode;
use super::finding::GuardFinding;
use super::name::GuardName;
use super::result::{CannotBeRead, GuardResult};
use super::sentence::Sentence;

/// So many commits behind, what was tested is no longer what is merged.
const FAR: u32 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFacts {
    pub merges: Result<Merges, CannotBeRead>,
    /// How many commits of the target it does not hold; none if nobody can tell.
    pub behind: Option<u32>,
}

/// Whether a change can be merged as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merges {
    Cleanly,
    /// It conflicts with the target.
    Conflicts,
    /// The forge still looks.
    NotKnownYet,
}

/// Judges how a change stands to its target.
pub fn base(facts: &BaseFacts) -> GuardResult {
    let found =
        |code, said: &str| GuardFinding::new(GuardName::Base, code, Sentence::of(said, &[]));
    let mut findings = Vec::new();
    let mut waits_for = Vec::new();
    match &facts.merges {
        Ok(Merges::Cleanly) => {}
        Ok(Merges::Conflicts) => {
            let said = "It conflicts with the branch that it is to be merged into, or the \
                        server has not finished checking that.";
            findings.push(found(FindingCode::Conflicts, said));
        }
        Ok(Merges::NotKnownYet) => {
            waits_for.push(Sentence::of("the forge to say whether it conflicts", &[]));
        }
        Err(why) => {
            return GuardResult::cannot_be_read(GuardName::Base, "Whether it conflicts", why);
        }
    }
    if let Some(behind) = facts.behind.filter(|behind| *behind > FAR) {
        let said =
            format!("It is {behind} commits behind the branch that it is to be merged into.");
        findings.push(found(FindingCode::FarBehind, &said));
    }
    let seen = match facts.behind {
        Some(0) | None => "it merges cleanly".to_owned(),
        Some(behind) => format!("it merges cleanly, {behind} commits behind"),
    };
    GuardResult::new(GuardName::Base, Sentence::of(&seen, &[]), findings).waiting_for(waits_for)
}
