//! Gives a verdict: timmy's own reviews, and those that it gives as an agent's account. A server that
//! fails over one may leave a draft of it behind, to which the next one would be added.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages};
use super::reviews::{dismissals_of, draft, list_of, one};
use super::wire::positive;
use crate::core::effect::{PostedRemark, PostedReview};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
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
    /// What approves is sent as a comment: no rule that demands approvals is satisfied by an agent.
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
            Opinion::ChangesRequested => "REQUEST_CHANGES",
            Opinion::Approved | Opinion::Comment => "COMMENT",
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

    /// Deletes the reviews that `by`, whose token this client has, began and did not give.
    ///
    /// # Errors
    /// As any read, and any write.
    pub async fn drop_drafts(
        &self,
        repo: &RepoName,
        number: i64,
        by: &Account,
    ) -> Result<(), Error> {
        let shape = ListShape { list: pages::plain, entry: draft };
        let mut pages = Pages::new(self, list_of(repo, number), shape);
        let mut drafts = Vec::new();
        while let Some(page) = pages.next().await? {
            let own = page.entries.into_iter().filter(|draft| draft.by.id == by.id);
            drafts.extend(own.map(|draft| draft.review));
        }
        for review in drafts {
            match self.delete_review(repo, number, review).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Says of a review that it counts no more, with a word on why.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to all but administrators of the repository, and whom a rule of the branch
    /// names.
    pub async fn dismiss_review(
        &self,
        repo: &RepoName,
        number: i64,
        review: i64,
        word: &str,
    ) -> Result<(), Error> {
        let says = json!({ "message": word, "priors": false });
        let answer = self.send(Method::POST, &dismissals_of(repo, number, review), &says).await?;
        answer.expect(StatusCode::OK).map(drop)
    }

    /// Deletes a review, and its comments on lines.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to all but its author.
    pub async fn delete_review(
        &self,
        repo: &RepoName,
        number: i64,
        review: i64,
    ) -> Result<(), Error> {
        let answer = self.delete(&one(repo, number, review)).await?;
        answer.expect(StatusCode::NO_CONTENT).map(drop)
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
