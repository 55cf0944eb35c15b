//! What happens to code rather than in a thread, and the webhooks that tell of it.

use super::events::EventName;
use crate::core::model::ids::RepoId;
use crate::sandbox::git::{GitCommit, RefMove};

/// Something that webhooks tell of a repository's code. `doer` is who did it.
pub(crate) enum CodeEvent {
    Push {
        doer: i64,
        moved: RefMove,
        commits: PushedCommits,
    },
    /// A branch came.
    Created {
        doer: i64,
        branch: String,
        commit: String,
    },
    /// A branch went.
    Deleted {
        doer: i64,
        branch: String,
    },
    /// Something was said of a commit.
    Status {
        doer: i64,
        status: i64,
        commit: Box<GitCommit>,
    },
    /// Somebody made a fork of it.
    Forked {
        doer: i64,
        fork: RepoId,
    },
}

/// What a push brought.
pub(crate) struct PushedCommits {
    /// The newest first, and not all of a long push.
    pub(crate) told: Vec<GitCommit>,
    pub(crate) total: usize,
    /// What they are compared with.
    pub(crate) since: String,
}

impl CodeEvent {
    pub(crate) fn name(&self) -> EventName {
        let name = match self {
            Self::Push { .. } => "push",
            Self::Created { .. } => "create",
            Self::Deleted { .. } => "delete",
            Self::Status { .. } => "status",
            Self::Forked { .. } => "fork",
        };
        EventName { event: name, kind: name }
    }

    pub(crate) fn doer(&self) -> i64 {
        match *self {
            Self::Push { doer, .. }
            | Self::Created { doer, .. }
            | Self::Deleted { doer, .. }
            | Self::Status { doer, .. }
            | Self::Forked { doer, .. } => doer,
        }
    }
}
