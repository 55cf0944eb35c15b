//! A pull request, its reviews and inline comments.

use serde::{Serialize, Serializer};

use super::{Time, UserJson, View, null_if_empty, object, time};
use crate::sandbox::world::records::{
    BranchRecord, InlineRecord, IssueRecord, PullRecord, ReviewRecord, ReviewState,
};

/// A pull request, as `/pulls` and its webhooks show it.
pub(crate) struct PullJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
    pull: &'a PullRecord,
}

impl<'a> View<'a> {
    /// The pull request of a global id; none if that is an issue.
    pub(crate) fn pull(self, id: i64) -> Option<PullJson<'a>> {
        let issue = self.world.issue(id);
        Some(PullJson { view: self, issue, pull: issue.pull.as_ref()? })
    }

    /// A review of the pull request `issue`.
    pub(crate) fn review(
        self,
        issue: &'a IssueRecord,
        pull: &'a PullRecord,
        review: &'a ReviewRecord,
    ) -> ReviewJson<'a> {
        ReviewJson { view: self, issue, pull, review }
    }
}

impl<'a> PullJson<'a> {
    fn given(&self) -> impl Iterator<Item = &'a ReviewRecord> {
        self.pull.reviews.iter().filter(|review| review.given.is_some())
    }

    /// Whoever reviewed counts as asked.
    fn reviewers(&self) -> Vec<UserJson<'a>> {
        let mut ids: Vec<i64> = self.given().map(|r| r.author).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(|id| self.view.public_user(id)).collect()
    }

    /// People; nobody is an empty list or `null`.
    fn listed(&self, people: Vec<UserJson<'a>>) -> Option<Vec<UserJson<'a>>> {
        let as_empty = self.view.world.version.lists_nobody_as_empty();
        if as_empty { Some(people) } else { null_if_empty(people) }
    }

    fn branch(&self, branch: &'a BranchRecord) -> BranchJson<'a> {
        BranchJson { view: self.view, issue: self.issue, branch }
    }
}

impl Serialize for PullJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, issue, pull) = (self.view, self.issue, self.pull);
        let page = view.url(view.thread_path(issue));
        let assignees = || issue.assignees.iter().map(|id| view.public_user(*id));
        let version = view.world.version;
        let (reviews, newer) = (self.given().count(), version.lists_nobody_as_empty());
        let shows_none = !version.leaves_out_no_review_comments();
        object!(serializer, {
            "id": pull.id,
            "url": page,
            "number": issue.number,
            "user": view.user(issue.author),
            "title": issue.title,
            "body": issue.body,
            "labels": view.labels(issue.id),
            "milestone": view.milestone(issue),
            "assignee": assignees().next(),
            "assignees": self.listed(assignees().collect()),
            "requested_reviewers": self.listed(self.reviewers()),
            "requested_reviewers_teams"? newer.then_some([(); 0]),
            "state": if issue.is_open() { "open" } else { "closed" },
            "draft": issue.is_draft(),
            "is_locked": issue.locked,
            "comments": issue.comments.len(),
            "review_comments"? (reviews > 0 || shows_none).then_some(reviews),
            "additions": 1,
            "deletions": 0,
            "changed_files": 1,
            "html_url": page,
            "diff_url": format_args!("{page}.diff"),
            "patch_url": format_args!("{page}.patch"),
            "mergeable": issue.is_open(),
            "merged": false,
            "merged_at": (),
            "merge_commit_sha": (),
            "merged_by": (),
            "allow_maintainer_edit": version.lets_maintainers_edit(),
            "base": self.branch(&pull.base),
            "head": self.branch(&pull.head),
            "merge_base": pull.base.sha,
            "due_date": time(issue.due),
            "created_at": Time(issue.created),
            "updated_at": Time(issue.updated),
            "closed_at": time(issue.closed),
            "pin_order": i32::from(issue.pinned),
            "content_version"? version.numbers_versions().then_some(issue.version),
        })
    }
}

struct BranchJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
    branch: &'a BranchRecord,
}

impl Serialize for BranchJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, {
            "label": self.branch.name,
            "ref": self.branch.name,
            "sha": self.branch.sha,
            "repo_id": self.issue.repo,
            "repo": self.view.repo(self.issue.repo),
        })
    }
}

pub(crate) struct ReviewJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
    pull: &'a PullRecord,
    review: &'a ReviewRecord,
}

impl<'a> ReviewJson<'a> {
    /// Its comments on lines.
    pub(crate) fn inline(&self) -> Vec<InlineJson<'a>> {
        let (view, issue, pull, review) = (self.view, self.issue, self.pull, self.review);
        let json = |inline| InlineJson { of: ReviewJson { view, issue, pull, review }, inline };
        review.inline.iter().map(json).collect()
    }

    fn page(&self) -> String {
        self.view.url(self.view.thread_path(self.issue))
    }
}

impl Serialize for ReviewJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (review, given) = (self.review, self.review.given.as_ref());
        let page = self.page();
        object!(serializer, {
            "id": review.id,
            "user": self.view.user(review.author),
            "team": (),
            "state": match given.map(|given| given.verdict) {
                Some(ReviewState::Approved) => "APPROVED",
                Some(ReviewState::RequestChanges) => "REQUEST_CHANGES",
                Some(ReviewState::Comment) => "COMMENT",
                None => "PENDING",
            },
            "body": given.map_or("", |given| &given.body),
            "commit_id": self.pull.head.sha,
            "stale": false,
            "official": given.is_some_and(|given| given.official),
            "dismissed": false,
            "comments_count": review.inline.len(),
            "submitted_at": Time(review.begun),
            "updated_at": Time(given.map_or(review.begun, |given| given.at)),
            "html_url": match given {
                Some(given) => format!("{page}#issuecomment-{}", given.comment),
                None => String::new(),
            },
            "pull_request_url": page,
        })
    }
}

/// A comment on a line, under its review.
pub(crate) struct InlineJson<'a> {
    of: ReviewJson<'a>,
    inline: &'a InlineRecord,
}

impl Serialize for InlineJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (review, inline) = (self.of.review, self.inline);
        let comment = &self.of.view.world.comments[&inline.comment];
        let page = self.of.page();
        object!(serializer, {
            "id": inline.comment,
            "body": comment.body,
            "user": self.of.view.user(comment.author),
            "resolver": (),
            "pull_request_review_id": review.id,
            "created_at": Time(comment.created),
            "updated_at": Time(comment.updated),
            "path": inline.path,
            "commit_id": self.of.pull.head.sha,
            "original_commit_id": "",
            "diff_hunk": "",
            "position": inline.position,
            "original_position": 0,
            "html_url": format_args!("{page}#issuecomment-{}", inline.comment),
            "pull_request_url": page,
        })
    }
}
