//! A question that was put to people, and what became of it.

use super::covers::Covered;
use super::void::VoidReason;
use crate::core::command::value::{DecisionId, JobId};
use crate::core::jobs::{PersonAnswer, Question};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// A question that was put to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub id: DecisionId,
    pub job: JobId,
    /// Which of the job's questions it is.
    pub number: u32,
    pub question: Question,
    /// Where its comment stands: the job's thread.
    pub thread: ThreadId,
    /// The pull request that it is about, in the same repository.
    pub pull: Option<i64>,
    pub covers: Covered,
    pub asked_at: Timestamp,
    pub status: DecisionStatus,
}

impl Decision {
    /// Whether it may be answered in `thread`.
    pub fn is_of(&self, thread: ThreadId) -> bool {
        let pull = self.pull.map(|number| ThreadId { number, ..self.thread });
        self.thread == thread || pull == Some(thread)
    }

    /// Who decided it, if it is decided.
    pub fn decided_by(&self) -> Option<&Account> {
        match &self.status {
            DecisionStatus::Decided { by, .. } => Some(by),
            DecisionStatus::Open | DecisionStatus::Void { .. } | DecisionStatus::Expired { .. } => {
                None
            }
        }
    }

    pub fn is_open(&self) -> bool {
        self.status == DecisionStatus::Open
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionStatus {
    Open,
    Decided {
        by: Account,
        answer: PersonAnswer,
        at: Timestamp,
    },
    /// It can be answered no more.
    Void {
        why: VoidReason,
        at: Timestamp,
    },
    /// Nobody answered in time.
    Expired {
        at: Timestamp,
    },
}

impl DecisionStatus {
    /// When it was closed, if it is.
    pub fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Decided { at, .. } | Self::Void { at, .. } | Self::Expired { at } => Some(*at),
        }
    }
}

/// A decision with what is seen of its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedDecision {
    pub decision: Decision,
    /// The comment, once it stands.
    pub comment: Option<i64>,
    pub check: QuestionCheck,
}

/// Whether what was shown is still so, as the forge shows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionCheck {
    /// All that a yes covers is there, and the question stands as it was put. Also of what is
    /// closed: nobody looks at that.
    Stands,
    /// It is void.
    Void(VoidReason),
    /// The pull request was merged or closed meanwhile, or the epic closed: whoever looks after the job
    /// will see it.
    PullGone,
}
