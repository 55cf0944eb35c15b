//! Gives a verdict: timmy's own reviews, and those that it gives as an agent's account.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Gitea;
use super::error::Error;
use super::reviews::list_of;
use super::wire::positive;
use crate::core::effect::{PostedRemark, PostedReview};
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;
use crate::core::model::verdict::Opinion;

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
        let review = json!({ "event": "APPROVED", "commit_id": commit, "body": body });
        self.give(repo, number, &review).await
    }

    /// Reviews a pull request as it is at `commit`, with comments on lines; the review's number. Needs
    /// the scope `write:repository`.
    ///
    /// # Errors
    /// As [`Self::approve`]; of an own pull request only where it says more than a comment.
    pub async fn review(
        &self,
        repo: &RepoName,
        number: i64,
        review: &PostedReview,
        body: &str,
    ) -> Result<i64, Error> {
        let PostedReview { commit, opinion, remarks } = review;
        let event = match opinion {
            Opinion::Approved => "APPROVED",
            Opinion::ChangesRequested => "REQUEST_CHANGES",
            Opinion::Comment => "COMMENT",
        };
        let remarks: Vec<Value> = remarks
            .iter()
            .map(|PostedRemark { path, line, text }| {
                json!({ "path": path, "new_position": line, "body": text })
            })
            .collect();
        let review =
            json!({ "event": event, "commit_id": commit, "body": body, "comments": remarks });
        self.give(repo, number, &review).await
    }

    async fn give(&self, repo: &RepoName, number: i64, review: &Value) -> Result<i64, Error> {
        #[derive(Deserialize)]
        struct Given {
            id: i64,
        }
        let answer = self.send(Method::POST, &list_of(repo, number), review).await?;
        let Given { id } = answer.expect(StatusCode::OK)?.json()?;
        Ok(positive(id, "id")?)
    }
}
