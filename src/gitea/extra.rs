//! What newer servers do better. timmy asks which of it a server has, and has a way without.

/// A part of the API that came with Gitea 1.27.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Assignees are added and taken off, and the others stay whatever else happens.
    Assignees,
    /// Whether somebody can be assigned to an issue can be asked.
    Assignable,
    /// A comment on a line can be answered in its place.
    Replies,
    /// A token tells what it is good for.
    OwnToken,
}

impl Extra {
    pub(super) const ALL: [Self; 4] =
        [Self::Assignees, Self::Assignable, Self::Replies, Self::OwnToken];

    /// The path by which a server's description shows that it has it.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Assignees => "/repos/{owner}/{repo}/issues/{index}/assignees",
            Self::Assignable => "/repos/{owner}/{repo}/issues/{index}/assignees/{assignee}",
            Self::Replies => "/repos/{owner}/{repo}/pulls/{index}/comments/{id}/replies",
            Self::OwnToken => "/token",
        }
    }
}

/// What a server has of it, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extras {
    Described(Vec<Extra>),
    /// It describes its API to nobody.
    Unknown,
}

impl Extras {
    pub(super) fn has(&self, extra: Extra) -> bool {
        matches!(self, Self::Described(all) if all.contains(&extra))
    }

    /// Whether it certainly does not have it.
    pub(super) fn lacks(&self, extra: Extra) -> bool {
        matches!(self, Self::Described(all) if !all.contains(&extra))
    }
}
