//! Files that are changed without a clone: several at once, as one commit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, or_default};
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The branch that it goes to, or begins at if there is a new one.
    pub branch: String,
    /// The branch that is made for it; it must not exist.
    pub new_branch: Option<String>,
    pub message: String,
    /// At least one.
    pub changes: Vec<FileChange>,
}

/// What becomes of one file. `sha` is [what the forge calls](super::TreeEntry::sha) the version that
/// is changed: if it is another one by now, nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    Create { path: String, content: Vec<u8> },
    Update { path: String, content: Vec<u8>, sha: String },
    Delete { path: String, sha: String },
}

impl FileChange {
    fn path(&self) -> &str {
        match self {
            Self::Create { path, .. } | Self::Update { path, .. } | Self::Delete { path, .. } => {
                path
            }
        }
    }

    fn operation(&self) -> Value {
        match self {
            Self::Create { path, content } => {
                let content = STANDARD.encode(content);
                json!({ "operation": "create", "path": path, "content": content })
            }
            Self::Update { path, content, sha } => {
                let content = STANDARD.encode(content);
                json!({ "operation": "update", "path": path, "content": content, "sha": sha })
            }
            Self::Delete { path, sha } => {
                json!({ "operation": "delete", "path": path, "sha": sha })
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireMade {
    commit: Option<WireMadeCommit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireMadeCommit {
    #[serde(deserialize_with = "or_default")]
    sha: String,
}

impl Gitea {
    /// Makes one commit of all these changes, by the account that asks. Needs the scope
    /// `write:repository`.
    ///
    /// # Errors
    /// [`Error::Unprocessable`] or [`Error::Conflict`] if a file or the branch is not as the changes
    /// take it to be, [`Error::NotAName`] if a path leads out of the repository or into git's own
    /// folder: then nothing was changed.
    pub async fn commit_files(&self, repo: &RepoName, new: &NewCommit) -> Result<Commit, Error> {
        let paths = || new.changes.iter().map(FileChange::path);
        if let Some(path) = paths().find(|path| !is_inside(path)) {
            return Err(Error::NotAName(path.to_owned()));
        }
        let route = Route::new("repos/{owner}/{repo}/contents", &[&repo.owner(), &repo.name()]);
        let files: Vec<Value> = new.changes.iter().map(FileChange::operation).collect();
        let mut body = json!({ "branch": new.branch, "message": new.message, "files": files });
        if let Some(new_branch) = &new.new_branch {
            body["new_branch"] = json!(new_branch);
        }
        let answer = self.send(Method::POST, &route, &body).await?.expect(StatusCode::CREATED)?;
        let made = answer.json::<WireMade>()?.commit.unwrap_or_default();
        Ok(made.sha.try_into().map_err(|_| MissingField("commit.sha"))?)
    }
}

/// Whether `path` names a file of the work tree: Gitea itself fails at others with a 500.
fn is_inside(path: &str) -> bool {
    let is_name =
        |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
    path.split('/').all(is_name)
}
