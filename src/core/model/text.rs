//! Texts that may hold commands: comments, reviews, bodies of issues, each in its versions.

use serde::{Deserialize, Serialize};

use super::gesture::{Gesture, ListedGesture};
use super::ids::{RepoId, RepoName, Subject, ThreadId};
use super::issue::Issue;
use super::time::Timestamp;
use crate::core::model::account::Account;
use crate::core::model::repository::{Permissions, Repo};
use crate::core::model::verdict::ReviewVerdict;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEvent {
    Created,
    /// A change of a comment's text.
    Edited,
    /// A new issue or pull request; its body is the text.
    Opened,
}

/// One version of a text that may hold commands: the payload of a row of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundText {
    pub subject: Subject,
    pub repo: Repo,
    /// The number of its issue or pull request.
    pub number: i64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    pub act: TextEvent,
    /// Who wrote the text first; none for a deleted user.
    pub author: Option<Account>,
    /// Who did this (for an edit: the editor); none for a deleted user, and for an edit that was
    /// found by polling: who made it is unknown.
    pub sender: Option<Account>,
    /// Whether it was migrated from elsewhere: then nobody here said it.
    pub migrated: bool,
    pub body: String,
    /// The text before the edit, where the forge sent it.
    pub former_body: Option<String>,
    /// When the text was first written.
    pub created_at: Timestamp,
    /// When this version was written, in whole seconds of the forge's clock.
    pub updated_at: Timestamp,
    /// What the sender may do, only where a signed payload proves it (`issue_comment`).
    pub permissions: Option<Permissions>,
    /// Whether a signed delivery brought this version, and not only a poll.
    #[serde(default)]
    pub delivered: bool,
    /// Whether it is seen to stand on a line of a pull request. No delivery tells.
    #[serde(default)]
    pub on_line: bool,
    /// What it says as a review, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<ReviewVerdict>,
    /// What its sender did instead of writing; there are no words then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gesture: Option<Gesture>,
}

impl InboundText {
    /// A gesture in the thread `number`. It is the word of whoever made it, and stands among the
    /// comments.
    pub fn of_gesture(repo: Repo, number: i64, made: ListedGesture) -> Self {
        let ListedGesture { id, by, at, is_pull, gesture } = made;
        let written = PostedText {
            number,
            is_pull,
            author: by.clone(),
            migrated: false,
            body: String::new(),
            created_at: at,
            updated_at: at,
        };
        let inbound = written.into_inbound(Subject::Comment(id), repo, TextEvent::Created, by);
        Self { gesture: Some(gesture), ..inbound }
    }

    pub fn thread(&self) -> ThreadId {
        ThreadId { repo: self.repo.id, number: self.number }
    }

    /// Whether this version was written before the review that holds it was submitted. Servers
    /// before 1.24.3 tell of such drafts; what a poll finds is what was submitted.
    pub fn is_draft_of(&self, submitted_at: Timestamp) -> bool {
        self.delivered && self.updated_at <= submitted_at
    }
}

/// A text as somebody wrote it, and where it stands in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedText {
    /// The number of its issue or pull request.
    pub number: i64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    /// Who wrote it; none for a deleted user, and if it was migrated.
    pub author: Option<Account>,
    /// Whether it was migrated from elsewhere.
    pub migrated: bool,
    pub body: String,
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl PostedText {
    /// The inbound text, if it is `subject` and came to be because `sender` did `act`.
    pub fn into_inbound(
        self,
        subject: Subject,
        repo: Repo,
        act: TextEvent,
        sender: Option<Account>,
    ) -> InboundText {
        InboundText {
            subject,
            repo,
            number: self.number,
            is_pull: self.is_pull,
            act,
            author: self.author,
            sender,
            migrated: self.migrated,
            body: self.body,
            former_body: None,
            created_at: self.created_at,
            updated_at: self.updated_at,
            permissions: None,
            delivered: false,
            on_line: false,
            verdict: None,
            gesture: None,
        }
    }
}

/// What the forge shows of how a text came to its present words. It never shows who edited it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditHistory {
    /// The forge counts edits, and there were none.
    NeverEdited,
    /// Its times show no edit. They are whole seconds: one within the second does not show.
    NoEditSeen,
    /// Its times say nothing: they move with more than the words.
    Unknown,
    Edited,
}

/// A text as a list of the forge shows it now: who changed it last, and how often, no list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedText {
    pub subject: Subject,
    pub written: PostedText,
    /// What is known of edits.
    pub history: EditHistory,
    /// Whether it stands on a line of a pull request.
    pub on_line: bool,
}

impl ListedText {
    /// Whether it stands as it was first written, as far as the forge can show.
    pub fn is_as_written(&self) -> bool {
        matches!(self.history, EditHistory::NeverEdited | EditHistory::NoEditSeen)
    }

    /// The inbound text, if it came to be by `act`. Whoever creates a text is its author; who edits
    /// it may be anybody.
    pub fn into_inbound(self, repo: Repo, act: TextEvent) -> InboundText {
        let sender = self.written.author.clone().filter(|_| act != TextEvent::Edited);
        self.written.into_inbound(self.subject, repo, act, sender)
    }
}

/// A thread that a search found to have moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedThread {
    pub repo: RepoId,
    /// What the repository is called now.
    pub name: RepoName,
    /// The body of the issue or pull request.
    pub text: ListedText,
    /// All of it.
    pub item: Issue,
}

/// A review of a pull request: a text that may have comments on lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its number, which is not the one of its text.
    pub id: i64,
    /// Its words; may be empty.
    pub text: ListedText,
    /// What it says of the pull request as a whole.
    pub verdict: ReviewVerdict,
    /// When it was given. The text of a draft is older.
    pub given_at: Timestamp,
    /// When it was submitted, which its comments on lines can be compared with; none once it was
    /// dismissed, which moves that time.
    pub submitted_at: Option<Timestamp>,
    /// How many comments on lines it has, replies to them included.
    pub comments: i64,
}

/// An issue or a pull request that was just opened, without its global id.
///
/// The `id` of a pull request's payload counts pull requests alone; the global one, under which
/// a poll finds the same body, stands only in the answer to a read of the issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedPull {
    pub repo: Repo,
    /// Who opened it.
    pub sender: Option<Account>,
    #[serde(flatten)]
    pub written: PostedText,
}

impl OpenedPull {
    /// The inbound text, now that the global `id` is known.
    pub fn into_inbound(self, id: i64) -> InboundText {
        let inbound = self.written.into_inbound(
            Subject::Issue(id),
            self.repo,
            TextEvent::Opened,
            self.sender,
        );
        InboundText { delivered: true, ..inbound }
    }
}
