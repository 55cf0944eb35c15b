//! What a person is told of a result.

use serde::{Deserialize, Serialize};

use crate::core::guards::{CheckLink, FindingCode, GuardFinding, GuardGrade};
use crate::core::jobs::event::Citation;
use crate::core::jobs::ids::Commit;

/// One thing that was found of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// There is no result line: it was judged by what the forge shows alone.
    NoResultLine,
    /// Its result line is too long, and was not read: the same.
    ResultLineTooLong,
    /// It says that it delivered, and there is neither a branch nor a pull request of the job.
    NothingThere,
    /// The branch holds nothing but what it began at.
    EmptyBranch,
    /// The branch holds work, and no pull request asks to merge it.
    NoPull,
    /// The pull request that it named is somebody else's.
    ForeignPull { number: i64, author: Option<String> },
    /// The pull request that it named does not exist.
    MissingPull { number: i64 },
    /// Its own pull request, of a branch that is not the job's.
    OtherBranch { number: i64, branch: String },
    /// Its own pull request, of a branch in a fork.
    FromFork { number: i64 },
    /// The pull request is to be merged into another branch.
    OtherBase { number: i64, base: String },
    /// Somebody closed the pull request without merging it.
    PullClosed { number: i64 },
    /// The pull request is there, its branch is gone.
    BranchGone { number: i64 },
    /// It named a commit, and the branch holds more.
    CommitBehind { named: Commit },
    /// It named a commit that the branch does not hold.
    CommitElsewhere { named: Commit },
    /// It named a commit that does not exist: never made, or taken away by a force push.
    CommitGone { named: Commit },
    /// Whether the branch holds the commit that it named could not be found out.
    CommitUnknown { named: Commit },
    /// What the repair was given is no longer in the branch.
    Rewritten { given: Commit },
    /// Whether it is could not be found out.
    RewrittenUnknown { given: Commit },
    /// A person pushed to the branch after the agent.
    PushedByOther { login: String },
    /// All that is known to be in the branch was pushed by somebody else.
    OthersWork { login: String },
    /// Nobody can tell who pushed.
    PusherUnknown,
    /// It says that nothing has to change, or that it cannot go on, and opened a pull request.
    Contradiction { number: i64 },
    /// It says that it left a comment, where a pull request was asked for.
    CommentInstead,
    /// It says that nothing has to change, and cites nothing that shows it.
    NothingCited,
    /// What it cites does not exist.
    MissingCitation { cited: Citation },
    /// It cannot go on without a person.
    Blocked,
    /// It left no comment.
    NoComment,
    /// It gave no review, and said nothing that could be one.
    NoReview,
    /// The review is of this commit, and the head is another one since.
    HeadMoved { reviewed: Commit, head: Commit },
    /// It says that it reviewed a commit that it was not given, and that is not the head.
    OtherCommit { reviewed: Commit },
    /// What it says could not be posted for it.
    NotPosted { reason: String },
    /// Somebody dismissed the review.
    Dismissed,
    /// The time was over before it could be told whether the review is there.
    NotSeenInTime,
    /// timmy posted it in its own name: it has no token of the agent's account.
    PostedByTimmy,
    /// What the issue says was changed after it began.
    IssueEdited,
    /// A crew cannot work by its plan, for this reason.
    PlanUnfit { why: String },
    /// It made no plan that a crew could work by, so that there is the usual one.
    FixedPlan { why: String },
    /// No issues can be made of what it proposes, for this reason.
    ProposalUnfit { why: String },
    /// What another guard says of its commit.
    Guard(GuardFinding),
}

impl Finding {
    /// The check that it is about, if it blocks since that is red.
    pub fn red_check(&self) -> Option<&CheckLink> {
        let Self::Guard(found) = self else { return None };
        found.check().filter(|_| found.code == FindingCode::CheckRed)
    }

    /// Whether who was told of it knows of `other`.
    pub fn covers(&self, other: &GuardFinding) -> bool {
        matches!(self, Self::Guard(known) if known.asked_key() == other.asked_key())
    }
}

/// What a finding means for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It is said, and nothing more.
    Warn,
    /// A person decides.
    Ask,
    /// The result does not pass: the agent mends it.
    Block,
    /// The agent cannot go on without a person.
    Stuck,
    /// There is no result.
    Nothing,
}

impl From<GuardGrade> for Grade {
    fn from(grade: GuardGrade) -> Self {
        match grade {
            GuardGrade::Warn => Self::Warn,
            GuardGrade::Ask => Self::Ask,
            GuardGrade::Block => Self::Block,
        }
    }
}

/// Code and grade of each: the code is stable, and stands in logs, in the ledger and in JSON.
macro_rules! findings {
    ($($kind:pat => $code:literal, $grade:ident;)+) => {
        impl Finding {
            pub fn code(&self) -> &'static str {
                match self { $($kind => $code,)+ Self::Guard(found) => found.code.name() }
            }

            pub fn grade(&self) -> Grade {
                match self { $($kind => Grade::$grade,)+ Self::Guard(found) => found.grade().into() }
            }
        }
    };
}

findings! {
    Self::NoResultLine => "no_result_line", Warn;
    Self::ResultLineTooLong => "result_line_too_long", Warn;
    Self::NothingThere => "nothing_there", Nothing;
    Self::EmptyBranch => "empty_branch", Nothing;
    Self::NoPull => "no_pull", Block;
    Self::ForeignPull { .. } => "foreign_pull", Warn;
    Self::MissingPull { .. } => "missing_pull", Warn;
    Self::OtherBranch { .. } => "other_branch", Block;
    Self::FromFork { .. } => "from_fork", Block;
    Self::OtherBase { .. } => "other_base", Block;
    Self::PullClosed { .. } => "pull_closed", Ask;
    Self::BranchGone { .. } => "branch_gone", Block;
    Self::CommitBehind { .. } => "commit_behind", Block;
    Self::CommitElsewhere { .. } => "commit_elsewhere", Block;
    Self::CommitGone { .. } => "commit_gone", Block;
    Self::CommitUnknown { .. } => "commit_unknown", Warn;
    Self::Rewritten { .. } => "rewritten", Block;
    Self::RewrittenUnknown { .. } => "rewritten_unknown", Warn;
    Self::PushedByOther { .. } => "pushed_by_other", Warn;
    Self::OthersWork { .. } => "others_work", Ask;
    Self::PusherUnknown => "pusher_unknown", Warn;
    Self::Contradiction { .. } => "contradiction", Ask;
    Self::CommentInstead => "comment_instead", Stuck;
    Self::NothingCited => "nothing_cited", Block;
    Self::MissingCitation { .. } => "missing_citation", Warn;
    Self::Blocked => "blocked", Stuck;
    Self::NoComment => "no_comment", Nothing;
    Self::NoReview => "no_review", Nothing;
    Self::HeadMoved { .. } => "head_moved", Warn;
    Self::OtherCommit { .. } => "other_commit", Block;
    Self::NotPosted { .. } => "not_posted", Block;
    Self::Dismissed => "dismissed", Warn;
    Self::NotSeenInTime => "not_seen_in_time", Block;
    Self::PostedByTimmy => "posted_by_timmy", Warn;
    Self::IssueEdited => "issue_edited", Warn;
    Self::PlanUnfit { .. } => "plan_unfit", Block;
    Self::FixedPlan { .. } => "fixed_plan", Warn;
    Self::ProposalUnfit { .. } => "proposal_unfit", Block;
}

#[cfg(test)]
mod tests {
    use crate::core::guards::{FindingCode, GuardName, Sentence};
    use crate::core::jobs::evidence::finding::*;

    #[test]
    fn what_was_stored_before_is_still_read() {
        let stored = r#"["no_pull",{"pull_closed":{"number":3}},{"guard":{"guard":"tests","code":"test_deleted","said":[{"own":"Gone."}]}}]"#;
        let found: Vec<Finding> = serde_json::from_str(stored).unwrap();
        let guard = GuardFinding::new(
            GuardName::Tests,
            FindingCode::TestDeleted,
            Sentence::of("Gone.", &[]),
        );
        let expected = [Finding::NoPull, Finding::PullClosed { number: 3 }, Finding::Guard(guard)];
        assert_eq!(found, expected);
        assert_eq!(serde_json::to_string(&found).unwrap(), stored);
        assert_eq!((found[2].code(), found[2].grade()), ("test_deleted", Grade::Block));
    }

    #[test]
    fn who_was_told_that_a_change_is_too_large_knows_it_by_any_limit() {
        let found =
            |guard, code, said: &str| GuardFinding::new(guard, code, Sentence::of(said, &[]));
        let large = |said| found(GuardName::Size, FindingCode::TooManyLines, said);
        let known = Finding::Guard(large("It changes 9 lines; 8 are allowed."));
        assert!(known.covers(&large("It changes 9 lines; 3 are allowed.")));
        let path = |said| found(GuardName::Protected, FindingCode::ProtectedPath, said);
        assert!(!known.covers(&path("`a` is protected.")));
        let known = Finding::Guard(path("`a` is protected."));
        assert!(known.covers(&path("`a` is protected.")));
        assert!(!known.covers(&path("`b` is protected.")));
        assert!(!Finding::NoPull.covers(&path("`a` is protected.")));
    }
}
