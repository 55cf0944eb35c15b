//! Comments: writing, editing, deleting, finding.

use crate::core::model::ids::{RepoId, Subject};
use crate::core::model::time::Timestamp;

use super::events::{Change, Event};
use super::records::{CommentKind, CommentRecord};
use super::refusal::Refusal;
use super::rights::Mode;
use super::{IdKind, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edited {
    Changed,
    /// The new text is the old one: Gitea 1.25 answers without the author, and tells nobody.
    Same,
}

impl World {
    /// Adds a comment. A missing issue is a 500 here, as Gitea has it.
    pub(crate) fn create_comment(
        &mut self,
        user: i64,
        repo: RepoId,
        number: i64,
        body: &str,
    ) -> Result<i64, Refusal> {
        let issue = self.thread(repo, number).map_err(|_| Refusal::Internal)?;
        self.require_may_comment(user, issue)?;
        let id = self.add_comment(user, issue, body, CommentKind::Plain);
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.comments.insert(id);
        }
        self.touch(issue).comments.insert(id);
        self.emit(&Event::comment(user, issue, id, Change::Created));
        Ok(id)
    }

    fn require_may_comment(&self, user: i64, issue: i64) -> Result<(), Refusal> {
        let issue = self.issue(issue);
        let repo = self.repo(issue.repo);
        self.require_unarchived(repo.id)?;
        let mode = self.mode(Some(user), repo, issue.unit());
        match mode {
            Mode::None => Err(Refusal::ForbiddenBare),
            Mode::Read if issue.locked => {
                Err(Refusal::Forbidden("You cannot comment on a locked issue.".into()))
            }
            _ => self.require_may_write_in(user, issue),
        }
    }

    /// Stores a comment of any kind, without telling anybody.
    pub(crate) fn add_comment(
        &mut self,
        author: i64,
        issue: i64,
        body: &str,
        kind: CommentKind,
    ) -> i64 {
        let id = self.next_id(IdKind::Comment);
        let (created, updated) = (self.now, self.now);
        let body = body.to_owned();
        let comment = CommentRecord { id, issue, author, kind, body, created, updated, edits: 0 };
        self.comments.insert(id, comment);
        id
    }

    /// Changes a comment's text: its author may, and whoever may write to the issue.
    /// The issue does not move.
    pub(crate) fn edit_comment(
        &mut self,
        user: i64,
        id: i64,
        body: &str,
    ) -> Result<Edited, Refusal> {
        let issue = self.require_may_change(user, id)?;
        self.require_may_write_in(user, self.issue(issue))?;
        let now = self.now;
        let Some(comment) = self.comments.get_mut(&id) else { return Err(missing(id)) };
        let same = comment.body == body;
        if same && !self.version.takes_any_edit_for_a_change() {
            return Ok(Edited::Same);
        }
        let before = std::mem::replace(&mut comment.body, body.to_owned());
        comment.updated = now;
        comment.edits += u32::from(!same);
        if self.version.tells_of_drafts() || !self.is_draft(id) {
            self.emit(&Event::comment(user, issue, id, Change::Edited { body: Some(before) }));
        }
        Ok(Edited::Changed)
    }

    /// Deletes a comment: its author may, and whoever may write to the issue.
    pub(crate) fn delete_comment(&mut self, user: i64, id: i64) -> Result<(), Refusal> {
        let issue = self.require_may_change(user, id)?;
        let repo = self.issue(issue).repo;
        let thread = self.issue_mut(issue);
        thread.comments.remove(&id);
        for review in thread.pull.iter_mut().flat_map(|pull| &mut pull.reviews) {
            review.inline.retain(|inline| inline.comment != id);
        }
        if self.version.moves_a_thread_when_a_comment_is_deleted() {
            self.touch(issue);
        }
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.comments.remove(&id);
        }
        self.emit(&Event::comment(user, issue, id, Change::Deleted));
        self.comments.remove(&id);
        self.reactions.remove(&Subject::Comment(id));
        Ok(())
    }

    fn require_may_change(&self, user: i64, id: i64) -> Result<i64, Refusal> {
        let comment = self.comments.get(&id).ok_or_else(|| missing(id))?;
        let issue = self.issue(comment.issue);
        self.require_unarchived(issue.repo)?;
        if comment.author == user || self.can_write(user, issue) {
            Ok(issue.id)
        } else {
            Err(Refusal::ForbiddenBare)
        }
    }

    /// The comment `id`, if it is one of `repo`.
    pub(crate) fn comment_in(&self, repo: RepoId, id: i64) -> Result<&CommentRecord, Refusal> {
        let comment = self.comments.get(&id).ok_or_else(|| missing(id))?;
        if self.issue(comment.issue).repo == repo { Ok(comment) } else { Err(Refusal::HIDDEN) }
    }

    /// Whether this is a line of a timeline in `repo`: one of the comments as well, without words.
    pub(crate) fn is_timeline_entry(&self, repo: RepoId, id: i64) -> bool {
        let line = self.timeline.binary_search_by_key(&id, |line| line.id);
        let line = line.ok().and_then(|place| self.timeline.get(place));
        line.and_then(|line| self.issues.get(&line.issue)).is_some_and(|issue| issue.repo == repo)
    }

    /// The plain comments among `ids` that changed at `since` or later and not after `before`.
    pub(crate) fn comments_between<'a>(
        &'a self,
        ids: impl Iterator<Item = &'a i64>,
        since: Option<Timestamp>,
        before: Option<Timestamp>,
    ) -> Vec<&'a CommentRecord> {
        ids.filter_map(|id| self.comments.get(id))
            .filter(|c| since.is_none_or(|t| c.updated >= t))
            .filter(|c| before.is_none_or(|t| c.updated <= t))
            .collect()
    }
}

fn missing(id: i64) -> Refusal {
    Refusal::NotFound(Some(format!("comment does not exist [id: {id}, issue_id: 0]")))
}
