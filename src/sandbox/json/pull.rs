//! A pull request, its reviews and inline comments.

use serde::{Serialize, Serializer};

use super::{Time, UserJson, View, null_if_empty, object, time};
use crate::core::model::time::Timestamp;
use crate::sandbox::world::heads::kept_head;
use crate::sandbox::world::records::{
    BranchRecord, InlineRecord, IssueRecord, PullRecord, ReviewRecord, ReviewRequestRecord,
    ReviewState,
};

/// A pull request, as `/pulls` and its webhooks show it.
pub(crate) struct PullJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
    pull: &'a PullRecord,
    /// Whether its size is told: in lists it is not.
    in_full: bool,
    /// Whether the server still looks whether it can be merged.
    is_checked: bool,
}

impl<'a> View<'a> {
    /// The pull request of a global id; none if that is an issue.
    pub(crate) fn pull(self, id: i64) -> Option<PullJson<'a>> {
        let issue = self.world.issue(id);
        let pull = issue.pull.as_ref()?;
        Some(PullJson { view: self, issue, pull, in_full: true, is_checked: false })
    }

    /// The pull request, as a list shows it.
    pub(crate) fn listed_pull(self, id: i64) -> Option<PullJson<'a>> {
        let in_full = self.world.version.lists_pulls_in_full();
        Some(PullJson { in_full, ..self.pull(id)? })
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
    /// As it is shown right after a push.
    pub(super) fn being_checked(self) -> Self {
        Self { is_checked: true, ..self }
    }

    fn given(&self) -> impl Iterator<Item = &'a ReviewRecord> {
        self.pull.reviews.iter().filter(|review| review.given.is_some())
    }

    /// Whoever reviewed counts as asked, as long as that review counts; who spoke last is last.
    fn reviewers(&self) -> Vec<UserJson<'a>> {
        let counting = self.given().filter(|review| review.dismissed.is_none());
        let last_words = counting.map(|review| {
            let at = review.given.as_ref().map_or(review.begun, |given| given.at);
            (at, review.id, review.author)
        });
        let asked = self.pull.asked.iter().map(|asked| (asked.at, asked.id, asked.reviewer));
        let mut said: Vec<(Timestamp, i64, i64)> = last_words.chain(asked).collect();
        said.sort_unstable();
        let is_last = |at: &usize| said[at + 1..].iter().all(|later| later.2 != said[*at].2);
        let last = (0..said.len()).filter(is_last);
        last.map(|at| self.view.public_user(said[at].2)).collect()
    }

    /// People; nobody is an empty list or `null`.
    fn listed(&self, people: Vec<UserJson<'a>>) -> Option<Vec<UserJson<'a>>> {
        if self.lists_nobody_as_empty() { Some(people) } else { null_if_empty(people) }
    }

    /// Where many are shown, nobody is `null`.
    fn lists_nobody_as_empty(&self) -> bool {
        self.in_full && self.view.world.version.lists_nobody_as_empty()
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
        let no_teams = self.lists_nobody_as_empty().then_some([(); 0]);
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
            "requested_reviewers_teams"? newer.then_some(no_teams),
            "state": if issue.is_open() { "open" } else { "closed" },
            "draft": issue.is_draft(),
            "is_locked": issue.locked,
            "comments": issue.comments.len(),
            "review_comments"? (reviews > 0 || shows_none).then_some(reviews),
            "additions"? self.in_full.then_some(pull.size.added),
            "deletions"? self.in_full.then_some(pull.size.removed),
            "changed_files"? self.in_full.then_some(pull.size.files),
            "html_url": page,
            "diff_url": format_args!("{page}.diff"),
            "patch_url": format_args!("{page}.patch"),
            "mergeable": pull.mergeable && !self.is_checked,
            "merged": pull.merged.is_some(),
            "merged_at": pull.merged.as_ref().map(|merge| Time(merge.at)),
            "merge_commit_sha": pull.merged.as_ref().map(|merge| &merge.commit),
            "merged_by": pull.merged.as_ref().map(|merge| view.public_user(merge.by)),
            "allow_maintainer_edit": pull.maintainers_may_edit,
            "base": self.branch(&pull.base),
            "head": self.branch(&pull.head),
            "merge_base": pull.merge_base,
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
        let branch = self.branch;
        let kept = kept_head(self.issue.number);
        let repo = self.view.world.repos.contains_key(&branch.repo).then_some(branch.repo);
        object!(serializer, {
            "label": branch.name,
            "ref": if branch.is_gone { &kept } else { &branch.name },
            "sha": branch.sha,
            "repo_id": branch.repo,
            "repo": repo.map(|repo| self.view.repo(repo)),
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
            "commit_id": review.commit,
            "stale": review.stale,
            "official": given.is_some_and(|given| given.official),
            "dismissed": review.dismissed.is_some(),
            "comments_count": review.inline.len(),
            "submitted_at": Time(review.begun),
            "updated_at": Time(review.dismissed.or(given.map(|given| given.at)).unwrap_or(review.begun)),
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
            "commit_id": review.commit,
            "original_commit_id": "",
            "diff_hunk": inline.hunk,
            "position": inline.position,
            "original_position": 0,
            "html_url": format_args!("{page}#issuecomment-{}", inline.comment),
            "pull_request_url": page,
        })
    }
}

/// Somebody who is asked for a review, among the reviews.
pub(crate) struct ReviewRequestJson<'a> {
    view: View<'a>,
    issue: &'a IssueRecord,
    asked: &'a ReviewRequestRecord,
}

impl<'a> View<'a> {
    pub(crate) fn review_request(
        self,
        issue: &'a IssueRecord,
        asked: &'a ReviewRequestRecord,
    ) -> ReviewRequestJson<'a> {
        ReviewRequestJson { view: self, issue, asked }
    }
}

impl Serialize for ReviewRequestJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let asked = self.asked;
        object!(serializer, {
            "id": asked.id,
            "user": self.view.user(asked.reviewer),
            "team": (),
            "state": "REQUEST_REVIEW",
            "body": "",
            "commit_id": "",
            "stale": false,
            "official": true,
            "dismissed": false,
            "comments_count": 0,
            "submitted_at": Time(asked.at),
            "updated_at": Time(asked.at),
            "html_url": "",
            "pull_request_url": self.view.url(self.view.thread_path(self.issue)),
        })
    }
}
