//! Dependencies: which issues must be closed before another can be.
//!
//! Known from Gitea 1.20 on. To add one twice, or the reverse of one, is a 500 without a word, as
//! it is to remove one that is not there: read before you write.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, or_default, positive};
use crate::core::model::dependency::Blocker;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};

/// How many entries a page is asked to hold.
const PAGE: usize = 50;

/// A page of fewer entries is the last: no server is set to pages this small. The list has no
/// count, so this saves the read of an empty page behind nearly every list.
const SMALLEST_PAGE: usize = 10;

/// How many pages a list may have.
const MOST_PAGES: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency {
    #[serde(deserialize_with = "or_default")]
    number: i64,
    #[serde(deserialize_with = "or_default")]
    state: String,
    #[serde(deserialize_with = "or_default")]
    repository: DependencyHome,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DependencyHome {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    full_name: String,
}

impl TryFrom<Dependency> for Blocker {
    type Error = MissingField;

    fn try_from(dependency: Dependency) -> Result<Self, MissingField> {
        let home = dependency.repository;
        let repo = RepoId(positive(home.id, "repository.id")?);
        let number = positive(dependency.number, "number")?;
        Ok(Self {
            thread: ThreadId { repo, number },
            repo: home.full_name.parse().map_err(|_| MissingField("repository.full_name"))?,
            open: dependency.state == "open",
        })
    }
}

/// The issue that a dependency leads to.
#[derive(Debug, Serialize)]
struct Meta<'a> {
    owner: &'a str,
    repo: &'a str,
    index: i64,
}

impl Gitea {
    /// What the issue waits for, as far as this account may see it. [`Error::NotFound`] also if
    /// the repository has dependencies switched off.
    pub async fn blockers(&self, repo: &RepoName, number: i64) -> Result<Vec<Blocker>, Error> {
        let mut blockers: Vec<Blocker> = Vec::new();
        for page in 1..=MOST_PAGES {
            let route = route(repo, number).with("page", page).with("limit", PAGE);
            let got: Option<Vec<Dependency>> = self.get(&route).await?.json()?;
            let (got, known) = (got.unwrap_or_default(), blockers.len());
            let is_short = got.len() < SMALLEST_PAGE;
            for blocker in got.into_iter().map(Blocker::try_from) {
                let blocker = blocker?;
                if blockers.iter().all(|other| other.thread != blocker.thread) {
                    blockers.push(blocker);
                }
            }
            if is_short || blockers.len() == known {
                return Ok(blockers);
            }
        }
        Err(Error::TooLarge { limit: MOST_PAGES, unit: "pages" })
    }

    /// Lets an issue wait for `on`, in any repository; `on` must not wait for it already.
    pub async fn add_blocker(
        &self,
        repo: &RepoName,
        number: i64,
        on: (&RepoName, i64),
    ) -> Result<(), Error> {
        self.change_blocker(Method::POST, repo, number, on).await
    }

    /// Lets an issue wait for `on` no longer; it must wait for it now.
    pub async fn remove_blocker(
        &self,
        repo: &RepoName,
        number: i64,
        on: (&RepoName, i64),
    ) -> Result<(), Error> {
        self.change_blocker(Method::DELETE, repo, number, on).await
    }

    /// Gitea answers both ways with 201.
    async fn change_blocker(
        &self,
        method: Method,
        repo: &RepoName,
        number: i64,
        (on, index): (&RepoName, i64),
    ) -> Result<(), Error> {
        let meta = Meta { owner: on.owner(), repo: on.name(), index };
        let answer = self.send(method, &route(repo, number), &meta).await?;
        answer.expect(StatusCode::CREATED).map(drop)
    }
}

fn route(repo: &RepoName, number: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/issues/{index}/dependencies",
        &[&repo.owner(), &repo.name(), &number],
    )
}
