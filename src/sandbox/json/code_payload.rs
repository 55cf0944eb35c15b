//! The bodies of webhooks that tell of code.
//!
//! Gitea shows the repository in them with the rights of its owner, or with none at all.

use serde::{Serialize, Serializer};

use super::commit::PushedCommitJson;
use super::{Time, View, encode, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::git::{GitCommit, RefMove};
use crate::sandbox::world::World;
use crate::sandbox::world::code_events::{CodeEvent, PushedCommits};
use crate::sandbox::world::rights::Mode;

/// The body that tells of `event`.
pub(crate) fn of(world: &World, repo: RepoId, event: &CodeEvent) -> Vec<u8> {
    encode::indented(&CodePayloadJson { world, repo, event })
}

struct CodePayloadJson<'a> {
    world: &'a World,
    repo: RepoId,
    event: &'a CodeEvent,
}

impl<'a> CodePayloadJson<'a> {
    fn view(&self) -> View<'a> {
        View::new(self.world, Some(self.event.doer()))
    }

    fn push<S: Serializer>(
        &self,
        serializer: S,
        moved: &'a RefMove,
        commits: &'a PushedCommits,
    ) -> Result<S::Ok, S::Error> {
        let (view, repo) = (self.view(), self.repo);
        let name = self.world.full_name(repo);
        let told = |commit: &'a GitCommit| view.pushed_commit(repo, commit);
        let told: Vec<PushedCommitJson> = commits.told.iter().map(told).collect();
        let compare = format!("/{name}/compare/{}...{}", commits.since, moved.after);
        object!(serializer, {
            "ref": format_args!("refs/heads/{}", moved.branch),
            "before": moved.before,
            "after": moved.after,
            "compare_url": view.url(compare),
            "commits": told,
            "total_commits": commits.total,
            "head_commit": told.first(),
            "repository": view.repo_with(repo, Mode::Owner),
            "pusher": view.public_user(self.event.doer()),
            "sender": view.public_user(self.event.doer()),
        })
    }

    fn status<S: Serializer>(
        &self,
        serializer: S,
        id: i64,
        commit: &'a GitCommit,
    ) -> Result<S::Ok, S::Error> {
        let (view, repo) = (self.view(), self.repo);
        let said = self.world.repo(repo).statuses.iter().find(|status| status.id == id);
        object!(serializer, {
            "commit": view.pushed_commit(repo, commit),
            "context": said.map(|said| &said.context),
            "created_at": said.map(|said| Time(said.at)),
            "description": said.map(|said| &said.description),
            "id": id,
            "repository": view.repo_with(repo, Mode::Owner),
            "sender": view.public_user(self.event.doer()),
            "sha": commit.id,
            "state": said.map(|said| &said.state),
            "target_url": said.map(|said| &said.target),
            "updated_at": said.map(|said| Time(said.at)),
        })
    }
}

impl Serialize for CodePayloadJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, repo) = (self.view(), self.repo);
        match self.event {
            CodeEvent::Push { moved, commits, .. } => self.push(serializer, moved, commits),
            CodeEvent::Status { status, commit, .. } => self.status(serializer, *status, commit),
            CodeEvent::Created { doer, branch, commit } => object!(serializer, {
                "sha": commit,
                "ref": branch,
                "ref_type": "branch",
                "repository": view.repo_with(repo, Mode::None).with_hidden_owner(),
                "sender": view.public_user(*doer),
            }),
            CodeEvent::Deleted { doer, branch } => object!(serializer, {
                "ref": branch,
                "ref_type": "branch",
                "pusher_type": "user",
                "repository": view.repo_with(repo, Mode::Owner),
                "sender": view.public_user(*doer),
            }),
            CodeEvent::Forked { doer, fork } => object!(serializer, {
                "forkee": view.repo_with(repo, Mode::Read),
                "repository": view.repo_with(*fork, Mode::Owner),
                "sender": view.public_user(*doer),
            }),
        }
    }
}
