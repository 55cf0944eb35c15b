//! The search over all issues and pull requests of an account.

use serde::Deserialize;

use super::client::Gitea;
use super::pages::{self, Pages, Shape};
use super::route::Route;
use super::wire::{Issue, Missing, author, or_default, positive};
use crate::core::heard::{Moved, Seen};
use crate::core::ids::{RepoId, Subject};
use crate::core::time::Timestamp;

impl Gitea {
    /// The issues and pull requests of `owner`, open and closed, that moved at `since` or later,
    /// the newest first. Comments and reviews move a thread, edits of them and reactions do not.
    ///
    /// An owner that is not there is [`super::Error::Unprocessable`]. Gitea 1.15 does not know `owner`
    /// and gives the threads of all: look at [`Moved::name`].
    pub fn moved(&self, owner: &str, since: Timestamp) -> Pages<'_, Moved> {
        let route = Route::new("repos/issues/search", &[])
            .with("owner", owner)
            .with("state", "all")
            .with("since", since);
        Pages::new(self, route, Shape { list: pages::plain, entry: pages::entry::<Found, Moved> })
    }
}

/// An issue with its repository, as only the search shows it.
#[derive(Deserialize)]
struct Found {
    #[serde(flatten)]
    issue: Issue,
    #[serde(default)]
    repository: Home,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Home {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    full_name: String,
}

impl TryFrom<Found> for Moved {
    type Error = Missing;

    fn try_from(Found { issue, repository }: Found) -> Result<Self, Missing> {
        let migrated = issue.is_migrated();
        Ok(Self {
            repo: RepoId(positive(repository.id, "repository.id")?),
            name: repository.full_name.parse().map_err(|_| Missing("repository.full_name"))?,
            text: Seen {
                subject: Subject::Issue(positive(issue.id, "id")?),
                number: positive(issue.number, "number")?,
                is_pull: issue.pull_request.is_some(),
                author: author(issue.user, migrated),
                migrated,
                body: issue.body,
                created_at: issue.created_at.or(issue.updated_at, "created_at")?,
                updated_at: issue.updated_at.or(issue.created_at, "updated_at")?,
            },
        })
    }
}
