//! Dependencies: which issues must be closed before another can be.
//!
//! Known from Gitea 1.20 on. To add one twice, or the reverse of one, is a 500 without a word, as
//! it is to remove one that is not there: read before you write. What stands in a repository that
//! the account may not read is listed without number and repository, with the title `HIDDEN` or
//! none; servers before 1.21.4 do so with all but the first of another repository, whoever asks.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, or_default, positive};
use crate::core::model::dependency::{Blocker, WaitsFor};
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
            open: dependency.state != "closed",
        })
    }
}

fn blocker(entry: &RawValue) -> Option<Blocker> {
    serde_json::from_str::<Dependency>(entry.get()).ok()?.try_into().ok()
}

/// The issue that a dependency leads to.
#[derive(Debug, Serialize)]
struct Meta<'a> {
    owner: &'a str,
    repo: &'a str,
    index: i64,
}

impl Gitea {
    /// What the issue waits for; an entry that cannot be understood is one that cannot be seen.
    /// [`Error::NotFound`] also if the repository has dependencies switched off.
    pub async fn blockers(&self, repo: &RepoName, number: i64) -> Result<WaitsFor<Blocker>, Error> {
        let mut waits: WaitsFor<Blocker> = WaitsFor::default();
        let mut before = Vec::new();
        for page in 1..=MOST_PAGES {
            let route = route(repo, number).with("page", page).with("limit", PAGE);
            let answer = self.get(&route).await?;
            let entries = answer.json::<Option<Vec<Box<RawValue>>>>()?.unwrap_or_default();
            for entry in &entries {
                match blocker(entry) {
                    Some(blocker) if waits.seen.iter().any(|b| b.thread == blocker.thread) => {}
                    Some(blocker) => waits.seen.push(blocker),
                    None => waits.unseen = true,
                }
            }
            // A server that takes no notice of `page` gives the same again.
            if entries.len() < SMALLEST_PAGE || answer.body == before {
                return Ok(waits);
            }
            before = answer.body;
        }
        Ok(WaitsFor { unseen: true, ..waits })
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
