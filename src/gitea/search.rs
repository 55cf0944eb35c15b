//! The search over all issues and pull requests of an account.

use serde::Deserialize;

use super::client::Gitea;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::{MissingField, WireIssue, or_default, positive};
use crate::core::model::ids::{RepoId, Subject};
use crate::core::model::issue::{Issue, ListedIssue};
use crate::core::model::text::{ListedText, PostedText, UpdatedThread};
use crate::core::model::time::Timestamp;

impl Gitea {
    /// The issues and pull requests of `owner`, open and closed, that moved at `since` or later,
    /// the newest first. Comments and reviews move a thread, edits of them and reactions do not.
    ///
    /// An owner that is not there is [`super::Error::Unprocessable`]. Gitea 1.15 does not know `owner`
    /// and gives the threads of all: look at [`UpdatedThread::name`].
    pub fn moved(&self, owner: &str, since: Timestamp) -> Pages<'_, UpdatedThread> {
        let route = Route::new("repos/issues/search", &[])
            .with("owner", owner)
            .with("state", "all")
            .with("since", since);
        Pages::new(
            self,
            route,
            ListShape { list: pages::plain, entry: pages::entry::<FoundIssue, UpdatedThread> },
        )
    }
}

/// An issue with its repository, as only the search shows it.
#[derive(Deserialize)]
pub(super) struct FoundIssue {
    #[serde(flatten)]
    issue: WireIssue,
    #[serde(default)]
    repository: SearchHome,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SearchHome {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    full_name: String,
}

impl TryFrom<FoundIssue> for ListedIssue {
    type Error = MissingField;

    fn try_from(FoundIssue { issue, repository }: FoundIssue) -> Result<Self, MissingField> {
        Ok(Self {
            repo: RepoId(positive(repository.id, "repository.id")?),
            name: repository.full_name.parse().map_err(|_| MissingField("repository.full_name"))?,
            item: issue.try_into()?,
        })
    }
}

impl TryFrom<FoundIssue> for UpdatedThread {
    type Error = MissingField;

    fn try_from(found: FoundIssue) -> Result<Self, MissingField> {
        let (migrated, history) = (found.issue.is_migrated(), found.issue.history());
        let ListedIssue { repo, name, item } = found.try_into()?;
        let written = written(&item, migrated);
        let subject = Subject::Issue(item.id);
        let text = ListedText { subject, written, history, on_line: false };
        Ok(Self { repo, name, text, item })
    }
}

fn written(item: &Issue, migrated: bool) -> PostedText {
    PostedText {
        number: item.number,
        is_pull: item.is_pull,
        author: item.author.clone(),
        migrated,
        body: item.body.clone(),
        created_at: item.created_at,
        updated_at: item.updated_at,
    }
}
