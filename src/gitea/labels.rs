//! Labels of repositories, organisations and issues.

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, WireLabel};
use crate::core::model::ids::RepoName;
use crate::core::model::issue::Label;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewLabel {
    pub name: String,
    /// Its colour, `#rrggbb`.
    pub color: String,
    pub description: String,
    /// Whether an issue holds at most one label of its scope; 1.15 takes no notice.
    pub exclusive: bool,
}

impl Gitea {
    /// The labels of a repository, without those of its organisation.
    pub async fn labels(&self, repo: &RepoName) -> Result<Vec<Label>, Error> {
        labels_of(self.pages(of_repo(repo)).await?)
    }

    /// The labels of an organisation; none if `org` is a person.
    pub async fn org_labels(&self, org: &str) -> Result<Vec<Label>, Error> {
        match self.pages(Route::new("orgs/{org}/labels", &[&org])).await {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            labels => labels_of(labels?),
        }
    }

    /// Makes a label. Gitea makes a second one of the same name as well: look before.
    pub async fn create_label(&self, repo: &RepoName, label: &NewLabel) -> Result<Label, Error> {
        let answer = self.send(Method::POST, &of_repo(repo), label).await?;
        Ok(answer.expect(StatusCode::CREATED)?.json::<WireLabel>()?.try_into()?)
    }

    /// Puts a label on an issue, and gives all that it holds then: an exclusive one has taken
    /// the place of its like. By number, since names work only from 1.22 on and unknown ones
    /// are dropped silently.
    pub async fn add_label(
        &self,
        repo: &RepoName,
        number: i64,
        label: i64,
    ) -> Result<Vec<Label>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/issues/{index}/labels",
            &[&repo.owner(), &repo.name(), &number],
        );
        let answer = self.send(Method::POST, &route, &json!({ "labels": [label] })).await?;
        let labels: Option<Vec<WireLabel>> = answer.expect(StatusCode::OK)?.json()?;
        labels_of(labels.unwrap_or_default())
    }

    /// Takes a label off an issue. A label that does not exist is [`Error::Unprocessable`], since
    /// 1.27 [`Error::NotFound`].
    pub async fn remove_label(
        &self,
        repo: &RepoName,
        number: i64,
        label: i64,
    ) -> Result<(), Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/issues/{index}/labels/{id}",
            &[&repo.owner(), &repo.name(), &number, &label],
        );
        self.delete(&route).await?.expect(StatusCode::NO_CONTENT).map(|_| ())
    }
}

fn of_repo(repo: &RepoName) -> Route {
    Route::new("repos/{owner}/{repo}/labels", &[&repo.owner(), &repo.name()])
}

fn labels_of(labels: Vec<WireLabel>) -> Result<Vec<Label>, Error> {
    Ok(labels.into_iter().map(Label::try_from).collect::<Result<_, MissingField>>()?)
}
