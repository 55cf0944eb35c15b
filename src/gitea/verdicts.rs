//! Verdicts of reviews: what others gave, and timmy's own.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages, UnusableEntry};
use super::route::Route;
use super::wire::{MissingField, WireTime, WireUser, or_default, positive};
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;
use crate::core::model::verdict::{GivenReview, Opinion};

impl Gitea {
    /// The reviews that were given to a pull request, the oldest first. Needs the scope
    /// `read:repository`.
    pub async fn given_reviews(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Vec<GivenReview>, Error> {
        let shape = ListShape { list: pages::plain, entry: given };
        Ok(Pages::new(self, list(repo, number), shape).all().await?.entries)
    }

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
        let answer = self.send(Method::POST, &list(repo, number), &review).await?;
        let WireVerdict { id, .. } = answer.expect(StatusCode::OK)?.json()?;
        Ok(positive(id, "id")?)
    }
}

fn list(repo: &RepoName, number: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/pulls/{index}/reviews",
        &[&repo.owner(), &repo.name(), &number],
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireVerdict {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    state: String,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    commit_id: String,
    #[serde(deserialize_with = "or_default")]
    dismissed: bool,
    #[serde(deserialize_with = "or_default")]
    official: bool,
    #[serde(deserialize_with = "or_default")]
    comments_count: i64,
    submitted_at: WireTime,
}

/// Drafts and requests for a review are none.
fn given(json: &RawValue) -> Result<Option<GivenReview>, UnusableEntry> {
    let review: WireVerdict = serde_json::from_str(json.get())?;
    match review.state.as_str() {
        "PENDING" | "REQUEST_REVIEW" => Ok(None),
        _ => Ok(Some(review.try_into()?)),
    }
}

impl TryFrom<WireVerdict> for GivenReview {
    type Error = MissingField;

    fn try_from(review: WireVerdict) -> Result<Self, MissingField> {
        Ok(Self {
            id: positive(review.id, "id")?,
            by: review.user.and_then(WireUser::account),
            opinion: match review.state.as_str() {
                "APPROVED" => Opinion::Approved,
                "REQUEST_CHANGES" => Opinion::ChangesRequested,
                _ => Opinion::Comment,
            },
            commit: review.commit_id,
            is_dismissed: review.dismissed,
            is_official: review.official,
            body: review.body,
            comments: review.comments_count,
            given_at: review.submitted_at.given(),
        })
    }
}
