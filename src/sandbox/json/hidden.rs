//! What an issue waits for, one entry of the list: the issue, or what stands for one that the viewer
//! may not see.

use serde::{Serialize, Serializer};

use super::issue::IssueJson;
use super::{NO_TIME, View, ZERO_TIME, object};

pub(crate) enum BlockerJson<'a> {
    Seen(IssueJson<'a>),
    Hidden(HiddenJson),
}

/// A row without number and repository. Whoever may write to the issue that waits is to see the
/// title of the other; Gitea fails at that, and an issue with nothing in it is left.
pub(crate) struct HiddenJson {
    is_writer: bool,
    has_estimate: bool,
}

impl<'a> View<'a> {
    pub(crate) fn blocker(self, id: i64) -> BlockerJson<'a> {
        BlockerJson::Seen(self.issue(id))
    }

    /// What stands for an issue that the viewer may not see, who may write to the one that waits,
    /// or may not.
    pub(crate) fn hidden_blocker(self, is_writer: bool) -> BlockerJson<'a> {
        let has_estimate = self.world.version.estimates_issues();
        BlockerJson::Hidden(HiddenJson { is_writer, has_estimate })
    }
}

impl Serialize for BlockerJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seen(issue) => issue.serialize(serializer),
            Self::Hidden(hidden) => hidden.serialize(serializer),
        }
    }
}

impl Serialize for HiddenJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (title, state, time) = match self.is_writer {
            true => ("", "", NO_TIME),
            false => ("HIDDEN", "open", ZERO_TIME),
        };
        object!(serializer, {
            "id": 0,
            "url": "",
            "html_url": "",
            "number": 0,
            "user": (),
            "original_author": "",
            "original_author_id": 0,
            "title": title,
            "body": "",
            "ref": "",
            "assets": (!self.is_writer).then_some([(); 0]),
            "labels": (),
            "milestone": (),
            "assignee": (),
            "assignees": (),
            "state": state,
            "is_locked": false,
            "comments": 0,
            "created_at": time,
            "updated_at": time,
            "closed_at": (),
            "due_date": (),
            "time_estimate"? self.has_estimate.then_some(0),
            "pull_request": (),
            "repository": (),
            "pin_order": 0,
        })
    }
}
