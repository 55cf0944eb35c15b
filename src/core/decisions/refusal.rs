//! Why an answer to a decision does nothing.

use super::void::VoidReason;
use crate::core::command::value::DecisionId;
use crate::core::command::verb::Verb;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// Why an answer does nothing. What is asked about stays as it was, but for what is void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionRefusal {
    /// Nothing is asked here.
    NoneOpen,
    /// There is no such decision, or it cannot be told of here.
    Unknown { id: DecisionId },
    /// It belongs to another thread.
    OtherThread { id: DecisionId, thread: ThreadId },
    /// It has to be said which one is meant: one of these.
    WhichOne { open: Vec<DecisionId> },
    /// Somebody decided it.
    Decided { id: DecisionId, by: Account },
    /// Somebody decided it then, in another thread.
    DecidedElsewhere { id: DecisionId, thread: ThreadId, by: Account, at: Timestamp },
    /// What it covers is not as it was shown.
    Void { id: DecisionId, why: VoidReason },
    /// Its pull request was merged or closed.
    PullGone { id: DecisionId },
    /// Nobody answered in time.
    Expired { id: DecisionId },
    /// The answer is older than the question.
    TooEarly { id: DecisionId },
    /// The verb says nothing to such a question; these do.
    OtherVerb { id: DecisionId, verbs: &'static [Verb] },
}

impl DecisionRefusal {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoneOpen => "no_decision",
            Self::Unknown { .. } => "not_found",
            Self::OtherThread { .. } => "other_thread",
            Self::WhichOne { .. } => "needs_id",
            Self::Decided { .. } | Self::DecidedElsewhere { .. } => "already_decided",
            Self::Void { why: VoidReason::QuestionChanged, .. } => "question_changed",
            Self::Void { .. } => "void",
            Self::PullGone { .. } => "pull_gone",
            Self::Expired { .. } => "expired",
            Self::TooEarly { .. } => "too_early",
            Self::OtherVerb { .. } => "other_verb",
        }
    }
}
