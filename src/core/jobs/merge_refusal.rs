//! Why a forge does not merge a pull request.

use serde::{Deserialize, Serialize};

/// An outcome like any other: each says what has to happen before it can be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeRefusal {
    /// Somebody was faster.
    AlreadyMerged,
    /// Somebody closed it.
    Closed,
    /// Its branch holds another commit than the one that was to be merged.
    HeadMoved,
    /// It asks to be merged into another branch than the one that was shown.
    Retargeted,
    /// It conflicts with its base.
    Conflict,
    /// The forge still looks whether it can be merged, or it conflicts: the same words mean both.
    TryLater,
    /// The base moved in the very moment.
    BaseMoved,
    /// timmy's account may not merge into that branch.
    MayNotMerge,
    Draft,
    ChecksMissing,
    /// The repository's own file asks for more by now than what it was judged by.
    RulesTightened,
    /// A review on which the yes to it stood was dismissed since, or is gone.
    ReviewDismissed,
    TooFewApprovals,
    /// A review of a person asks for changes to that commit: as long as it stands timmy merges nothing.
    ReviewObjects,
    /// A review asked for changes, and by its rule the branch merges nothing as long as that stands.
    ReviewBlocks,
    /// Either of these two, as ledgers of earlier versions tell it: then nobody was asked anew.
    ChangesRequested,
    /// Whoever said yes to it had the right lent, and it was taken back since.
    RightTakenBack,
    /// A review that was asked for is still to come.
    ReviewAwaited,
    Behind,
    /// The same, and timmy may not push to its branch.
    MayNotUpdate,
    /// It changes files that the branch's rule protects.
    ProtectedFiles,
    /// The repository allows no merge of the configured style.
    StyleNotAllowed,
    /// The rule wants a signature that the forge would not make.
    NotSigned,
    /// A hook of the forge refused the push; its words.
    Rejected(String),
    /// What nobody has met yet; the forge's words.
    Other(String),
    /// It was tried as often as makes sense, and whether any of that came about nobody saw: what came
    /// of the last try.
    GaveUp(String),
}

/// Whether, and when, the same merge may work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRecovery {
    /// In a moment.
    Soon,
    /// After it was updated from its base.
    Updated,
    /// After it was repaired.
    Repaired,
    /// Of another commit, judged anew.
    JudgedAnew,
    /// Once a person did something about it.
    ByAPerson,
    /// It is over.
    Over,
}

impl MergeRefusal {
    pub fn recovery(&self) -> MergeRecovery {
        match self {
            Self::AlreadyMerged | Self::Closed => MergeRecovery::Over,
            Self::TryLater | Self::BaseMoved => MergeRecovery::Soon,
            Self::Behind => MergeRecovery::Updated,
            Self::Conflict => MergeRecovery::Repaired,
            Self::HeadMoved
            | Self::Retargeted
            | Self::ChecksMissing
            | Self::RulesTightened
            | Self::ReviewDismissed
            | Self::ReviewObjects
            | Self::ReviewBlocks
            | Self::RightTakenBack => MergeRecovery::JudgedAnew,
            Self::MayNotMerge
            | Self::MayNotUpdate
            | Self::Draft
            | Self::TooFewApprovals
            | Self::ChangesRequested
            | Self::ReviewAwaited
            | Self::ProtectedFiles
            | Self::StyleNotAllowed
            | Self::NotSigned
            | Self::Rejected(_)
            | Self::Other(_)
            | Self::GaveUp(_) => MergeRecovery::ByAPerson,
        }
    }
}
