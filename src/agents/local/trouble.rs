//! What goes wrong with an attempt, beside what its process does.

use super::origin::OriginTrouble;
use crate::agents::agent::FailureKind;
use crate::agents::handed_in::NotHandedIn;
use crate::confinement::CannotRun;

/// Why an attempt did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum LocalTrouble {
    #[error("it cannot be run here: {0}. {help}", help = .0.remedy())]
    CannotRun(#[from] CannotRun),
    #[error("the repository is too large: more than {} of it would have to be fetched", size(.0))]
    TooLarge(u64),
    #[error("the forge cannot be asked: {0}")]
    Forge(#[from] OriginTrouble),
    #[error("what it did cannot be committed: {0}")]
    NoCommit(String),
    #[error("its commits do not follow on the one that it was given: add commits, rewrite none")]
    Rewritten,
    #[error("it made more than {0} commits")]
    TooManyCommits(usize),
    #[error("nothing was pushed, since a secret would have been: {0}")]
    Secret(String),
    #[error(
        "nothing was pushed, since {0} says what the forge runs: take it out, or have a person put it \
         there by hand; the changes are kept"
    )]
    Workflow(String),
    #[error("nothing was pushed, since nobody can look through it: {0}")]
    Unreadable(String),
    #[error("the forge does not take its branch: {0}")]
    PushRefused(String),
    #[error("its branch could not be pushed: {0}")]
    NotPushed(String),
    #[error("{0}")]
    NotHandedIn(#[from] NotHandedIn),
    #[error("{0}")]
    NoPull(OriginTrouble),
}

/// Some bytes in words, rounded down.
fn size(bytes: &u64) -> String {
    let (kib, mib, gib) = (bytes >> 10, bytes >> 20, bytes >> 30);
    match (gib, mib) {
        (0, 0) => format!("{kib} KiB"),
        (0, mib) => format!("{mib} MiB"),
        (gib, _) => format!("{gib} GiB"),
    }
}

impl LocalTrouble {
    /// Whether the next attempt goes on with what this one made: it can mend it, or there is nothing to
    /// be mended, and nobody was there who takes it.
    pub(super) fn is_for_the_next(&self) -> bool {
        matches!(
            self,
            Self::Workflow(_) | Self::NotPushed(_) | Self::Forge(OriginTrouble::NotNow(_))
        )
    }

    /// What the end of an attempt by it is.
    pub(super) fn kind(&self) -> FailureKind {
        let is_upstream = match self {
            Self::CannotRun(why) => why.is_of_this_machine(),
            Self::Forge(trouble) | Self::NoPull(trouble) => {
                matches!(trouble, OriginTrouble::NotNow(_))
            }
            Self::NotHandedIn(NotHandedIn::Failed(_)) | Self::NotPushed(_) => true,
            Self::TooLarge(_)
            | Self::NoCommit(_)
            | Self::Rewritten
            | Self::TooManyCommits(_)
            | Self::Secret(_)
            | Self::Workflow(_)
            | Self::Unreadable(_)
            | Self::PushRefused(_)
            | Self::NotHandedIn(NotHandedIn::BranchMoved | NotHandedIn::Refused(_)) => false,
        };
        if is_upstream { FailureKind::Upstream } else { FailureKind::GaveUp }
    }
}

impl From<std::io::Error> for LocalTrouble {
    fn from(error: std::io::Error) -> Self {
        Self::CannotRun(error.into())
    }
}
