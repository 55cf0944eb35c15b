//! Pull requests: opening them, and reviewing them.

use sha2::{Digest, Sha256};

use crate::core::model::ids::RepoId;

use super::events::{Change, Event};
use super::records::{
    BranchRecord, CommentKind, GivenReview, InlineRecord, PullRecord, ReviewRecord, ReviewState,
    TimelineChange,
};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};
use crate::sandbox::git::{ChangeCount, CommitOrder, FileEdit};

pub(crate) struct NewPull {
    pub(crate) title: String,
    pub(crate) body: String,
    /// Where its branch lies.
    pub(crate) from: RepoId,
    pub(crate) head: String,
    pub(crate) base: String,
    /// Whether maintainers may push to the branch, if somebody said so.
    pub(crate) maintainers_may_edit: Option<bool>,
}

/// Something that looks like the id of a branch's commit, always the same.
fn made_up_commit(branch: &str) -> String {
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
    /// Opens a pull request between two branches that are there.
    pub(crate) fn open_pull(
        &mut self,
        user: i64,
        repo: RepoId,
        new: NewPull,
    ) -> Result<i64, Refusal> {
        self.require_unarchived(repo)?;
        let unchanged = || {
            let text = "Invalid PullRequest: There are no changes between the head and the base";
            Refusal::Unprocessable(text.to_owned())
        };
        if new.from == repo && new.head == new.base {
            return Err(unchanged());
        }
        let missing = |branch: &str| self.version.no_branch_to_pull(branch);
        let base = self.code(repo)?.branch(&new.base)?.ok_or_else(|| missing(&new.base))?;
        let head = self.code(new.from)?.branch(&new.head)?.ok_or_else(|| missing(&new.head))?;
        self.require_new_pull(repo, &new)?;
        if new.from == repo && head == base {
            return Err(unchanged());
        }
        let id = self.insert_pull(user, repo, new, (head, base));
        self.refresh_pull(id)?;
        self.note_first_commits(user, id)?;
        self.note_activity(user, repo, "create_pull_request", "", self.activity_of_thread(id));
        self.emit(&Event::issue(user, id, Change::Created));
        Ok(id)
    }

    /// What the activity tells of a thread.
    pub(super) fn activity_of_thread(&self, id: i64) -> String {
        let issue = self.issue(id);
        format!("{}|{}", issue.number, issue.title)
    }

    fn insert_pull(
        &mut self,
        user: i64,
        repo: RepoId,
        new: NewPull,
        (head, base): (String, String),
    ) -> i64 {
        let branch = |repo, name, sha| BranchRecord { repo, name, sha, is_gone: false };
        let may_say = self.version.lets_maintainers_edit();
        let mut pull =
            self.new_pull(branch(new.from, new.head, head), branch(repo, new.base, base));
        pull.maintainers_may_edit = may_say && new.maintainers_may_edit.unwrap_or(true);
        self.insert_issue(user, repo, new.title, new.body, Some(pull))
    }

    /// The timeline begins with the commits that it was opened with.
    fn note_first_commits(&mut self, user: i64, id: i64) -> Result<(), Refusal> {
        let issue = self.issue(id);
        let Some(pull) = &issue.pull else { return Ok(()) };
        let code = self.code(issue.repo)?;
        let commits = code.commits_between(&pull.base.sha, &pull.head.sha)?;
        let commits: Vec<String> = commits.into_iter().rev().map(|commit| commit.id).collect();
        if !commits.is_empty() {
            self.note_in_timeline(user, id, TimelineChange::Push { forced: false, commits });
        }
        Ok(())
    }

    /// What makes an issue a pull request, without a review. It can be merged, and changes a line.
    pub(crate) fn new_pull(&mut self, head: BranchRecord, base: BranchRecord) -> PullRecord {
        PullRecord {
            id: self.next_id(IdKind::Pull),
            merge_base: base.sha.clone(),
            head,
            base,
            size: ChangeCount { files: 1, added: 1, removed: 0 },
            mergeable: true,
            merged: None,
            maintainers_may_edit: self.version.lets_maintainers_edit(),
            scheduled: None,
            asked: Vec::new(),
            reviews: Vec::new(),
        }
    }

    /// A pull request of a branch that git knows nothing of, as backlogs of any size have them.
    pub(crate) fn made_up_pull(&mut self, repo: RepoId, head: &str) -> PullRecord {
        let branch = |name: &str| {
            let (name, sha) = (name.to_owned(), made_up_commit(name));
            BranchRecord { repo, name, sha, is_gone: false }
        };
        let (head, base) = (branch(head), branch(&self.repo(repo).trunk));
        self.new_pull(head, base)
    }

    /// Makes a branch with a commit of one file, unless it is there: somebody pushed it before.
    pub(crate) fn ensure_branch(
        &mut self,
        user: i64,
        repo: RepoId,
        name: &str,
    ) -> Result<(), Refusal> {
        let code = self.code(repo)?;
        if code.branch(name)?.is_some() {
            return Ok(());
        }
        let trunk = code.branch(&self.repo(repo).trunk)?;
        let path = format!("{name}.txt");
        code.commit(&CommitOrder {
            branch: name,
            parent: trunk.as_deref(),
            signer: &self.signer(user),
            message: &format!("Work on {name}\n"),
            edits: &[FileEdit::Write { path, content: format!("{name}\n").into_bytes() }],
        })?;
        Ok(())
    }

    /// Lets who may write to the base push to the head, or not: its author decides.
    pub(crate) fn let_maintainers_edit(
        &mut self,
        user: i64,
        issue: i64,
        allows: bool,
    ) -> Result<(), Refusal> {
        let thread = self.issue(issue);
        if thread.author != user && !self.can_write(user, thread) {
            return Err(Refusal::ForbiddenBare);
        }
        if let Some(pull) = &mut self.issue_mut(issue).pull {
            pull.maintainers_may_edit = allows;
        }
        Ok(())
    }

    /// Between two branches there is one open pull request.
    fn require_new_pull(&self, repo: RepoId, new: &NewPull) -> Result<(), Refusal> {
        let open = self.repo(repo).threads.values().map(|id| self.issue(*id));
        for issue in open.filter(|issue| issue.is_open()) {
            let Some(pull) = &issue.pull else { continue };
            let same = (&pull.head.name, &pull.base.name) == (&new.head, &new.base);
            if same && pull.head.repo == new.from {
                return Err(Refusal::Conflict(format!(
                    "pull request already exists for these targets [id: {}, issue_id: {}, \
                     head_repo_id: {}, base_repo_id: {}, head_branch: {}, base_branch: {}]",
                    pull.id, issue.id, new.from.0, repo.0, new.head, new.base
                )));
            }
        }
        Ok(())
    }

    /// Reviews a pull request; the id of the review.
    pub(crate) fn review(&mut self, user: i64, issue: i64, new: NewReview) -> Result<i64, Refusal> {
        self.require_may_review(user, issue, new.verdict)?;
        let review = self.go_on_with_review(user, issue, new.inline);
        if std::mem::take(&mut self.fails_to_submit) {
            return Err(Refusal::Internal);
        }
        self.submit_review(user, issue, review, new.verdict, new.body)?;
        Ok(review)
    }

    /// What somebody says of lines is added to the review that they began, if there is one.
    fn go_on_with_review(
        &mut self,
        user: i64,
        issue: i64,
        inline: Vec<(String, i64, String)>,
    ) -> i64 {
        let is_begun = |review: &&ReviewRecord| review.author == user && review.given.is_none();
        let pull = self.issue(issue).pull.as_ref();
        let begun = pull.and_then(|pull| pull.reviews.iter().find(is_begun)).map(|begun| begun.id);
        let added = self.begin_review(user, issue, inline);
        let Some(begun) = begun else { return added };
        if let Some(pull) = &mut self.issue_mut(issue).pull
            && let Some(at) = pull.reviews.iter().position(|review| review.id == added)
        {
            let added = pull.reviews.remove(at);
            let mut reviews = pull.reviews.iter_mut();
            if let Some(review) = reviews.find(|review| review.id == begun) {
                review.inline.extend(added.inline);
            }
        }
        begun
    }

    /// Deletes a review, which its author may.
    pub(crate) fn delete_review(
        &mut self,
        user: i64,
        issue: i64,
        review: i64,
    ) -> Result<(), Refusal> {
        let pull = self.issue(issue).pull.as_ref().ok_or(Refusal::HIDDEN)?;
        let found = pull.reviews.iter().find(|r| r.id == review).ok_or(Refusal::HIDDEN)?;
        if found.author != user {
            return Err(Refusal::Forbidden(String::new()));
        }
        let given = found.given.as_ref().map(|given| given.comment);
        let comments = found.inline.iter().map(|inline| inline.comment).chain(given);
        for comment in comments.collect::<Vec<_>>() {
            self.issue_mut(issue).comments.remove(&comment);
            self.comments.remove(&comment);
        }
        if let Some(pull) = &mut self.issue_mut(issue).pull {
            pull.reviews.retain(|r| r.id != review);
        }
        self.timeline.retain(|line| match &line.change {
            TimelineChange::Review { review: of, .. }
            | TimelineChange::DismissReview { review: of, .. } => *of != review,
            _ => true,
        });
        Ok(())
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
                let hunk = self.hunk(issue, &path, position);
                InlineRecord { comment, path, position, hunk }
            })
            .collect();
        let (id, begun) = (self.next_id(IdKind::Review), self.now);
        let pull = self.issue(issue).pull.as_ref();
        let commit = pull.map(|pull| pull.head.sha.clone()).unwrap_or_default();
        let (stale, dismissed, given) = (false, None, None);
        let author = user;
        let review = ReviewRecord { id, author, begun, inline, commit, stale, dismissed, given };
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
        self.supersede_reviews(user, issue, verdict);
        let change = TimelineChange::Review { review, comment, body: body.clone() };
        self.note_in_timeline(user, issue, change);
        let given = GivenReview { comment, verdict, body, official, at: self.now };
        let mut reviews = self.touch(issue).pull.iter_mut().flat_map(|pull| &mut pull.reviews);
        let begun = reviews.find(|r| r.id == review).ok_or(Refusal::HIDDEN)?;
        begun.given = Some(given);
        self.emit(&Event::Reviewed { doer: user, issue, review });
        self.merge_what_waits(self.issue(issue).repo)
    }

    /// What the change shows around a line; nothing where git knows nothing of it.
    fn hunk(&self, issue: i64, path: &str, line: i64) -> String {
        let thread = self.issue(issue);
        let Some(pull) = &thread.pull else { return String::new() };
        let Ok(code) = self.code(thread.repo) else { return String::new() };
        code.hunk(&pull.merge_base, &pull.head.sha, (path, line)).unwrap_or_default()
    }

    /// A newer verdict of somebody takes the place of theirs before, and of being asked for one.
    fn supersede_reviews(&mut self, user: i64, issue: i64, verdict: ReviewState) {
        let now = self.now;
        let Some(pull) = &mut self.issue_mut(issue).pull else { return };
        pull.asked.retain(|asked| asked.reviewer != user);
        if verdict == ReviewState::Comment {
            return;
        }
        for review in pull.reviews.iter_mut().filter(|review| review.author == user) {
            let Some(given) = &mut review.given else { continue };
            let counts = given.verdict != ReviewState::Comment;
            if counts && review.dismissed.is_none() {
                review.dismissed = Some(now);
                given.official = false;
            }
        }
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
        let (path, position, hunk) = (first.path.clone(), first.position, first.hunk.clone());
        review.inline.push(InlineRecord { comment, path, position, hunk });
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
