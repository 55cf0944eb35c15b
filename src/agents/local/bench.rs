//! What an attempt works on.

use super::record::LocalRecord;
use crate::confinement::{FetchedRepository, Workspace};
use crate::core::jobs::Commit;

/// A clone and a home in a workspace, and beside it what was fetched.
pub(super) struct LocalBench {
    pub(super) workspace: Workspace,
    pub(super) fetched: FetchedRepository,
    pub(super) record: LocalRecord,
    /// What its branch was on the forge when it began; none if it was not there.
    pub(super) was: Option<Commit>,
    pub(super) beginning: Beginning,
    /// Whether the next attempt goes on with what it did, though it failed.
    pub(super) is_for_the_next: bool,
}

/// What an attempt begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    Anew,
    /// With what an attempt before it had done.
    GoesOn,
    /// Without that, since it does not fit any more.
    WithoutKept,
}

impl Beginning {
    /// What is to be said of it.
    pub(super) fn note(self) -> Option<&'static str> {
        match self {
            Self::Anew => None,
            Self::GoesOn => Some("It begins with what the attempt before it had done."),
            Self::WithoutKept => Some(
                "What the attempt before it had done was dropped: it does not fit any more to what \
                 the branch or the default branch holds.",
            ),
        }
    }
}
