//! Why a proposal is none, in words with which whoever made it can mend it.

use crate::core::jobs::evidence::ListFault;

/// How many issues an epic may become at once.
pub const MOST_ISSUES: usize = 30;

/// How many dependencies may be set between them: each is a write of its own, one after the other.
pub const MOST_DEPENDENCIES: usize = 60;

/// What is wrong with a proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitFault {
    #[error(
        "There is no proposal: end with one line `timmy-result: {{\"outcome\":\"split\",\"issues\":[...]}}`, all of it JSON on that line."
    )]
    NoProposal,
    #[error("`issues` is not a list of objects.")]
    NoList,
    #[error("The proposal has no issue.")]
    Empty,
    #[error(
        "The proposal has {0} issues; at most {MOST_ISSUES} are made at once. Propose those that come first, or larger ones."
    )]
    TooMany(usize),
    #[error("Issue {0} has no `{1}`, or it is not a text.")]
    Lacks(usize, &'static str),
    #[error("Issue {0} has no `size`: one of xs, s, m, l and xl.")]
    NoSize(usize),
    #[error("Two issues have the id \"{0}\".")]
    SameId(String),
    #[error("Two issues have the title \"{0}\".")]
    SameTitle(String),
    #[error(
        "Issue \"{issue}\" depends on \"{on}\", which is neither an issue of the proposal nor one that is there."
    )]
    UnknownDependency { issue: String, on: String },
    #[error("Issue \"{issue}\" is said to be there as #{number}, which it is not.")]
    UnknownIssue { issue: String, number: i64 },
    #[error("Issues \"{0}\" and \"{1}\" are the same one, #{2}, which is there already.")]
    SameIssue(String, String, i64),
    #[error("Issue \"{0}\" is the one that is to be split.")]
    Itself(String),
    #[error("These issues wait for one another in a circle: {}.", .0.join(", "))]
    Circle(Vec<String>),
    #[error(
        "The issues of the proposal have {0} dependencies, beside those that follow from others; at most {MOST_DEPENDENCIES} are set. Name of each only what it cannot begin without, or propose fewer issues."
    )]
    TooManyDependencies(usize),
}

impl From<ListFault> for SplitFault {
    fn from(fault: ListFault) -> Self {
        match fault {
            ListFault::Missing => Self::NoProposal,
            ListFault::NoList => Self::NoList,
            ListFault::Empty => Self::Empty,
            ListFault::TooMany(issues) => Self::TooMany(issues),
            ListFault::Lacks(issue, what) => Self::Lacks(issue, what),
        }
    }
}
