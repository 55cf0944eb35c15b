//! Pull requests as far as people talk on them: they exist, and they are reviewed.
//! There is no git behind them: branches and commits are names.

use sha2::{Digest, Sha256};

use crate::core::model::ids::RepoId;

use super::events::{Change, Event};
use super::records::{
    BranchRecord, CommentKind, GivenReview, InlineRecord, PullRecord, ReviewRecord, ReviewState,
};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};

pub(crate) struct NewPull {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) head: BranchRecord,
    pub(crate) base: BranchRecord,
}

impl NewPull {
    /// A pull request from the branch `head` to the branch `base`, with commits made up.
    pub(crate) fn between(title: String, body: String, head: &str, base: &str) -> Self {
        Self { title, body, head: branch(head), base: branch(base) }
    }
}

/// A branch, with a commit made up.
pub(crate) fn branch(name: &str) -> BranchRecord {
    BranchRecord { name: name.to_owned(), sha: commit_of(name) }
}

/// Something that looks like the id of a branch's commit, always the same.
fn commit_of(branch: &str) -> String {
    let hash = Sha256::digest(branch.as_bytes());
    base16ct::lower::encode_string(&hash[..20])
}

pub(crate) struct NewReview {
    pub(crate) verdict: ReviewState,
    pub(crate) body: String,
    /// Path, position and text of each comment on a line.
    pub(crate) inline: Vec<(String, i64, String)>,
}

impl World {
    pub(crate) fn open_pull(
        &mut self,
        user: i64,
        repo: RepoId,
        new: NewPull,
    ) -> Result<i64, Refusal> {
        self.require_unarchived(repo)?;
        self.require_new_pull(repo, &new)?;
        let pull = self.new_pull(new.head, new.base);
        let id = self.insert_issue(user, repo, new.title, new.body, Some(pull));
        self.emit(&Event::issue(user, id, Change::Created));
        Ok(id)
    }

    /// What makes an issue a pull request, without a review.
    pub(crate) fn new_pull(&mut self, head: BranchRecord, base: BranchRecord) -> PullRecord {
        PullRecord { id: self.next_id(IdKind::Pull), head, base, reviews: Vec::new() }
    }

    /// Between two branches there is one open pull request.
    fn require_new_pull(&self, repo: RepoId, new: &NewPull) -> Result<(), Refusal> {
        let open = self.repo(repo).threads.values().map(|id| self.issue(*id));
        for issue in open.filter(|issue| issue.is_open()) {
            let Some(pull) = &issue.pull else { continue };
            if (&pull.head.name, &pull.base.name) == (&new.head.name, &new.base.name) {
                return Err(Refusal::Conflict(format!(
                    "pull request already exists for these targets [id: {}, issue_id: {}, \
                     head_repo_id: {}, base_repo_id: {}, head_branch: {}, base_branch: {}]",
                    pull.id, issue.id, repo.0, repo.0, new.head.name, new.base.name
                )));
            }
        }
        Ok(())
    }

    /// Reviews a pull request; the id of the review.
    pub(crate) fn review(&mut self, user: i64, issue: i64, new: NewReview) -> Result<i64, Refusal> {
        self.require_may_review(user, issue, new.verdict)?;
        let review = self.begin_review(user, issue, new.inline);
        self.submit_review(user, issue, review, new.verdict, new.body)?;
        Ok(review)
    }

    /// Begins a review that nobody else sees until it is submitted; its id.
    pub(crate) fn begin_review(
        &mut self,
        user: i64,
        issue: i64,
        inline: Vec<(String, i64, String)>,
    ) -> i64 {
        let inline = inline
            .into_iter()
            .map(|(path, position, body)| {
                let comment = self.add_comment(user, issue, &body, CommentKind::OfReview);
                InlineRecord { comment, path, position }
            })
            .collect();
        let (id, begun) = (self.next_id(IdKind::Review), self.now);
        let review = ReviewRecord { id, author: user, begun, inline, given: None };
        if let Some(pull) = &mut self.issue_mut(issue).pull {
            pull.reviews.push(review);
        }
        id
    }

    /// Submits what was begun.
    pub(crate) fn submit_review(
        &mut self,
        user: i64,
        issue: i64,
        review: i64,
        verdict: ReviewState,
        body: String,
    ) -> Result<(), Refusal> {
        self.require_may_review(user, issue, verdict)?;
        let repo = self.repo(self.issue(issue).repo);
        let official = verdict != ReviewState::Comment
            && self.mode(Some(user), repo, Unit::Code) >= Mode::Write;
        let comment = self.add_comment(user, issue, &body, CommentKind::OfReview);
        let given = GivenReview { comment, verdict, body, official, at: self.now };
        let mut reviews = self.touch(issue).pull.iter_mut().flat_map(|pull| &mut pull.reviews);
        let begun = reviews.find(|r| r.id == review).ok_or(Refusal::HIDDEN)?;
        begun.given = Some(given);
        self.emit(&Event::Reviewed { doer: user, issue, review });
        Ok(())
    }

    /// Whether a comment belongs to a review that is not submitted.
    pub(super) fn is_draft(&self, comment: i64) -> bool {
        let Some(comment) = self.comments.get(&comment) else { return false };
        let pull = self.issue(comment.issue).pull.as_ref();
        let mut drafts = pull.iter().flat_map(|pull| &pull.reviews).filter(|r| r.given.is_none());
        drafts.any(|review| review.inline.iter().any(|inline| inline.comment == comment.id))
    }

    /// Replies to the first comment on a line of a review. The reply belongs to that review, and
    /// is told of like a comment.
    pub(crate) fn reply_to_review(
        &mut self,
        user: i64,
        issue: i64,
        review: i64,
        body: &str,
    ) -> Result<i64, Refusal> {
        self.require_unarchived(self.issue(issue).repo)?;
        let comment = self.add_comment(user, issue, body, CommentKind::OfReview);
        let mut reviews = self.touch(issue).pull.iter_mut().flat_map(|pull| &mut pull.reviews);
        let review = reviews.find(|r| r.id == review).ok_or(Refusal::HIDDEN)?;
        let first = review.inline.first().ok_or(Refusal::HIDDEN)?;
        let (path, position) = (first.path.clone(), first.position);
        review.inline.push(InlineRecord { comment, path, position });
        self.emit(&Event::comment(user, issue, comment, Change::Created));
        Ok(comment)
    }

    /// Replies to a comment on a line, in the review that it belongs to. A comment that is none is
    /// a 400, one of another pull request a 404.
    pub(crate) fn reply_to_inline(
        &mut self,
        user: i64,
        issue: i64,
        comment: i64,
        body: &str,
    ) -> Result<i64, Refusal> {
        let parent = self.comment_in(self.issue(issue).repo, comment)?.issue;
        let pull = self.issue(parent).pull.as_ref();
        let is_inline = |review: &&ReviewRecord| review.inline.iter().any(|i| i.comment == comment);
        let review = pull.and_then(|pull| pull.reviews.iter().find(is_inline)).map(|r| r.id);
        let review = review
            .ok_or_else(|| Refusal::BadRequest("comment is not a review comment".to_owned()))?;
        if parent != issue {
            return Err(Refusal::HIDDEN);
        }
        self.reply_to_review(user, issue, review, body)
    }

    fn require_may_review(
        &self,
        user: i64,
        issue: i64,
        verdict: ReviewState,
    ) -> Result<(), Refusal> {
        let issue = self.issue(issue);
        self.require_unarchived(issue.repo)?;
        let own = issue.author == user;
        let refuse = |what: &str| {
            Err(Refusal::Unprocessable(format!("{what} your own pull is not allowed")))
        };
        match verdict {
            ReviewState::Approved if own => refuse("approve"),
            ReviewState::RequestChanges if own => refuse("reject"),
            _ => Ok(()),
        }
    }
}
