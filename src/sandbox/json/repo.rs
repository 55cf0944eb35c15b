//! A repository, and what somebody may do with its code.

use serde::{Serialize, Serializer};

use super::{NO_TIME, Time, View, ZERO_TIME, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::records::RepoRecord;
use crate::sandbox::world::rights::{Mode, Unit};

/// The rights on the code that `permissions` tells of.
#[derive(Clone, Copy)]
pub(crate) struct PermissionsJson(pub(crate) Mode);

impl Serialize for PermissionsJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "admin": self.0 >= Mode::Admin,
            "push": self.0 >= Mode::Write,
            "pull": self.0 >= Mode::Read,
        })
    }
}

pub(crate) struct RepoJson<'a> {
    view: View<'a>,
    repo: &'a RepoRecord,
    permissions: PermissionsJson,
    /// Whether the owner's address is one that stands for it.
    hides_owner: bool,
}

impl<'a> View<'a> {
    /// The repository, with the rights of the viewer.
    pub(crate) fn repo(self, id: RepoId) -> RepoJson<'a> {
        self.repo_for(id, self.viewer)
    }

    /// The repository, with the rights of somebody else: in webhooks often not the sender.
    pub(crate) fn repo_for(self, id: RepoId, user: Option<i64>) -> RepoJson<'a> {
        let mode = self.world.mode(user, self.world.repo(id), Unit::Code);
        self.repo_with(id, mode)
    }

    /// The repository, with these rights.
    pub(crate) fn repo_with(self, id: RepoId, mode: Mode) -> RepoJson<'a> {
        let repo = self.world.repo(id);
        RepoJson { view: self, repo, permissions: PermissionsJson(mode), hides_owner: false }
    }
}

impl<'a> RepoJson<'a> {
    /// As it is shown to nobody in particular.
    pub(super) fn with_hidden_owner(self) -> Self {
        Self { hides_owner: true, ..self }
    }

    /// What it was forked from: `null` or nothing at all if it was not.
    fn parent(&self, leaves_out: bool) -> Option<Option<Box<RepoJson<'a>>>> {
        match self.repo.fork_of.filter(|parent| self.view.world.repos.contains_key(parent)) {
            Some(parent) => Some(Some(Box::new(self.view.repo(parent)))),
            None => (!leaves_out).then_some(None),
        }
    }
}

impl Serialize for RepoJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, repo) = (self.view, self.repo);
        let name = view.world.full_name(repo.id);
        let version = view.world.version;
        let (full, newest) =
            (version.describes_repos_in_full(), version.tells_how_pulls_are_updated());
        object!(serializer, {
            "id": repo.id,
            "owner": match (self.hides_owner, view.viewer) {
                (true, _) => view.hidden_user(repo.owner),
                (false, Some(_)) => view.user(repo.owner),
                // Who may see a repository may see whose it is.
                (false, None) => view.user_seen_by_users(repo.owner),
            },
            "name": repo.name,
            "full_name": name,
            "description": "",
            "empty": view.world.is_empty(repo),
            "private": repo.private,
            "fork": repo.fork_of.is_some(),
            "template": false,
            "parent"? self.parent(full),
            "mirror": false,
            "size": 25,
            "language": "",
            "languages_url": view.url(format_args!("/api/v1/repos/{name}/languages")),
            "html_url": view.url(format_args!("/{name}")),
            "url": view.url(format_args!("/api/v1/repos/{name}")),
            "link": "",
            "ssh_url": format_args!("git@localhost:{name}.git"),
            "clone_url": view.url(format_args!("/{name}.git")),
            "original_url": "",
            "website": "",
            "stars_count": 0,
            "forks_count": 0,
            "watchers_count": 1,
            "open_issues_count": repo.open_issues,
            "open_pr_counter": repo.open_pulls,
            "release_counter": 0,
            "default_branch": repo.trunk,
            "branch_count"? newest.then_some(1),
            "archived": repo.archived,
            "created_at": Time(repo.created),
            "updated_at": Time(repo.created),
            "archived_at": ZERO_TIME,
            "permissions": self.permissions,
            "has_code"? full.then_some(true),
            "has_issues": !repo.off.contains(&Unit::Issues),
            "internal_tracker": InternalTracker,
            "has_wiki": true,
            "has_pull_requests": !repo.off.contains(&Unit::Pulls),
            "has_projects": true,
            "projects_mode": "all",
            "has_releases": true,
            "has_packages": true,
            "has_actions": true,
            "ignore_whitespace_conflicts": false,
            "allow_merge_commits": true,
            "allow_rebase": true,
            "allow_rebase_explicit": true,
            "allow_squash_merge": true,
            "allow_fast_forward_only_merge": true,
            "allow_rebase_update": true,
            "allow_merge_update"? newest.then_some(true),
            "allow_manual_merge"? full.then_some(false),
            "autodetect_manual_merge"? full.then_some(false),
            "default_delete_branch_after_merge": false,
            "default_merge_style": "merge",
            "default_update_style"? newest.then_some("merge"),
            "default_allow_maintainer_edit": version.lets_maintainers_edit(),
            "avatar_url": "",
            "internal": false,
            "mirror_interval": "",
            "object_format_name": "sha1",
            "mirror_updated": NO_TIME,
            "mirror_last_sync_at"? newest.then_some(NO_TIME),
            "repo_transfer"? (!full).then_some(()),
            "topics"? full.then_some([(); 0]),
            "licenses"? full.then_some([(); 0]),
        })
    }
}

struct InternalTracker;

impl Serialize for InternalTracker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "enable_time_tracker": true,
            "allow_only_contributors_to_track_time": true,
            "enable_issue_dependencies": true,
        })
    }
}
