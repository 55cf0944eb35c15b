//! Pull requests.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::{MissingField, WireRepository, WireTime, WireUser, or_default, positive};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;

/// A pull request, as far as a job is judged by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    pub number: i64,
    /// None for a deleted user.
    pub author: Option<Account>,
    pub title: String,
    /// Its description.
    pub body: String,
    pub state: PullState,
    pub is_draft: bool,
    /// The branch that it asks to be merged, and where that stands.
    pub head_branch: String,
    pub head: Commit,
    /// The repository of that branch; none if it is gone, or not visible.
    pub head_repo: Option<Repo>,
    /// The branch that it asks to be merged into, and where that stood when the forge last looked.
    pub base_branch: String,
    pub base: Option<Commit>,
    /// The repository of that one.
    pub base_repo: RepoId,
    /// Where the two branches part.
    pub merge_base: Option<Commit>,
    /// Whether it can be merged without conflict; false too while the forge still looks.
    pub is_mergeable: bool,
    /// Whether who may write to the base may push to its branch, if that is in a fork.
    pub allows_maintainers: bool,
    pub created_at: Timestamp,
    /// When it was merged, if it was and the forge says when.
    pub merged_at: Option<Timestamp>,
}

/// What became of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullState {
    Open,
    /// Without being merged.
    Closed,
    /// What the merge made; none where the forge does not say.
    Merged {
        commit: Option<Commit>,
        by: Option<Account>,
    },
}

/// A pull request to be opened, within one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPullRequest {
    pub title: String,
    pub body: String,
    /// The branch with the work.
    pub head: String,
    pub base: String,
}

impl PullRequest {
    /// Who merged it, if it was merged and the forge says by whom.
    pub fn merged_by(&self) -> Option<&Account> {
        match &self.state {
            PullState::Merged { by, .. } => by.as_ref(),
            PullState::Open | PullState::Closed => None,
        }
    }

    /// Whether its branch lies in another repository than its base, or nobody knows where.
    pub fn is_from_fork(&self) -> bool {
        self.head_repo.as_ref().is_none_or(|repo| repo.id != self.base_repo)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePull {
    #[serde(deserialize_with = "or_default")]
    number: i64,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    title: String,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    state: String,
    draft: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    mergeable: bool,
    #[serde(deserialize_with = "or_default")]
    merged: bool,
    merge_commit_sha: Option<String>,
    merged_by: Option<WireUser>,
    merged_at: WireTime,
    #[serde(deserialize_with = "or_default")]
    allow_maintainer_edit: bool,
    #[serde(deserialize_with = "or_default")]
    base: WireEnd,
    #[serde(deserialize_with = "or_default")]
    head: WireEnd,
    merge_base: Option<String>,
    created_at: WireTime,
    updated_at: WireTime,
}

/// One of the two branches.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEnd {
    #[serde(rename = "ref", deserialize_with = "or_default")]
    branch: String,
    #[serde(deserialize_with = "or_default")]
    sha: String,
    #[serde(deserialize_with = "or_default")]
    repo_id: i64,
    repo: Option<WireRepository>,
}

impl TryFrom<WirePull> for PullRequest {
    type Error = MissingField;

    fn try_from(pull: WirePull) -> Result<Self, MissingField> {
        let commit = |sha: Option<String>| sha.and_then(|sha| Commit::try_from(sha).ok());
        let state = match (pull.merged, pull.state.as_str()) {
            (true, _) => PullState::Merged {
                commit: commit(pull.merge_commit_sha),
                by: pull.merged_by.and_then(WireUser::account),
            },
            (false, "open") => PullState::Open,
            (false, _) => PullState::Closed,
        };
        Ok(Self {
            number: positive(pull.number, "number")?,
            author: pull.user.and_then(WireUser::present),
            is_draft: pull.draft.unwrap_or_else(|| is_called_draft(&pull.title)),
            title: pull.title,
            body: pull.body,
            state,
            head_branch: pull.head.branch,
            head: pull.head.sha.try_into().map_err(|_| MissingField("head.sha"))?,
            head_repo: pull.head.repo.and_then(|repo| repo.try_into().ok()),
            base_branch: pull.base.branch,
            base: commit(Some(pull.base.sha)),
            base_repo: RepoId(positive(pull.base.repo_id, "base.repo_id")?),
            merge_base: commit(pull.merge_base),
            is_mergeable: pull.mergeable,
            allows_maintainers: pull.allow_maintainer_edit,
            created_at: pull.created_at.or(pull.updated_at, "created_at")?,
            merged_at: pull.merged_at.given().filter(|_| pull.merged),
        })
    }
}

/// So older servers tell a draft: by its title alone.
fn is_called_draft(title: &str) -> bool {
    let begins =
        |mark: &str| title.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
    begins("WIP:") || begins("[WIP]")
}

impl Gitea {
    /// The pull request with this number; none if there is none. Needs the scope
    /// `read:repository`.
    pub async fn pull(&self, repo: &RepoName, number: i64) -> Result<Option<PullRequest>, Error> {
        found(self.get(&one(repo, number)).await)
    }

    /// The pull request that asks to merge the branch `head` of this repository into `base`; none if
    /// there never was one. Of several, one after the other, this is the oldest.
    pub async fn pull_of_branches(
        &self,
        repo: &RepoName,
        base: &str,
        head: &str,
    ) -> Result<Option<PullRequest>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/pulls/{base}/{head}",
            &[&repo.owner(), &repo.name(), &base, &head],
        );
        found(self.get(&route).await)
    }

    /// The open pull requests there, those that moved last first.
    pub fn open_pulls(&self, repo: &RepoName) -> Pages<'_, PullRequest> {
        let route = list(repo).with("state", "open").with("sort", "recentupdate");
        let shape = ListShape { list: pages::plain, entry: pages::entry::<WirePull, PullRequest> };
        Pages::new(self, route, shape)
    }

    /// Those there that are closed, merged or not, and moved last: as many as one page shows.
    pub async fn closed_lately(&self, repo: &RepoName) -> Result<Vec<PullRequest>, Error> {
        let route = list(repo).with("state", "closed").with("sort", "recentupdate");
        let shape = ListShape { list: pages::plain, entry: pages::entry::<WirePull, PullRequest> };
        let page = Pages::new(self, route, shape).next().await?;
        Ok(page.map(|page| page.entries).unwrap_or_default())
    }

    /// The open pull requests of the branch `head` of this repository, whatever they are to be
    /// merged into: among the hundred that moved last.
    pub async fn open_pulls_of(
        &self,
        repo: &RepoName,
        head: &str,
    ) -> Result<Vec<PullRequest>, Error> {
        const MOST_PAGES: usize = 2;
        let mut list = self.open_pulls(repo);
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(page) = list.next().await? else { break };
            let of_branch = |pull: &PullRequest| pull.head_branch == head && !pull.is_from_fork();
            found.extend(page.entries.into_iter().filter(of_branch));
        }
        Ok(found)
    }

    /// The numbers of all open pull requests of these branches of this repository, whatever they
    /// are to be merged into: the whole list is read.
    pub async fn all_open_pulls_of(
        &self,
        repo: &RepoName,
        heads: &[String],
    ) -> Result<Vec<i64>, Error> {
        let open = self.open_pulls(repo).all().await?;
        let is_of_one =
            |pull: &PullRequest| heads.contains(&pull.head_branch) && !pull.is_from_fork();
        let mut found: Vec<i64> =
            open.entries.into_iter().filter(is_of_one).map(|pull| pull.number).collect();
        // What moved while it was read is in it twice.
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Opens a pull request as the account that asks. Needs the scope `write:repository`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is an open one of these branches, [`Error::Unprocessable`] if
    /// there is nothing between them.
    pub async fn create_pull(
        &self,
        repo: &RepoName,
        new: &NewPullRequest,
    ) -> Result<PullRequest, Error> {
        let NewPullRequest { title, body, head, base } = new;
        let body = json!({ "title": title, "body": body, "head": head, "base": base });
        let answer = self.send(Method::POST, &list(repo), &body).await?;
        pull_in(&answer.expect(StatusCode::CREATED)?)
    }

    /// Closes a pull request without merging it.
    pub async fn close_pull(&self, repo: &RepoName, number: i64) -> Result<(), Error> {
        let body = json!({ "state": "closed" });
        let answer = self.send(Method::PATCH, &one(repo, number), &body).await?;
        answer.expect(StatusCode::CREATED).map(drop)
    }
}

fn list(repo: &RepoName) -> Route {
    Route::new("repos/{owner}/{repo}/pulls", &[&repo.owner(), &repo.name()])
}

fn one(repo: &RepoName, number: i64) -> Route {
    Route::new("repos/{owner}/{repo}/pulls/{index}", &[&repo.owner(), &repo.name(), &number])
}

fn found(answer: Result<ForgeAnswer, Error>) -> Result<Option<PullRequest>, Error> {
    match answer {
        Ok(answer) => pull_in(&answer).map(Some),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn pull_in(answer: &ForgeAnswer) -> Result<PullRequest, Error> {
    Ok(answer.json::<WirePull>()?.try_into()?)
}
