//! Commits: as the API shows them, and as branches and webhooks do.

use serde::{Serialize, Serializer};

use super::{NO_TIME, Time, View, object};
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::sandbox::git::{GitCommit, PathChange, Signer};

/// A commit of a repository, through somebody's eyes.
#[derive(Clone, Copy)]
struct ShownCommit<'a> {
    view: View<'a>,
    repo: RepoId,
    commit: &'a GitCommit,
}

/// A commit, as `/git/commits` shows it.
pub(crate) struct CommitJson<'a>(ShownCommit<'a>);

/// A commit, as it stands in a branch: without its files.
pub(crate) struct BranchCommitJson<'a>(ShownCommit<'a>);

/// A commit, as it stands in a webhook: with its files.
pub(super) struct PushedCommitJson<'a>(ShownCommit<'a>);

/// A commit that the API just made, in its answer.
pub(crate) struct NewCommitJson<'a>(ShownCommit<'a>);

impl<'a> View<'a> {
    pub(crate) fn commit(self, repo: RepoId, commit: &'a GitCommit) -> CommitJson<'a> {
        CommitJson(ShownCommit { view: self, repo, commit })
    }

    pub(super) fn branch_commit(self, repo: RepoId, commit: &'a GitCommit) -> BranchCommitJson<'a> {
        BranchCommitJson(ShownCommit { view: self, repo, commit })
    }

    pub(super) fn pushed_commit(self, repo: RepoId, commit: &'a GitCommit) -> PushedCommitJson<'a> {
        PushedCommitJson(ShownCommit { view: self, repo, commit })
    }

    pub(crate) fn new_commit(self, repo: RepoId, commit: &'a GitCommit) -> NewCommitJson<'a> {
        NewCommitJson(ShownCommit { view: self, repo, commit })
    }

    /// Where the API shows a part of git's store.
    pub(super) fn git_url(self, repo: RepoId, part: &str, id: &str) -> String {
        let name = self.world.full_name(repo);
        self.url(format_args!("/api/v1/repos/{name}/git/{part}/{id}"))
    }
}

impl<'a> ShownCommit<'a> {
    fn url(&self, part: &str, id: &str) -> String {
        self.view.git_url(self.repo, part, id)
    }

    fn page(&self) -> String {
        let name = self.view.world.full_name(self.repo);
        self.view.url(format_args!("/{name}/commit/{}", self.commit.id))
    }

    fn parents(&self) -> Vec<StoredJson<'a>> {
        let parents = self.commit.parents.iter();
        parents.map(|id| StoredJson { of: *self, part: "commits", id, at: None }).collect()
    }

    fn tree(&self, id: &'a str, at: Option<Timestamp>) -> StoredJson<'a> {
        StoredJson { of: *self, part: "trees", id, at }
    }

    /// A name and an address, and whose account that is.
    fn named(&self, signer: &'a Signer) -> NamedJson<'a> {
        let account = self.view.world.account_behind(&signer.email);
        let username = account.map_or("", |id| &self.view.world.users[&id].login);
        NamedJson { signer, username }
    }
}

impl Serialize for CommitJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shown, commit) = (self.0, self.0.commit);
        let account = |signer: &Signer| {
            let id = shown.view.world.account_behind(&signer.email);
            id.map(|id| shown.view.public_user(id))
        };
        object!(serializer, {
            "url": shown.url("commits", &commit.id),
            "sha": commit.id,
            "created": Time(commit.committer.at),
            "html_url": shown.page(),
            "commit": RawCommitJson(shown),
            "author": account(&commit.author),
            "committer": account(&commit.committer),
            "parents": shown.parents(),
            "files": ChangedFileJson::all_of(commit),
            "stats": StatsJson(commit),
        })
    }
}

/// What git itself keeps of a commit. In place of the id of its tree Gitea writes its own.
struct RawCommitJson<'a>(ShownCommit<'a>);

impl Serialize for RawCommitJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shown, commit) = (self.0, self.0.commit);
        object!(serializer, {
            "url": shown.url("commits", &commit.id),
            "author": SignerJson(&commit.author),
            "committer": SignerJson(&commit.committer),
            "message": commit.message,
            "tree": shown.tree(&commit.id, Some(commit.committer.at)),
            "verification": UnsignedJson,
        })
    }
}

impl Serialize for NewCommitJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shown, commit) = (self.0, self.0.commit);
        object!(serializer, {
            "url": shown.url("commits", &commit.id),
            "sha": commit.id,
            "created": NO_TIME,
            "html_url": shown.page(),
            "author": SignerJson(&commit.author),
            "committer": SignerJson(&commit.committer),
            "parents": shown.parents(),
            "message": commit.message,
            "tree": shown.tree(&commit.tree, None),
        })
    }
}

impl Serialize for BranchCommitJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shown, commit) = (self.0, self.0.commit);
        object!(serializer, {
            "id": commit.id,
            "message": commit.message,
            "url": shown.page(),
            "author": shown.named(&commit.author),
            "committer": shown.named(&commit.committer),
            "verification": UnsignedJson,
            "timestamp": Time(commit.committer.at),
            "added": (),
            "removed": (),
            "modified": (),
        })
    }
}

impl Serialize for PushedCommitJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (shown, commit) = (self.0, self.0.commit);
        object!(serializer, {
            "id": commit.id,
            "message": commit.message,
            "url": shown.page(),
            "author": shown.named(&commit.author),
            "committer": shown.named(&commit.committer),
            "verification": (),
            "timestamp": Time(commit.committer.at),
            "added": commit.paths(PathChange::is_new),
            "removed": commit.paths(PathChange::is_gone),
            "modified": commit.paths(PathChange::is_other),
        })
    }
}

/// Something of git's store: where it is shown, its id, and a time or never.
struct StoredJson<'a> {
    of: ShownCommit<'a>,
    part: &'static str,
    id: &'a str,
    at: Option<Timestamp>,
}

impl Serialize for StoredJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "url": self.of.url(self.part, self.id),
            "sha": self.id,
            "created": self.at.map_or_else(|| NO_TIME.to_owned(), |at| at.to_string()),
        })
    }
}

struct SignerJson<'a>(&'a Signer);

impl Serialize for SignerJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "name": self.0.name,
            "email": self.0.email,
            "date": Time(self.0.at),
        })
    }
}

struct NamedJson<'a> {
    signer: &'a Signer,
    username: &'a str,
}

impl Serialize for NamedJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "name": self.signer.name,
            "email": self.signer.email,
            "username": self.username,
        })
    }
}

/// A commit without a signature: the sandbox makes no others.
pub(crate) struct UnsignedJson;

impl Serialize for UnsignedJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "verified": false,
            "reason": "gpg.error.not_signed_commit",
            "signature": "",
            "signer": (),
            "payload": "",
        })
    }
}

struct ChangedFileJson<'a> {
    path: &'a str,
    status: &'static str,
}

impl<'a> ChangedFileJson<'a> {
    /// In the order of git: that of their paths.
    fn all_of(commit: &'a GitCommit) -> Vec<Self> {
        let shown = |change: &'a PathChange| {
            let status = match (change.is_new(), change.is_gone()) {
                (true, _) => "added",
                (_, true) => "removed",
                _ => "modified",
            };
            Self { path: &change.path, status }
        };
        commit.changes.iter().map(shown).collect()
    }
}

impl Serialize for ChangedFileJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, { "filename": self.path, "status": self.status })
    }
}

struct StatsJson<'a>(&'a GitCommit);

impl Serialize for StatsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count = self.0.count();
        object!(serializer, {
            "total": count.added + count.removed,
            "additions": count.added,
            "deletions": count.removed,
        })
    }
}
