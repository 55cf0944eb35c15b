//! What stands in a file.

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;

impl Gitea {
    /// The bytes of the file `path` at `commit`; none if there is none. Of a file in Git LFS these
    /// are the pointer to it. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it has more than `most` bytes, [`Error::NotAName`] if `path` leads out
    /// of the repository.
    pub async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        commit: &Commit,
        most: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        self.raw(raw(repo, path).with("ref", commit).at_most(most)).await
    }

    /// The same at the head of the default branch.
    ///
    /// # Errors
    /// As [`Gitea::file`].
    pub async fn file_on_default_branch(
        &self,
        repo: &RepoName,
        path: &str,
        most: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        self.raw(raw(repo, path).at_most(most)).await
    }

    async fn raw(&self, route: Route) -> Result<Option<Vec<u8>>, Error> {
        match self.get(&route).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn raw(repo: &RepoName, path: &str) -> Route {
    Route::new("repos/{owner}/{repo}/raw/{path}", &[&repo.owner(), &repo.name(), &path])
}
