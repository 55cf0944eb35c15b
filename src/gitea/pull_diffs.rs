//! What a pull request changes.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Page, Pages};
use super::route::Route;
use super::wire::{MissingField, or_default};
use crate::core::model::ids::RepoName;

/// A file that a pull request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: String,
    pub fate: FileFate,
    pub additions: u64,
    pub deletions: u64,
}

impl ChangedFile {
    /// The names under which something changed: of a file that was moved both.
    pub fn changed_paths(&self) -> impl Iterator<Item = &str> {
        let before = match &self.fate {
            FileFate::Renamed(before) => Some(before.as_str()),
            FileFate::Added | FileFate::Changed | FileFate::Deleted | FileFate::Other => None,
        };
        before.into_iter().chain([self.path.as_str()])
    }
}

/// What becomes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFate {
    Added,
    Changed,
    Deleted,
    /// From this path, with or without a change of its own.
    Renamed(String),
    /// Something that is not known.
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireChangedFile {
    #[serde(deserialize_with = "or_default")]
    filename: String,
    #[serde(deserialize_with = "or_default")]
    previous_filename: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    additions: u64,
    #[serde(deserialize_with = "or_default")]
    deletions: u64,
}

impl TryFrom<WireChangedFile> for ChangedFile {
    type Error = MissingField;

    fn try_from(file: WireChangedFile) -> Result<Self, MissingField> {
        if file.filename.is_empty() {
            return Err(MissingField("filename"));
        }
        let fate = match file.status.as_str() {
            "added" => FileFate::Added,
            "changed" | "modified" => FileFate::Changed,
            "deleted" | "removed" => FileFate::Deleted,
            "renamed" => FileFate::Renamed(file.previous_filename),
            _ => FileFate::Other,
        };
        let WireChangedFile { filename: path, additions, deletions, .. } = file;
        Ok(Self { path, fate, additions, deletions })
    }
}

impl Gitea {
    /// The files that a pull request changes. Needs the scope `read:repository`.
    pub async fn pull_files(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Page<ChangedFile>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/pulls/{index}/files",
            &[&repo.owner(), &repo.name(), &number],
        );
        let shape =
            ListShape { list: pages::plain, entry: pages::entry::<WireChangedFile, ChangedFile> };
        Pages::new(self, route, shape).all().await
    }

    /// The diff of a pull request, as git writes it. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it has more than `most` bytes.
    pub async fn pull_diff(
        &self,
        repo: &RepoName,
        number: i64,
        most: usize,
    ) -> Result<Vec<u8>, Error> {
        let file = format!("{number}.diff");
        let route = Route::new(
            "repos/{owner}/{repo}/pulls/{index.diff}",
            &[&repo.owner(), &repo.name(), &file],
        );
        Ok(self.get(&route.at_most(most)).await?.body)
    }
}
