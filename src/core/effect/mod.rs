//! Outward writes: what timmy wants to be true on the forge, each with its key.
//!
//! An effect is stored with its key before it is sent, and delivered until it is seen to be done.
//! Comments and issues are *created*: their key stands in a hidden marker, by which they are looked
//! for before they are written again. Everything else *sets* something: it is read, and the
//! difference written, which may be repeated at will.
//!
//! What is stored may be read by a later version of timmy: fields may be added with a default, and
//! none changes its meaning. A test holds the stored form of each effect.

mod body;
pub mod defuse;
mod labels;
pub mod marker;

use serde::{Deserialize, Serialize};

use super::command::value::JobId;
use super::model::account::Account;
use super::model::commit::Commit;
use super::model::commit_status::SaidOfCommit;
use super::model::dependency::SetDependency;
use super::model::fence::Fence;
use super::model::ids::{Subject, ThreadId};
use super::model::time::Timestamp;
use super::model::verdict::Opinion;

pub use body::{Body, Fallback, REASON, Segment, Source};
pub use labels::{LabelScope, is_for_parts};

/// An effect with what makes it unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyed {
    /// Never used twice: the same key stored again changes nothing.
    pub key: String,
    /// Where it takes place; effects of one thread are carried out in order.
    pub thread: ThreadId,
    pub effect: Effect,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    Comment(CreateComment),
    /// A comment of timmy's says something else.
    EditComment(EditComment),
    React(React),
    /// At most one label of a scope.
    Label(SetLabel),
    Assign(SetAssignees),
    /// Whether the thread waits for another.
    Dependency(SetDependency),
    /// A new issue; its thread has the number 0.
    Issue(CreateIssue),
    /// A new issue that is a part of the thread's.
    MakePart(MakePart),
    /// One issue of the repository waits for another.
    Bond(Bond),
    /// The thread is open, or closed.
    SetOpen(SetOpen),
    /// The issue is pinned, if the account may.
    Pin(Pin),
    /// The open pull requests of some branches are closed, with a word.
    ClosePulls(ClosePulls),
    /// A commit carries a status of timmy's.
    Status(SetStatus),
    /// Remarks on lines of a pull request are answered.
    AnswerRemarks(AnswerRemarks),
    /// A pull request is approved.
    Approve(ApprovePull),
    /// What timmy approved of a pull request counts no more.
    WithdrawApproval(WithdrawApproval),
    /// A pull request is merged.
    Merge(MergePull),
    /// What an agent says is posted for it.
    PostResult(PostResult),
}

impl Effect {
    /// One word for its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment",
            Self::EditComment(_) => "edit_comment",
            Self::React(_) => "react",
            Self::Label(_) => "label",
            Self::Assign(_) => "assign",
            Self::Dependency(_) => "dependency",
            Self::Issue(_) => "issue",
            Self::MakePart(_) => "make_part",
            Self::Bond(_) => "bond",
            Self::SetOpen(_) => "set_open",
            Self::Pin(_) => "pin",
            Self::ClosePulls(_) => "close_pulls",
            Self::Status(_) => "status",
            Self::AnswerRemarks(_) => "answer_remarks",
            Self::Approve(_) => "approve",
            Self::WithdrawApproval(_) => "withdraw_approval",
            Self::Merge(_) => "merge",
            Self::PostResult(_) => "post_result",
        }
    }

    /// Whether it makes something of its own, of which there must not be two.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Comment(_) | Self::Issue(_) | Self::MakePart(_) | Self::PostResult(_))
    }

    /// Where it is written, if that is another thread than the one in whose order it is.
    pub fn elsewhere(&self) -> Option<ThreadId> {
        match self {
            Self::Assign(SetAssignees::Add { on, .. }) => *on,
            _ => None,
        }
    }

    /// What the comment says, if it writes one.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Comment(CreateComment { body, .. })
            | Self::EditComment(EditComment { body, .. }) => Some(body),
            _ => None,
        }
    }

    /// The same effect with another text.
    #[must_use]
    pub fn saying(self, body: Body) -> Self {
        match self {
            Self::Comment(comment) => Self::Comment(CreateComment { body, ..comment }),
            Self::EditComment(edit) => Self::EditComment(EditComment { body, ..edit }),
            other => other,
        }
    }
}

/// A new comment, marked with the effect's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateComment {
    pub body: Body,
    /// It cannot be older than that, by the forge's clock: where to begin to look for it. Of a
    /// reply, when the text that it answers was written.
    pub since: Timestamp,
    /// The comment on a line that it answers, where the forge can put it beside that one; else it
    /// stands in the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<i64>,
}

/// A comment of timmy's says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditComment {
    pub comment: CommentRef,
    pub body: Body,
}

/// A comment that timmy wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentRef {
    /// The one that the effect with this key has created.
    Key(String),
    /// The one with this id on the forge.
    Id(i64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct React {
    pub subject: Subject,
    pub reaction: Reaction,
}

/// A new issue. It is found again by the marker with which its body ends: of several with the same
/// one, all but the oldest are closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateIssue {
    pub title: String,
    /// Its text, with the marker.
    pub body: String,
}

/// A new issue that is a part of the thread's, as long as that is open. It is found again by the marker
/// with which its body ends, which is the effect's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakePart {
    pub title: String,
    /// Its text, with the marker.
    pub body: String,
    /// Its size, as labels say it.
    pub size: String,
    /// The other labels that it gets, by name. None where an older version stored it: those of the thread
    /// that hold for its parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Who said that it is to be made: it counts as theirs.
    pub by: Account,
}

/// One issue of the repository waits for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bond {
    pub issue: IssueName,
    pub on: IssueName,
    /// Those of the two that were open when it was decided: once one of them is closed it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub while_open: Vec<i64>,
}

/// An issue of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueName {
    /// The one that the effect with this key has made.
    Key(String),
    /// The one with this number on the forge.
    Number(i64),
}

/// The thread is open, or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetOpen {
    /// Whether it is to be open.
    pub open: bool,
}

/// The issue is pinned, if the account may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {}

/// The open pull requests of these branches of the repository are closed, with a word in each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosePulls {
    pub branches: Vec<String>,
    /// What is said in each, as Markdown.
    pub word: String,
}

/// A commit carries this status of timmy's, as the newest of its context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetStatus {
    pub commit: Commit,
    pub says: SaidOfCommit,
}

/// Remarks on lines of a pull request are answered: each in its place where the forge can do that,
/// else all in one comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRemarks {
    /// Their numbers among comments.
    pub comments: Vec<i64>,
    /// What is said beside each, as Markdown.
    pub word: String,
    /// What is said of all of them, as Markdown.
    pub listed: String,
}

/// A pull request is approved as it is at this commit, by a review that is marked with the effect's
/// key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovePull {
    pub commit: Commit,
    /// What the review says, as Markdown.
    pub word: String,
    /// The job whose result it is; one that was stored by an older version says nothing of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// No approval counts any more that timmy gave to a pull request: the yes that it stood for is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawApproval {
    /// Why, in the forge's page: plain text.
    pub word: String,
}

/// A pull request is merged as exactly this commit, because a person said so. What becomes of it is
/// told to its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergePull {
    pub job: JobId,
    pub commit: Commit,
    /// The branch into which it was to be merged when that was said.
    pub target: String,
    /// What the commit that it makes says below its title.
    pub message: String,
    /// Its branch is somebody's own, and is not deleted with the merge.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_branch: bool,
}

/// What an agent that does not post by itself says in the end: as its account where timmy holds a
/// token of that, else in timmy's own name. Marked with the effect's key either way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostResult {
    /// The agent, as the configuration calls it.
    pub agent: String,
    /// What is said as its account, as Markdown.
    pub text: String,
    /// What timmy says instead, as Markdown.
    pub in_own_name: String,
    /// A review of a pull request; else it is a comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<PostedReview>,
    /// What is said as its account instead of a review whose commit is the head no more, as Markdown:
    /// commit, verdict and all findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_earlier: Option<String>,
    /// It cannot be older than that, by the forge's clock.
    pub since: Timestamp,
    /// The attempt whose result it is: once that is judged no more, nobody wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<JudgedAttempt>,
}

/// An attempt whose result is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedAttempt {
    pub job: JobId,
    /// Its number among all attempts.
    pub fence: Fence,
}

/// A review of exactly this commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostedReview {
    pub commit: Commit,
    pub opinion: Opinion,
    pub remarks: Vec<PostedRemark>,
}

/// A comment on a line that the change shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostedRemark {
    pub path: String,
    /// Of the file as it is proposed.
    pub line: u32,
    /// As Markdown.
    pub text: String,
}

/// The reactions that timmy gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// The claim: this ledger answers that text.
    Eyes,
    /// Addressed, but no command in it.
    Confused,
}

impl Reaction {
    /// The one that claims a text on a server that allows these.
    pub fn that_claims(allowed: &[String]) -> Option<&str> {
        let usual = allowed.iter().find(|content| *content == Self::Eyes.as_ref());
        usual.or(allowed.first()).map(String::as_str)
    }
}

impl AsRef<str> for Reaction {
    fn as_ref(&self) -> &str {
        match self {
            Self::Eyes => "eyes",
            Self::Confused => "confused",
        }
    }
}

/// Why nothing came of a write of which somebody wants to know nothing. That is theirs to decide
/// and calls nobody: the report leaves out what ended so.
pub const BLOCKED: &str =
    "somebody whom it concerns has blocked my account, and only they can lift that";

/// That a thread holds exactly this label of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLabel {
    pub scope: LabelScope,
    /// Which of them; none for no label of the scope.
    pub value: Option<String>,
    /// When the change is still wanted by the time it is delivered.
    pub condition: Condition,
}

/// When a label is still to be set at delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Whatever labels the thread has by then.
    Always,
    /// Only if the thread still has this value (none: no label of the scope): a person's later
    /// choice is not undone.
    Still(Option<String>),
}

/// A change of a thread's assignees.
///
/// Gitea before 1.27 replaces the whole list, and an attempt that fails half-way may already have
/// removed people; so the change carries who was there when it was made, and puts them back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case", deny_unknown_fields)]
pub enum SetAssignees {
    /// Beside those who are assigned already.
    Add {
        user: String,
        /// Who was assigned when this was decided.
        keep: Vec<String>,
        /// To another thread than the one in whose order it is written, with the answer of which it
        /// is part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<ThreadId>,
    },
    /// Only this one; whoever else is assigned stays.
    Remove {
        user: String,
        /// Who was assigned when this was decided.
        keep: Vec<String>,
    },
    Clear,
}

impl SetAssignees {
    /// Who is to be assigned, given who is; sorted by no rule but the forge's own order.
    pub fn wanted(&self, present: &[String]) -> Vec<String> {
        let (keep, add, remove) = match self {
            Self::Add { user, keep, .. } => (keep.as_slice(), Some(user), None),
            Self::Remove { user, keep } => (keep.as_slice(), None, Some(user)),
            Self::Clear => return Vec::new(),
        };
        let mut wanted: Vec<String> = Vec::new();
        for login in present.iter().chain(keep).chain(add) {
            let unwanted = remove.is_some_and(|r| r.eq_ignore_ascii_case(login));
            if !unwanted && !wanted.iter().any(|w| w.eq_ignore_ascii_case(login)) {
                wanted.push(login.clone());
            }
        }
        wanted
    }

    /// What is to change where people are assigned one by one, given who is; none if nothing is.
    pub fn change<'a>(&'a self, present: &'a [String]) -> Option<AssigneeChange<'a>> {
        let is_there = |user: &str| present.iter().any(|login| login.eq_ignore_ascii_case(user));
        match self {
            Self::Add { user, .. } => (!is_there(user)).then_some(AssigneeChange::Add(user)),
            Self::Remove { user, .. } => {
                is_there(user).then(|| AssigneeChange::Remove(vec![user.as_str()]))
            }
            Self::Clear if present.is_empty() => None,
            Self::Clear => {
                Some(AssigneeChange::Remove(present.iter().map(String::as_str).collect()))
            }
        }
    }
}

/// Who is to be assigned as well, or no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssigneeChange<'a> {
    Add(&'a str),
    Remove(Vec<&'a str>),
}

#[cfg(test)]
mod tests;
