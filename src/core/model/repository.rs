//! A repository, and what somebody may do in it.

use serde::{Deserialize, Serialize};

use super::ids::{RepoId, RepoName};

/// A repository, as a payload or an answer of the forge describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    pub id: RepoId,
    /// Its present name.
    pub name: RepoName,
    /// Whether only some may read it. What the forge did not say counts as private.
    pub private: bool,
}

/// What the forge says that an actor may do with a repository's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Permissions {
    #[serde(default)]
    pub admin: bool,
    #[serde(default)]
    pub push: bool,
    #[serde(default)]
    pub pull: bool,
}
