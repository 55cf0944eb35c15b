//! Issues, labels and comments as timmy sees them, whatever the forge's version.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::due_day::DueDay;
use super::ids::{RepoId, RepoName};
use super::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub id: i64,
    pub number: i64,
    pub title: String,
    pub body: String,
    /// Who opened it; none for a deleted user.
    pub author: Option<Account>,
    pub open: bool,
    /// Whether it is locked for people who may not write.
    pub locked: bool,
    pub is_pull: bool,
    /// Whether it is a pull request that its author calls unfinished.
    #[serde(default)]
    pub is_draft: bool,
    pub labels: Vec<Label>,
    pub assignees: Vec<Account>,
    pub milestone: Option<Milestone>,
    /// The day on which it is due.
    pub due_at: Option<DueDay>,
    pub pinned: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it moved last.
    pub updated_at: Timestamp,
}

/// The SHA-256 of the title and text of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextDigest(pub [u8; 32]);

/// The role whose work reaches beyond the repository.
pub const DEVOPS: &str = "devops";

/// Whether something may come up in work of this role, on an issue that names what is protected or
/// does not, about which an agent should ask before it does it.
pub fn is_dangerous(role: &str, names_protected: bool) -> bool {
    role == DEVOPS || names_protected
}

/// What the text of an issue says that an agent can begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopePart {
    /// What is to be done.
    Scope,
    /// Where.
    Place,
    /// When it is done.
    Acceptance,
}

/// The paths that the text of an issue names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NamedPaths {
    pub paths: Vec<String>,
    /// Whether there are more.
    pub is_cut: bool,
}

impl NamedPaths {
    /// Those that another text names as well.
    pub fn add(&mut self, others: Self) {
        self.is_cut |= others.is_cut;
        let news = others.paths.into_iter().filter(|path| !self.paths.contains(path));
        let news: Vec<String> = news.collect();
        self.paths.extend(news);
    }
}

/// An issue or a pull request with the place where it stands, as lists over several places show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIssue {
    pub repo: RepoId,
    /// What the repository is called now.
    pub name: RepoName,
    pub item: Issue,
}

/// A label of a repository or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub id: i64,
    /// Its name, such as `priority/p1`.
    pub name: String,
    /// Whether an issue holds at most one label of its scope (what stands before the last `/`).
    pub exclusive: bool,
}

/// A comment, as a list of the forge gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub id: i64,
    /// Who wrote it; none for a deleted user.
    pub author: Option<Account>,
    pub body: String,
    /// When it was written, in whole seconds.
    pub created_at: Timestamp,
    /// When it was changed last, in whole seconds.
    pub updated_at: Timestamp,
}

/// A milestone, as far as it makes an issue valuable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    pub title: String,
    /// The day on which it is due.
    pub due_at: Option<DueDay>,
}
