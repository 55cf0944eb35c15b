//! What files a commit has.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::or_default;
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;

/// How many entries are asked for at once: as many as Gitea gives by default.
const PAGE: usize = 1000;

/// A file, a folder or something that is neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// From the root of the repository on, with `/`.
    pub path: String,
    pub kind: EntryKind,
    /// The number of bytes of a file.
    pub size: u64,
    /// What the forge calls this version of it: a change has to name it.
    pub sha: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    File,
    /// A file that can be run.
    Program,
    Folder,
    /// A symbolic link: its content is where it leads.
    Link,
    /// Another repository.
    Submodule,
}

/// The entries of a commit, in git's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub entries: Vec<TreeEntry>,
    /// Whether there are more than were read.
    pub is_truncated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTree {
    #[serde(deserialize_with = "or_default")]
    tree: Vec<WireEntry>,
    #[serde(deserialize_with = "or_default")]
    truncated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEntry {
    #[serde(deserialize_with = "or_default")]
    path: String,
    #[serde(deserialize_with = "or_default")]
    mode: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    size: u64,
    #[serde(deserialize_with = "or_default")]
    sha: String,
}

impl WireEntry {
    /// None if it is nothing that is known.
    fn entry(self) -> Option<TreeEntry> {
        let kind = match (self.kind.as_str(), self.mode.as_str()) {
            ("tree", _) => EntryKind::Folder,
            ("commit", _) => EntryKind::Submodule,
            ("blob", "120000") => EntryKind::Link,
            ("blob", "100755") => EntryKind::Program,
            ("blob", _) => EntryKind::File,
            _ => return None,
        };
        let Self { path, size, sha, .. } = self;
        (!path.is_empty()).then_some(TreeEntry { path, kind, size, sha })
    }
}

impl Gitea {
    /// All that `commit` has, folders and what is in them, up to `most` entries; none if there is no
    /// such commit. Needs the scope `read:repository`.
    pub async fn tree(
        &self,
        repo: &RepoName,
        commit: &Commit,
        most: usize,
    ) -> Result<Option<Tree>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/git/trees/{sha}",
            &[&repo.owner(), &repo.name(), commit],
        );
        let route = route.with("recursive", true).with("per_page", PAGE);
        let mut entries = Vec::new();
        for page in 1.. {
            let found: WireTree = match self.get(&route.clone().with("page", page)).await {
                Ok(answer) => answer.json()?,
                // So Gitea answers for a commit that is not there.
                Err(Error::NotFound { .. } | Error::Unprocessable { status: 400, .. }) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            let is_last = !found.truncated || found.tree.is_empty();
            entries.extend(found.tree.into_iter().filter_map(WireEntry::entry));
            if is_last || entries.len() >= most {
                let is_truncated = !is_last || entries.len() > most;
                entries.truncate(most);
                return Ok(Some(Tree { entries, is_truncated }));
            }
        }
        Ok(None)
    }
}
