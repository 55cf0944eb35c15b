//! What is known to differ between the versions that timmy supports.
//!
//! 1.22.6, 1.25.4, 1.26.3 and 1.27.0 were seen. Where nobody saw the versions between two of them,
//! either is right there.

use std::fmt::Debug;

/// Something that came to be otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Change<T: 'static> {
    /// What it is about.
    what: &'static str,
    /// How it was, and the last 1.x of which that is known.
    before: (u32, T),
    /// How it is, and the first 1.x of which that is known.
    after: (u32, T),
}

/// The status of a write under a repository's former name.
pub const RENAMED: Change<u16> =
    Change { what: "the status under a former name", before: (22, 307), after: (25, 301) };

/// Whether a thread moves when one of its comments is deleted.
pub const DELETION_MOVES: Change<bool> =
    Change { what: "a deleted comment moves its thread", before: (22, true), after: (25, false) };

/// Whether the answer to an edit that changes nothing names the author.
pub const UNCHANGED_HAS_AUTHOR: Change<bool> =
    Change { what: "an unchanged comment has its author", before: (22, true), after: (25, false) };

/// Whether an edit that changes nothing moves its comment all the same.
pub const UNCHANGED_MOVES: Change<bool> =
    Change { what: "an unchanged comment is edited", before: (22, true), after: (25, false) };

/// The status of a lock by the API.
pub const LOCK: Change<u16> =
    Change { what: "the status of a lock", before: (23, 404), after: (24, 204) };

/// The status of labels that are put on by name.
pub const LABEL_NAMES: Change<u16> =
    Change { what: "the status of labels by name", before: (21, 422), after: (22, 200) };

/// Whether an account may ask for its own permission.
pub const OWN_PERMISSION: Change<bool> =
    Change { what: "the own permission is shown", before: (23, false), after: (24, true) };

/// Whether a delivery says what its webhook belongs to.
pub const TARGET_TYPE: Change<bool> =
    Change { what: "deliveries have a target type", before: (23, false), after: (24, true) };

/// How many of three entries a list has that is asked for two of them, and for no page.
pub const LIMIT_WITHOUT_PAGE: Change<usize> =
    Change { what: "entries of a list without a page", before: (25, 3), after: (26, 2) };

/// The status when a label that is not there is taken off.
pub const UNKNOWN_LABEL: Change<u16> =
    Change { what: "the status of an unknown label", before: (26, 422), after: (27, 404) };

/// Whether a webhook's authorization header is shown to whoever may manage it.
pub const HEADER_SHOWN: Change<bool> =
    Change { what: "the authorization header is shown", before: (26, true), after: (27, false) };

/// Whether members of an organisation see those of its teams that they are not in.
pub const OTHER_TEAMS_SHOWN: Change<bool> =
    Change { what: "teams of others are shown", before: (26, true), after: (27, false) };

/// Whether there are calls to assign one by one, to reply to a comment on a line, and to ask what
/// a token is good for.
pub const HAS_CALLS_OF_1_27: Change<bool> =
    Change { what: "the calls of 1.27", before: (26, false), after: (27, true) };

/// The status of a branch that is given another name by the API.
pub const RENAMES_BRANCHES: Change<u16> =
    Change { what: "the status of a renamed branch", before: (22, 405), after: (25, 204) };

/// Whether a timeline tells after a force push only of the commits that are left.
pub const FORGETS_FORCED_AWAY: Change<bool> =
    Change { what: "commits forced away are forgotten", before: (24, false), after: (27, true) };

/// Whether a pull request that has other commits names the former head and the new one.
pub const NAMES_HEADS: Change<bool> = Change {
    what: "a synchronized pull request names heads",
    before: (26, false),
    after: (27, true),
};

/// Whether a commit of which nothing was said is pending.
pub const NO_STATUSES_YET: Change<bool> =
    Change { what: "a commit without statuses is pending", before: (25, false), after: (26, true) };

/// Whether there is a webhook for statuses.
pub const TELLS_OF_STATUSES: Change<bool> =
    Change { what: "statuses are delivered", before: (22, false), after: (23, true) };

/// Whether a merge that must wait is refused with words around the reason.
pub const MERGE_REASONS_ARE_WRAPPED: Change<bool> = Change {
    what: "the reason of a refused merge is wrapped",
    before: (22, true),
    after: (25, false),
};

/// Whether a merge of what is merged is refused with words.
pub const ALREADY_MERGED_HAS_WORDS: Change<bool> =
    Change { what: "a second merge is refused with words", before: (22, false), after: (25, true) };

/// The status when a writer calls off a merge that somebody else scheduled.
pub const WRITERS_CANCEL_MERGES: Change<u16> =
    Change { what: "the status of a merge called off", before: (22, 403), after: (25, 204) };

/// Whether it is an error of the server to delete a branch again.
pub const BRANCH_DELETED_TWICE_FAILS: Change<bool> =
    Change { what: "to delete a branch twice fails", before: (22, true), after: (25, false) };

/// Whether a branch that is deleted again is not found.
pub const BRANCH_DELETED_TWICE_IS_MISSED: Change<bool> =
    Change { what: "a branch deleted twice is missed", before: (25, false), after: (26, true) };

/// The status when a file that is not there is deleted.
pub const NO_FILE_DELETED: Change<u16> =
    Change { what: "the status of a missing file deleted", before: (22, 500), after: (25, 404) };

/// Whether every page of a long tree says that it is not the whole, even the last.
pub const EVERY_PAGE_IS_TRUNCATED: Change<bool> =
    Change { what: "the last page of a tree is truncated", before: (22, true), after: (25, false) };

/// A version as far as it matters: its first two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// `1.25.4`, `1.26.0+dev-12-gabc`; of Forgejo's `13.0.2+gitea-1.22.0` the Gitea that it names.
    pub fn read(text: &str) -> Self {
        let gitea = text.split_once("+gitea-").map_or(text, |(_, gitea)| gitea);
        let mut numbers = gitea.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        let mut next = || numbers.next().and_then(Result::ok).expect(text);
        Self(next(), next())
    }

    /// Holds if `found` is right for this version.
    pub fn expect<T: PartialEq + Debug + Copy>(self, change: &Change<T>, found: T) {
        let right = change.right_for(self);
        assert!(right.contains(&found), "{}: {found:?}, but {self:?} has {right:?}", change.what);
    }
}

impl<T: Copy> Change<T> {
    fn right_for(&self, version: Version) -> Vec<T> {
        let ((last, before), (first, after)) = (self.before, self.after);
        match version {
            version if version <= Version(1, last) => vec![before],
            version if version >= Version(1, first) => vec![after],
            _ => vec![before, after],
        }
    }
}

#[test]
fn between_the_versions_that_were_seen_either_is_right() {
    for (version, right) in
        [("1.20.6", vec![307]), ("1.23.8", vec![307, 301]), ("13.0.2+gitea-1.25.0", vec![301])]
    {
        assert_eq!(RENAMED.right_for(Version::read(version)), right, "{version}");
    }
}
