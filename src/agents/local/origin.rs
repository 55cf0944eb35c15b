//! Where the clone of an attempt comes from, and where its branch goes.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::agents::handed_in::NotHandedIn;
use crate::agents::task::AgentTask;
use crate::agents::workplace::Workplace;
use crate::confinement::{Bounds, PushEnd, Remote, Repository};
use crate::core::jobs::Commit;
use crate::gitea::{Error, Recovery};

/// What a question to an origin gives in the end.
pub type OriginCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, OriginTrouble>> + Send + 'a>>;

/// The repository of an attempt on the forge: who stands before it knows by which account that is read
/// and written.
pub trait Origin: Send + Sync {
    /// What the attempt's branch is there; none if it is not there.
    fn branch<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Option<Commit>>;

    /// From where it is fetched.
    fn remote<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Remote>;

    /// Pushes what an attempt made as its branch, if that is still what it was.
    fn push<'a>(
        &'a self,
        place: &'a AttemptPlace,
        work: &'a FinishedWork<'a>,
    ) -> OriginCall<'a, PushEnd>;

    /// The number of the pull request of its branch, which is opened with this title and summary if
    /// there is none.
    fn open_pull<'a>(
        &'a self,
        place: &'a AttemptPlace,
        said: (&'a str, &'a str),
    ) -> OriginCall<'a, i64>;
}

/// Which attempt it is, and where it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptPlace {
    key: String,
    pub(super) workplace: Workplace,
    /// Where it is cloned from, without any credentials.
    pub(super) clone_url: String,
}

impl AttemptPlace {
    pub fn of(task: &AgentTask) -> Self {
        let (key, clone_url) = (task.key.clone(), task.clone_url.to_string());
        Self { key, workplace: Workplace::of(task), clone_url }
    }

    pub(super) fn new(key: &str, workplace: &Workplace, clone_url: &str) -> Self {
        let (key, clone_url) = (key.to_owned(), clone_url.to_owned());
        Self { key, workplace: workplace.clone(), clone_url }
    }

    /// How the attempt is called outside.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where it is cloned from, without any credentials.
    pub fn clone_url(&self) -> &str {
        &self.clone_url
    }
}

/// The commits that an attempt made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCommits {
    /// What its branch was when it began; none if it was not there.
    pub was: Option<Commit>,
    /// The commit of the forge's that they follow on.
    pub begin: Commit,
    pub head: Commit,
}

/// What an attempt made, looked at and ready to be pushed.
pub struct FinishedWork<'a> {
    /// Holds all of it, and what it follows on.
    pub repository: &'a Repository,
    /// Its commits alone, as they came out of the sandbox.
    pub bundle: &'a Path,
    pub commits: NewCommits,
    /// Its title and its summary.
    pub said: (&'a str, &'a str),
    /// How much pushing may take.
    pub bounds: Bounds,
}

/// Why the origin did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginTrouble {
    /// It will not do it later, either.
    #[error("{0}")]
    Refused(String),
    /// It may do it later.
    #[error("{0}")]
    NotNow(String),
}

impl From<Error> for OriginTrouble {
    fn from(error: Error) -> Self {
        let why = error.to_string();
        if error.heals() == Recovery::Never { Self::Refused(why) } else { Self::NotNow(why) }
    }
}

impl From<NotHandedIn> for OriginTrouble {
    fn from(trouble: NotHandedIn) -> Self {
        let why = trouble.to_string();
        match trouble {
            NotHandedIn::Failed(_) => Self::NotNow(why),
            NotHandedIn::BranchMoved | NotHandedIn::Refused(_) => Self::Refused(why),
        }
    }
}
