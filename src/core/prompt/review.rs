//! What an agent is told of the pull request that it reviews.

use super::fence::cut_diff;
use super::thread::PromptThread;
use super::visible::shown_lines;
use crate::core::jobs::Commit;
use crate::core::model::remark::Remark;
use crate::core::model::verdict::Opinion;

/// What a pull request changes, what it is for, and what others said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptReview {
    /// Its number.
    pub number: i64,
    /// Where its branch parts from the one that it is to be merged into.
    pub merge_base: Option<Commit>,
    /// What it changes, as git writes it, where the agent cannot ask git.
    pub diff: Option<String>,
    pub issue: Option<PromptThread>,
    /// What was said of it before, the latest last.
    pub earlier: Vec<EarlierReview>,
}

/// What somebody said of it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierReview {
    pub by: String,
    pub opinion: Opinion,
    pub commit: Option<Commit>,
    pub text: String,
    pub remarks: Vec<Remark>,
    /// How many more there were.
    pub left_out: usize,
}

impl PromptReview {
    /// What it changes, in a fence, cut where it is longer than an agent bears.
    pub(super) fn diff(&self) -> Option<String> {
        self.diff.as_deref().map(|diff| cut_diff(&shown_lines(diff)))
    }
}
