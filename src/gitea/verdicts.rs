//! Gives a verdict: timmy's own reviews.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::reviews::list_of;
use super::wire::positive;
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;

impl Gitea {
    /// Approves a pull request as it is at `commit`; the review's number. Needs the scope
    /// `write:repository`.
    ///
    /// # Errors
    /// [`Error::Unprocessable`] of an own pull request, [`Error::Server`] if the pull request does
    /// not hold that commit.
    pub async fn approve(
        &self,
        repo: &RepoName,
        number: i64,
        commit: &Commit,
        body: &str,
    ) -> Result<i64, Error> {
        #[derive(Deserialize)]
        struct Given {
            id: i64,
        }
        let review = json!({ "event": "APPROVED", "commit_id": commit, "body": body });
        let answer = self.send(Method::POST, &list_of(repo, number), &review).await?;
        let Given { id } = answer.expect(StatusCode::OK)?.json()?;
        Ok(positive(id, "id")?)
    }
}
