//! An issue, and what stands in it.

use serde::{Serialize, Serializer};

use super::{Time, View, null_if_empty, object, time};
use crate::core::model::time::Timestamp;
use crate::sandbox::world::records::{Home, IssueRecord, LabelRecord, MilestoneRecord};

/// An issue, or a pull request seen as one.
pub(crate) struct IssueJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
}

impl<'a> View<'a> {
    pub(crate) fn issue(self, id: i64) -> IssueJson<'a> {
        IssueJson { view: self, issue: self.world.issue(id) }
    }

    /// The page of an issue or pull request, as a path.
    pub(super) fn thread_path(self, issue: &IssueRecord) -> String {
        let kind = if issue.pull.is_some() { "pulls" } else { "issues" };
        format!("/{}/{kind}/{}", self.world.full_name(issue.repo), issue.number)
    }

    pub(crate) fn labels(self, issue: i64) -> Vec<LabelJson<'a>> {
        let labels = self.world.labels_on(issue).into_iter();
        labels.map(|label| LabelJson { view: self, label }).collect()
    }

    pub(crate) fn label(self, label: &'a LabelRecord) -> LabelJson<'a> {
        LabelJson { view: self, label }
    }

    pub(super) fn milestone(self, issue: &IssueRecord) -> Option<MilestoneJson<'a>> {
        let milestone = self.world.milestones.get(&issue.milestone?)?;
        Some(MilestoneJson { view: self, milestone })
    }
}

impl Serialize for IssueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, issue) = (self.view, self.issue);
        let page = view.thread_path(issue);
        let name = view.world.full_name(issue.repo);
        let newest = view.world.version.numbers_versions();
        let assignees = || issue.assignees.iter().map(|id| view.public_user(*id));
        object!(serializer, {
            "id": issue.id,
            "url": view.url(format_args!("/api/v1/repos/{name}/issues/{}", issue.number)),
            "html_url": view.url(&page),
            "number": issue.number,
            "user": view.user(issue.author),
            "original_author": "",
            "original_author_id": 0,
            "title": issue.title,
            "body": issue.body,
            "ref": "",
            "assets": [(); 0],
            "labels": view.labels(issue.id),
            "milestone": view.milestone(issue),
            "projects"? newest.then_some(()),
            "assignee": assignees().next(),
            "assignees": null_if_empty(assignees().collect()),
            "state": if issue.is_open() { "open" } else { "closed" },
            "is_locked": issue.locked,
            "comments": issue.comments.len(),
            "created_at": Time(issue.created),
            "updated_at": Time(issue.updated),
            "closed_at": time(issue.closed),
            "due_date": time(issue.due),
            "time_estimate"? view.world.version.estimates_issues().then_some(0),
            "pull_request": issue.pull.as_ref().map(|pull| PullMeta { draft: issue.is_draft(), merged: pull.merged.as_ref().map(|merge| merge.at), html_url: view.url(&page) }),
            "repository": RepoMeta { view, issue },
            "pin_order": i32::from(issue.pinned),
            "content_version"? newest.then_some(issue.version),
        })
    }
}

/// The sign that an issue is a pull request.
struct PullMeta {
    draft: bool,
    merged: Option<Timestamp>,
    html_url: String,
}

impl Serialize for PullMeta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "merged": self.merged.is_some(),
            "merged_at": time(self.merged),
            "draft": self.draft,
            "html_url": self.html_url,
        })
    }
}

struct RepoMeta<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
}

impl Serialize for RepoMeta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let world = self.view.world;
        let repo = world.repo(self.issue.repo);
        object!(serializer, {
            "id": repo.id,
            "name": repo.name,
            "owner": world.users[&repo.owner].login,
            "full_name": world.full_name(repo.id),
        })
    }
}

pub(crate) struct LabelJson<'a> {
    view: View<'a>,
    label: &'a LabelRecord,
}

impl LabelJson<'_> {
    fn url(&self) -> String {
        let world = self.view.world;
        let home = match self.label.home {
            Home::Repo(repo) => format!("repos/{}", world.full_name(repo)),
            Home::Org(org) => format!("orgs/{}", world.users[&org].login),
        };
        self.view.url(format_args!("/api/v1/{home}/labels/{}", self.label.id))
    }
}

impl Serialize for LabelJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let label = self.label;
        object!(serializer, {
            "id": label.id,
            "name": label.name,
            "exclusive": label.exclusive,
            "is_archived": false,
            "color": label.color,
            "description": label.description,
            "url": self.url(),
        })
    }
}

/// A milestone, as it stands in an issue.
pub(super) struct MilestoneJson<'a> {
    view: View<'a>,
    milestone: &'a MilestoneRecord,
}

impl Serialize for MilestoneJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milestone = self.milestone;
        let (open, closed) = self.view.world.milestone_counts(milestone.id);
        object!(serializer, {
            "id": milestone.id,
            "title": milestone.title,
            "description": "",
            "state": "open",
            "open_issues": open,
            "closed_issues": closed,
            "created_at": Time(milestone.created),
            "updated_at": Time(milestone.created),
            "closed_at": (),
            "due_on": time(milestone.due),
        })
    }
}
