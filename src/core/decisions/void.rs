//! Why a question can be answered no more.

use serde::{Deserialize, Serialize};

use crate::core::jobs::Commit;

/// Why a question can be answered no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The head is another one.
    Pushed { commit: Commit },
    /// The pull request is to be merged into another branch.
    Retargeted { target: String },
    /// The issue asks for something else.
    Edited,
    /// Its author answered what they were asked about it.
    Answered,
    /// Another agent is to do it, or the one that was to is there no more.
    OtherAgent,
    /// Another sum may be spent unasked.
    OtherBudget,
    /// The comment that puts it is not as it was posted, or is gone.
    QuestionChanged,
    /// The ledger is a copy: another one may have acted.
    Restored,
    /// A review by an agent asks for changes, by this login.
    Reviewed { by: Option<String> },
    /// The review by this agent, on which it stood, was dismissed.
    Dismissed {
        agent: String,
        /// Whether it is asked for once more before the question is. Older versions did not say.
        #[serde(default)]
        is_due: bool,
    },
    /// The pull request that it is about was closed unmerged, by this login.
    PullClosed { by: Option<String>, pull: i64 },
    /// The job went another way.
    WentOn,
}
