//! Issues and pull requests, seen as issues.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::extra::Extra;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::WireIssue;
use crate::core::model::ids::RepoName;
use crate::core::model::issue::Issue;

impl Gitea {
    /// The issue or pull request with this number.
    pub async fn issue(&self, repo: &RepoName, number: i64) -> Result<Issue, Error> {
        item_in(self.get(&issue_route(repo, number)).await?)
    }

    /// Whether the issues there, or else the `pulls`, are shown to this account: not if they are
    /// switched off.
    pub async fn shows(&self, repo: &RepoName, pulls: bool) -> Result<bool, Error> {
        let kind = if pulls { "pulls" } else { "issues" };
        match self.get(&list(repo).with("type", kind).with("limit", 1)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Assigns these people as well ([`Extra::Assignees`]). Who is assigned already stays so.
    ///
    /// # Errors
    /// [`Error::Forbidden`] also if one of them cannot be assigned, [`Error::Unprocessable`] if
    /// there is no such account: then nobody was.
    ///
    /// [`Extra::Assignees`]: super::extra::Extra::Assignees
    pub async fn add_assignees(
        &self,
        repo: &RepoName,
        number: i64,
        logins: &[&str],
    ) -> Result<(), Error> {
        self.change_assignees(Method::POST, repo, number, logins, StatusCode::CREATED).await
    }

    /// Assigns these people no longer ([`Extra::Assignees`]). The others stay.
    ///
    /// [`Extra::Assignees`]: super::extra::Extra::Assignees
    pub async fn remove_assignees(
        &self,
        repo: &RepoName,
        number: i64,
        logins: &[&str],
    ) -> Result<(), Error> {
        self.change_assignees(Method::DELETE, repo, number, logins, StatusCode::OK).await
    }

    async fn change_assignees(
        &self,
        method: Method,
        repo: &RepoName,
        number: i64,
        logins: &[&str],
        done: StatusCode,
    ) -> Result<(), Error> {
        let (route, body) = (assignees(repo, number), json!({ "assignees": logins }));
        self.send(method, &route, &body).await?.expect(done).map(drop)
    }

    /// Whether the account `login` can be assigned there ([`Extra::Assignable`]).
    ///
    /// [`Extra::Assignable`]: super::extra::Extra::Assignable
    pub async fn can_be_assigned(
        &self,
        repo: &RepoName,
        number: i64,
        login: &str,
    ) -> Result<bool, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/issues/{index}/assignees/{assignee}",
            &[&repo.owner(), &repo.name(), &number, &login],
        );
        match self.exists(&route).await {
            // So Gitea answers for an organisation.
            Err(Error::Unprocessable { status: 400, .. }) => Ok(false),
            outcome => outcome,
        }
    }

    /// Replaces all assignees; none clears them. Gives the issue as it is then.
    ///
    /// Gitea ignores this silently for an account that may not write: compare the answer. One
    /// who cannot be assigned is a 500, before 1.27 after the former ones were removed, so ask
    /// [`Gitea::assignable`] first. It takes the request apart into single steps: two at the same
    /// time on one issue mix.
    pub async fn set_assignees(
        &self,
        repo: &RepoName,
        number: i64,
        logins: &[&str],
    ) -> Result<Issue, Error> {
        let body = json!({ "assignees": logins });
        let answer = self.send(Method::PATCH, &issue_route(repo, number), &body).await?;
        item_in(answer.expect(StatusCode::CREATED)?)
    }

    /// Has somebody assigned, or not; everybody else stays as they are, as far as the forge can do that.
    ///
    /// # Errors
    /// As [`Gitea::add_assignees`]; [`Error::Forbidden`] also if nothing came of it.
    pub async fn set_assigned(
        &self,
        repo: &RepoName,
        number: i64,
        (login, is_assigned): (&str, bool),
    ) -> Result<(), Error> {
        let present = self.issue(repo, number).await?.assignees;
        if present.iter().any(|account| account.is(login)) == is_assigned {
            return Ok(());
        }
        if self.has(Extra::Assignees).await? {
            return match is_assigned {
                true => self.add_assignees(repo, number, &[login]).await,
                false => self.remove_assignees(repo, number, &[login]).await,
            };
        }
        let others = present.iter().map(|account| account.login.as_str());
        let others = others.filter(|other| !other.eq_ignore_ascii_case(login));
        let wanted: Vec<&str> = others.chain(is_assigned.then_some(login)).collect();
        let then = self.set_assignees(repo, number, &wanted).await?;
        match then.assignees.iter().any(|account| account.is(login)) == is_assigned {
            true => Ok(()),
            false => {
                let message = "my account may not change assignees".to_owned();
                Err(Error::Forbidden { message })
            }
        }
    }

    /// The issues there, open and closed, that the account `login` opened.
    pub async fn issues_by(&self, repo: &RepoName, login: &str) -> Result<Vec<Issue>, Error> {
        let route =
            list(repo).with("state", "all").with("type", "issues").with("created_by", login);
        let issues: Vec<WireIssue> = self.pages(route).await?;
        Ok(issues.into_iter().map(Issue::try_from).collect::<Result<_, _>>()?)
    }

    /// The issues there, open and closed, the newest first.
    pub fn all_issues(&self, repo: &RepoName) -> Pages<'_, Issue> {
        let route = list(repo).with("state", "all").with("type", "issues");
        let shape = ListShape { list: pages::plain, entry: pages::entry::<WireIssue, Issue> };
        Pages::new(self, route, shape)
    }

    /// Opens an issue with these labels, by their numbers. Anything but 201 is an error. Gitea leaves
    /// them out silently for an account that may not write.
    pub async fn open_labelled_issue(
        &self,
        repo: &RepoName,
        (title, body): (&str, &str),
        labels: &[i64],
    ) -> Result<Issue, Error> {
        let body = json!({ "title": title, "body": body, "labels": labels });
        let answer = self.send(Method::POST, &list(repo), &body).await?;
        item_in(answer.expect(StatusCode::CREATED)?)
    }

    /// Opens an issue. Anything but 201 is an error: a redirected POST gives a list and 200.
    pub async fn open_issue(
        &self,
        repo: &RepoName,
        title: &str,
        body: &str,
    ) -> Result<Issue, Error> {
        let body = json!({ "title": title, "body": body });
        let answer = self.send(Method::POST, &list(repo), &body).await?;
        item_in(answer.expect(StatusCode::CREATED)?)
    }

    /// Closes an issue, or opens it again.
    pub async fn set_open(&self, repo: &RepoName, number: i64, open: bool) -> Result<(), Error> {
        let body = json!({ "state": if open { "open" } else { "closed" } });
        let answer = self.send(Method::PATCH, &issue_route(repo, number), &body).await?;
        answer.expect(StatusCode::CREATED).map(drop)
    }

    /// Pins an issue; one that is pinned already stays so. Takes an administrator of the
    /// repository, and a place among the three that it has for pins (400 without).
    pub async fn pin(&self, repo: &RepoName, number: i64) -> Result<(), Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/issues/{index}/pin",
            &[&repo.owner(), &repo.name(), &number],
        );
        let answer = self.send(Method::POST, &route, &json!({})).await?;
        answer.expect(StatusCode::NO_CONTENT).map(drop)
    }
}

pub(super) fn issue_route(repo: &RepoName, number: i64) -> Route {
    Route::new("repos/{owner}/{repo}/issues/{index}", &[&repo.owner(), &repo.name(), &number])
}

fn assignees(repo: &RepoName, number: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/issues/{index}/assignees",
        &[&repo.owner(), &repo.name(), &number],
    )
}

fn list(repo: &RepoName) -> Route {
    Route::new("repos/{owner}/{repo}/issues", &[&repo.owner(), &repo.name()])
}

fn item_in(answer: ForgeAnswer) -> Result<Issue, Error> {
    Ok(answer.json::<WireIssue>()?.try_into()?)
}
