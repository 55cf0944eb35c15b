//! What was said of a commit: one status, and what all come to.

use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::code_records::StatusRecord;
use crate::sandbox::world::statuses::combined;

pub(crate) struct StatusJson<'a> {
    view: View<'a>,
    repo: RepoId,
    status: &'a StatusRecord,
}

/// A page of the latest statuses of a commit, and what these come to.
pub(crate) struct CombinedStatusJson<'a> {
    view: View<'a>,
    repo: RepoId,
    commit: &'a str,
    statuses: Vec<&'a StatusRecord>,
}

impl<'a> View<'a> {
    pub(crate) fn status(self, repo: RepoId, status: &'a StatusRecord) -> StatusJson<'a> {
        StatusJson { view: self, repo, status }
    }

    pub(crate) fn combined_status(
        self,
        repo: RepoId,
        commit: &'a str,
        statuses: Vec<&'a StatusRecord>,
    ) -> CombinedStatusJson<'a> {
        CombinedStatusJson { view: self, repo, commit, statuses }
    }
}

impl Serialize for StatusJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, status) = (self.view, self.status);
        let name = view.world.full_name(self.repo);
        object!(serializer, {
            "id": status.id,
            "status": status.state,
            "target_url": status.target,
            "description": status.description,
            "url": view.url(format_args!("/api/v1/repos/{name}/statuses/{}", status.commit)),
            "context": status.context,
            // Whoever is nobody is not told.
            "creator": (status.creator > 0).then(|| view.public_user(status.creator)),
            "created_at": Time(status.at),
            "updated_at": Time(status.at),
        })
    }
}

impl Serialize for CombinedStatusJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.view;
        let name = view.world.full_name(self.repo);
        let url = view.url(format_args!("/api/v1/repos/{name}/commits/{}", self.commit));
        let says_where = view.world.version.says_where_combined_statuses_are();
        let of_page = self.statuses.iter().map(|status| view.status(self.repo, status));
        let state = combined(self.statuses.iter().map(|status| status.state.as_str()));
        object!(serializer, {
            "state": if self.statuses.is_empty() { view.world.version.no_checks_come_to() } else { state },
            "sha": self.commit,
            "total_count": self.statuses.len(),
            "statuses": super::null_if_empty(of_page.collect()),
            "repository": view.repo(self.repo),
            "commit_url": if says_where { url.as_str() } else { "" },
            "url": if says_where { format!("{url}/status") } else { String::new() },
        })
    }
}
