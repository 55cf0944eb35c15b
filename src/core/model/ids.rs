//! Names and numbers that must not be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Gitea's number of a repository. It survives renames and transfers, its [`RepoName`] does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepoId(pub i64);

/// `owner/name` of a repository, as it is called now. Compared without case, as Gitea does.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

/// Why a text is no repository's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form owner/repository")]
pub struct NotARepoName(String);

impl RepoName {
    /// The name made of `owner` and `name`, which must be Gitea's names: letters, digits, `-`, `_`, `.`.
    pub fn new(owner: &str, name: &str) -> Result<Self, NotARepoName> {
        if is_segment(owner) && is_segment(name) {
            Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
        } else {
            Err(NotARepoName(format!("{owner}/{name}")))
        }
    }

    /// The user or organisation that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Whether `text` can be one segment of a path on the forge: so nothing read from outside
/// can climb out of the path it is put into.
fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl PartialEq for RepoName {
    fn eq(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl std::hash::Hash for RepoName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.to_string().to_ascii_lowercase().hash(state);
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for RepoName {
    type Err = NotARepoName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((owner, name)) => {
                Self::new(owner, name).map_err(|_| NotARepoName(text.to_owned()))
            }
            None => Err(NotARepoName(text.to_owned())),
        }
    }
}

impl TryFrom<String> for RepoName {
    type Error = NotARepoName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RepoName> for String {
    fn from(name: RepoName) -> Self {
        name.to_string()
    }
}

/// An issue or a pull request: Gitea numbers both in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId {
    pub repo: RepoId,
    /// Its number there, as in `#12`.
    pub number: i64,
}

/// A job, `j42`. Its number is never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "j{}", self.0)
    }
}

/// In whose order things happen: in a lane one after the other, lanes beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// What is said and written in a thread.
    Thread(ThreadId),
    /// What is written in a repository, outside its threads: a new issue.
    Repo(RepoId),
    /// What becomes of a job. What is said of it goes through the lane of its thread.
    Job(JobId),
    /// When the report is looked at. What it writes goes through the lanes of its issue and
    /// repository.
    Report,
}

impl Lane {
    pub fn repo(self) -> Option<RepoId> {
        match self {
            Self::Thread(thread) => Some(thread.repo),
            Self::Repo(repo) => Some(repo),
            Self::Job(_) | Self::Report => None,
        }
    }

    pub fn thread(self) -> Option<ThreadId> {
        match self {
            Self::Thread(thread) => Some(thread),
            Self::Repo(_) | Self::Job(_) | Self::Report => None,
        }
    }
}

impl From<ThreadId> for Lane {
    fn from(thread: ThreadId) -> Self {
        Self::Thread(thread)
    }
}

/// What a text that may hold commands is to Gitea, by its global id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A comment; a review's body and an inline comment are comments too.
    Comment(i64),
    /// The body of an issue or a pull request; the id is the global one, not the number.
    Issue(i64),
}

impl Subject {
    /// How effects and logs call it: `c812` for a comment, `i41` for an opened issue.
    pub fn key(self) -> String {
        match self {
            Self::Comment(id) => format!("c{id}"),
            Self::Issue(id) => format!("i{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::ids::*;

    #[test]
    fn a_name_cannot_climb_out_of_its_path() {
        for bad in
            ["", "a", "a/", "/b", "a/b/c", "../x", "a/..", "a/b?c", "a/b#1", "a b/c", "a/b%2f"]
        {
            assert!(bad.parse::<RepoName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_ignore_case() {
        let a: RepoName = "Foundation/Door".parse().expect("a name");
        assert_eq!(a, "foundation/door".parse().expect("a name"));
        assert_eq!(a.to_string(), "Foundation/Door");
    }
}
