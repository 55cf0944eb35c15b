//! A line of a repository's activity.

use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::code_records::FeedRecord;

pub(crate) struct FeedJson<'a> {
    view: View<'a>,
    repo: RepoId,
    line: &'a FeedRecord,
}

impl<'a> View<'a> {
    pub(crate) fn activity(self, repo: RepoId, line: &'a FeedRecord) -> FeedJson<'a> {
        FeedJson { view: self, repo, line }
    }
}

impl Serialize for FeedJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = self.line;
        object!(serializer, {
            "id": line.id,
            "user_id": line.user,
            "op_type": line.kind,
            "act_user_id": line.user,
            "act_user": self.view.user(line.user),
            "repo_id": self.repo,
            "repo": self.view.repo(self.repo),
            "comment_id": 0,
            "comment": (),
            "ref_name": line.branch,
            "is_private": self.view.world.repo(self.repo).private,
            "content": line.content,
            "created": Time(line.at),
        })
    }
}
