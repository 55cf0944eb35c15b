//! A line of a thread's timeline.

use serde::{Serialize, Serializer};
use serde_json::json;

use super::{Time, View, object};
use crate::sandbox::world::records::{TimelineChange, TimelineRecord};

pub(crate) struct TimelineJson<'a> {
    view: View<'a>,
    line: &'a TimelineRecord,
}

impl<'a> View<'a> {
    pub(crate) fn timeline(self, line: &'a TimelineRecord) -> TimelineJson<'a> {
        TimelineJson { view: self, line }
    }
}

/// What differs between the kinds of lines; most of a line is always empty.
#[derive(Default)]
struct Told<'a> {
    kind: &'static str,
    body: String,
    former_ref: &'a str,
    review: i64,
    label: Option<i64>,
    assignee: Option<i64>,
    is_removed: bool,
    /// The comment that it is as well.
    comment: Option<i64>,
}

impl<'a> Told<'a> {
    fn of(change: &'a TimelineChange) -> Self {
        let kind = |kind| Self { kind, ..Self::default() };
        match change {
            TimelineChange::Label(label) => Self { label: Some(*label), ..kind("label") },
            TimelineChange::Assignee { user, removed } => {
                Self { assignee: Some(*user), is_removed: *removed, ..kind("assignees") }
            }
            TimelineChange::ReviewRequest { reviewer, review, removed } => Self {
                assignee: Some(*reviewer),
                review: *review,
                is_removed: *removed,
                ..kind("review_request")
            },
            TimelineChange::Push { forced, commits } => {
                let commits = json!(commits);
                let body = format!(r#"{{"is_force_push":{forced},"commit_ids":{commits}}}"#);
                Self { body, ..kind("pull_push") }
            }
            TimelineChange::Review { review, comment, body } => {
                let (review, comment, body) = (*review, Some(*comment), body.clone());
                Self { review, comment, body, ..kind("review") }
            }
            TimelineChange::DismissReview { review, message } => {
                Self { review: *review, body: message.clone(), ..kind("dismiss_review") }
            }
            TimelineChange::Close => kind("close"),
            TimelineChange::Reopen => kind("reopen"),
            TimelineChange::Merge => kind("merge_pull"),
            TimelineChange::DeleteBranch { branch } => {
                Self { former_ref: branch, ..kind("delete_branch") }
            }
            TimelineChange::Reference { .. } => kind("commit_ref"),
            TimelineChange::Schedule => kind("pull_scheduled_merge"),
            TimelineChange::Unschedule => kind("pull_cancel_scheduled_merge"),
        }
    }
}

impl Serialize for TimelineJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, line) = (self.view, self.line);
        let issue = view.world.issue(line.issue);
        let mut told = Told::of(&line.change);
        if let TimelineChange::Reference { commit, subject } = &line.change {
            let path = format!("/{}/commit/{commit}", view.world.full_name(issue.repo));
            told.body = format!("<a href=\"{path}\">{subject}</a>");
        }
        let thread = view.url(view.thread_path(issue));
        let id = told.comment.unwrap_or(line.id);
        let (issue_url, pull_url) =
            if issue.pull.is_some() { ("", &*thread) } else { (&*thread, "") };
        object!(serializer, {
            "id": id,
            "type": told.kind,
            "html_url": format_args!("{thread}#issuecomment-{id}"),
            "pull_request_url": pull_url,
            "issue_url": issue_url,
            "user": view.public_user(line.user),
            "body": told.body,
            "created_at": Time(line.at),
            "updated_at": Time(line.at),
            "old_project_id": 0,
            "project_id": 0,
            "old_milestone": (),
            "milestone": (),
            "tracked_time": (),
            "old_title": "",
            "new_title": "",
            "old_ref": told.former_ref,
            "new_ref": "",
            "ref_issue": (),
            "ref_comment": (),
            "ref_action": "none",
            "ref_commit_sha": "",
            "review_id": told.review,
            "label": told.label.and_then(|label| view.world.labels.get(&label)).map(|label| view.label(label)),
            "assignee": told.assignee.map(|user| view.public_user(user)),
            "assignee_team": (),
            "removed_assignee": told.is_removed,
            "resolve_doer": (),
            "dependent_issue": (),
        })
    }
}
