//! What a person accepted, and how far their yes reaches: over timmy's own update of the branch, as
//! long as the change against the target is the one that was shown.

use serde::{Deserialize, Serialize};

use super::ids::Commit;

/// The SHA-256 of the diff of a pull request against its target, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeDigest(pub [u8; 32]);

/// A change that was judged, where all of its diff could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedChange {
    pub digest: ChangeDigest,
    /// The commit that was accepted, if timmy itself brought it up to date to make this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Commit>,
}

/// A change to which a person said yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedChange {
    pub commit: Commit,
    pub digest: ChangeDigest,
}

impl AcceptedChange {
    /// Whether the yes to it is one to `change` as well.
    pub fn covers(&self, change: &JudgedChange) -> bool {
        change.updates.as_ref() == Some(&self.commit) && change.digest == self.digest
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::accepted::*;

    fn commit(digit: char) -> Commit {
        digit.to_string().repeat(40).parse().expect("a commit")
    }

    #[test]
    fn a_yes_reaches_over_an_update_of_the_very_commit_that_changes_the_same() {
        let (digest, other) = (ChangeDigest([1; 32]), ChangeDigest([2; 32]));
        let accepted = AcceptedChange { commit: commit('a'), digest };
        for (digest, updates, is_covered) in [
            (digest, Some(commit('a')), true),
            (digest, Some(commit('b')), false),
            (digest, None, false),
            (other, Some(commit('a')), false),
        ] {
            let change = JudgedChange { digest, updates };
            assert_eq!(accepted.covers(&change), is_covered, "{change:?}");
        }
    }
}
