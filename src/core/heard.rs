//! What reaches timmy's ear: one version of a text that may hold commands.

use serde::{Deserialize, Serialize};

use super::ids::{RepoId, RepoName, Subject, ThreadId};
use super::time::Timestamp;

/// An account of the forge. Logins are compared without case; ids do not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Gitea's number. Zero and below are pseudo users (ghost, gitea-actions).
    pub id: i64,
    /// The name, as the forge writes it.
    pub login: String,
}

impl Account {
    /// Whether this is the account called `login`.
    pub fn is(&self, login: &str) -> bool {
        self.login.eq_ignore_ascii_case(login)
    }

    /// Whether the forge itself hides behind it (deleted user, actions).
    pub fn is_pseudo(&self) -> bool {
        self.id <= 0
    }
}

/// A repository, as a payload or an answer of the forge describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// Its number, which stays.
    pub id: RepoId,
    /// Its present name.
    pub name: RepoName,
    /// Whether only some may read it. What the forge did not say counts as private.
    pub private: bool,
}

/// What the forge says that an actor may do with a repository's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Permissions {
    /// Administer it.
    #[serde(default)]
    pub admin: bool,
    /// Write to it.
    #[serde(default)]
    pub push: bool,
    /// Read it.
    #[serde(default)]
    pub pull: bool,
}

/// How a version came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A new comment.
    Created,
    /// A change of a comment's text.
    Edited,
    /// A new issue or pull request; its body is the text.
    Opened,
}

/// One version of a text that may hold commands: the payload of a row of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Which text.
    pub subject: Subject,
    /// Where it stands.
    pub repo: Repo,
    /// The number of its issue or pull request.
    pub number: i64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    /// How this version came to be.
    pub act: Act,
    /// Who wrote the text first; none for a deleted user.
    pub author: Option<Account>,
    /// Who did this (for an edit: the editor); none for a deleted user.
    pub sender: Option<Account>,
    /// Whether it was migrated from elsewhere: then nobody here said it.
    pub migrated: bool,
    /// The text, as sent.
    pub body: String,
    /// The text before the edit, where the forge told.
    pub former_body: Option<String>,
    /// When the text was first written.
    pub created_at: Timestamp,
    /// When this version was written, in whole seconds of the forge's clock.
    pub updated_at: Timestamp,
    /// What the sender may do, only where a signed payload proves it (`issue_comment`).
    pub permissions: Option<Permissions>,
}

impl Heard {
    /// The thread it was said in.
    pub fn thread(&self) -> ThreadId {
        ThreadId { repo: self.repo.id, number: self.number }
    }
}
