//! What is said of a review that does not count as what it says, or comes after a yes.

use crate::core::policy::authority::RequiredRight;

/// Why a review of a job's pull request was not taken as what it says, or what it does beside that.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewAnswer {
    /// It is of another commit than is there, or is asked about: `lines` count all the same.
    OtherCommit { seen: Option<String>, now: String, lines: Vec<String> },
    /// Nobody asks whether that pull request is accepted.
    NothingAsked { pull: i64 },
    /// Something else is asked, which `lines` answer.
    OtherQuestion { id: String, lines: Vec<String> },
    /// They lack the right; `lines`: what to say where the forge may prove that they have it.
    NotForYou { need: RequiredRight, owner: String, lines: Vec<String> },
    /// The job is over: `lines` have it worked on again.
    Over { id: String, lines: Vec<String> },
    /// What a person said yes to is not merged as it is: a round of repair begins with the review.
    MendedFirst { pull: i64 },
    /// A line of its text says something else than the review.
    TwoVerdicts,
}

impl ReviewAnswer {
    /// What came of it, as a stable code for the audit.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::OtherCommit { .. } => "other_commit",
            Self::NothingAsked { .. } => "no_decision",
            Self::OtherQuestion { .. } => "other_question",
            Self::NotForYou { .. } => "refused",
            Self::Over { .. } => "over",
            Self::MendedFirst { .. } => "done",
            Self::TwoVerdicts => "two_answers",
        }
    }

    /// What to say instead.
    pub(super) fn lines(&self) -> &[String] {
        match self {
            Self::OtherCommit { lines, .. }
            | Self::OtherQuestion { lines, .. }
            | Self::NotForYou { lines, .. }
            | Self::Over { lines, .. } => lines,
            Self::NothingAsked { .. } | Self::MendedFirst { .. } | Self::TwoVerdicts => &[],
        }
    }
}
