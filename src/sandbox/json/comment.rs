//! A comment, and reactions.

use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::sandbox::world::records::{CommentRecord, ReactionRecord};

/// A plain comment of an issue or pull request.
pub(crate) struct CommentJson<'a> {
    view: View<'a>,
    comment: &'a CommentRecord,
    shows_author: bool,
}

impl<'a> View<'a> {
    pub(crate) fn comment(self, comment: &'a CommentRecord) -> CommentJson<'a> {
        CommentJson { view: self, comment, shows_author: true }
    }

    /// A comment without its author: what Gitea answers to an edit that changes nothing.
    pub(crate) fn unchanged_comment(self, comment: &'a CommentRecord) -> CommentJson<'a> {
        CommentJson { view: self, comment, shows_author: false }
    }

    pub(crate) fn reaction(self, reaction: &'a ReactionRecord) -> ReactionJson<'a> {
        ReactionJson { view: self, reaction }
    }
}

impl Serialize for CommentJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, comment) = (self.view, self.comment);
        let issue = view.world.issue(comment.issue);
        let thread = view.url(view.thread_path(issue));
        let is_pull = issue.pull.is_some();
        let (issue_url, pull_url) = if is_pull { ("", &*thread) } else { (&*thread, "") };
        object!(serializer, {
            "id": comment.id,
            "html_url": format_args!("{thread}#issuecomment-{}", comment.id),
            "pull_request_url": pull_url,
            "issue_url": issue_url,
            "user": self.shows_author.then(|| view.public_user(comment.author)),
            "original_author": if view.world.imported.contains(&comment.id) { "octocat" } else { "" },
            "original_author_id": 0,
            "body": comment.body,
            "assets": [(); 0],
            "created_at": Time(comment.created),
            "updated_at": Time(comment.updated),
        })
    }
}

/// A reaction to a comment or an issue.
pub(crate) struct ReactionJson<'a> {
    view: View<'a>,
    reaction: &'a ReactionRecord,
}

impl Serialize for ReactionJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "user": self.view.user(self.reaction.user),
            "content": self.reaction.content,
            "created_at": Time(self.reaction.created),
        })
    }
}
