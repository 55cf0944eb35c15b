//! What is known of a review of a job's pull request.

use crate::core::jobs::Commit;
use crate::core::model::remark::Remark;

/// What the forge shows of a review, and of the pull request that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewFacts {
    /// The present head; none if nobody needed it, or the pull request is gone.
    pub head: Option<Commit>,
    /// Whether the pull request is open.
    pub is_open: bool,
    /// What the reviewer says of lines.
    pub remarks: Vec<Remark>,
}
