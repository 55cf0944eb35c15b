//! Issues and pull requests, seen as issues.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::answer::Answer;
use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::Issue;
use crate::core::ids::RepoName;
use crate::core::item::Item;

impl Gitea {
    /// The issue or pull request with this number.
    pub async fn issue(&self, repo: &RepoName, number: i64) -> Result<Item, Error> {
        item_in(self.get(&route(repo, number)).await?)
    }

    /// Replaces all assignees; none clears them. Gives the issue as it is then.
    ///
    /// Gitea ignores this silently for an account that may not write: compare the answer. One
    /// who cannot be assigned is a 500 after the former ones were removed, so ask
    /// [`Gitea::assignable`] first. It takes the wish apart into single steps: two at the same
    /// time on one issue mix.
    pub async fn set_assignees(
        &self,
        repo: &RepoName,
        number: i64,
        logins: &[&str],
    ) -> Result<Item, Error> {
        let wish = json!({ "assignees": logins });
        let answer = self.send(Method::PATCH, &route(repo, number), &wish).await?;
        item_in(answer.expect(StatusCode::CREATED)?)
    }
}

fn route(repo: &RepoName, number: i64) -> Route {
    Route::new("repos/{owner}/{repo}/issues/{index}", &[&repo.owner(), &repo.name(), &number])
}

fn item_in(answer: Answer) -> Result<Item, Error> {
    Ok(answer.json::<Issue>()?.try_into()?)
}
