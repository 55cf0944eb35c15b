//! Issues: opening, editing, assigning, blocking, finding.

use std::collections::BTreeSet;

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

use super::events::{Change, Event};
use super::records::{IssueRecord, PullRecord, TimelineChange};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};

#[derive(Default)]
pub(crate) struct NewIssue {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<i64>,
    pub(crate) assignees: Vec<String>,
}

/// What to change of an issue; `None` leaves a thing as it is.
#[derive(Default)]
pub(crate) struct IssuePatch {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) open: Option<bool>,
    pub(crate) assignees: Option<Vec<String>>,
    /// Zero takes the milestone away.
    pub(crate) milestone: Option<i64>,
    pub(crate) due: Option<Timestamp>,
}

impl World {
    /// Opens an issue. Who may not write has labels and assignees ignored.
    pub(crate) fn open_issue(
        &mut self,
        user: i64,
        repo: RepoId,
        new: NewIssue,
    ) -> Result<i64, Refusal> {
        self.require_unarchived(repo)?;
        let writer = self.mode(Some(user), self.repo(repo), Unit::Issues) >= Mode::Write;
        let assignees = match writer {
            true => self
                .named_assignees(&new.assignees)
                .map_err(|_| Refusal::Unprocessable("assignee does not exist".into()))?,
            false => Vec::new(),
        };
        let id = self.insert_issue(user, repo, new.title, new.body, None);
        self.note_activity(user, repo, "create_issue", "", self.activity_of_thread(id));
        if writer {
            let known = new.labels.into_iter().filter(|id| self.labels.contains_key(id));
            let known: BTreeSet<i64> = known.collect();
            self.issue_mut(id).labels = known;
        }
        let issue_first = self.version.tells_of_the_issue_before_its_assignees();
        if issue_first {
            self.emit(&Event::issue(user, id, Change::Created));
        }
        // Before 1.27 Gitea tells of the assignment first, from inside the transaction.
        for assignee in assignees {
            self.assign(user, id, assignee);
        }
        if !issue_first {
            self.emit(&Event::issue(user, id, Change::Created));
        }
        Ok(id)
    }

    /// Stores an issue or a pull request, without telling anybody.
    pub(crate) fn insert_issue(
        &mut self,
        author: i64,
        repo: RepoId,
        title: String,
        body: String,
        pull: Option<PullRecord>,
    ) -> i64 {
        let id = self.next_id(IdKind::Issue);
        let now = self.now;
        let number = self.repo(repo).last_number + 1;
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.last_number = number;
            repo.threads.insert(number, id);
            *repo.open_count(pull.is_some()) += 1;
        }
        let issue = IssueRecord {
            id,
            repo,
            number,
            author,
            title,
            body,
            locked: false,
            labels: BTreeSet::new(),
            assignees: Vec::new(),
            milestone: None,
            due: None,
            pinned: false,
            blockers: BTreeSet::new(),
            comments: BTreeSet::new(),
            pull,
            version: 0,
            created: now,
            updated: now,
            closed: None,
        };
        self.issues.insert(id, issue);
        self.last_search.forget();
        id
    }

    /// Changes an issue: its author may, and writers. Of authors who are no writers,
    /// assignees, milestone and due date are ignored in silence.
    ///
    /// Not atomic: what stands before a refusal stays done, as in Gitea.
    pub(crate) fn edit_issue(
        &mut self,
        user: i64,
        id: i64,
        patch: IssuePatch,
    ) -> Result<(), Refusal> {
        let issue = self.issue(id);
        self.require_unarchived(issue.repo)?;
        let writer = self.can_write(user, issue);
        if !writer && issue.author != user {
            return Err(Refusal::ForbiddenBare);
        }
        if let Some(title) = patch.title.filter(|t| *t != self.issue(id).title) {
            let before = std::mem::replace(&mut self.touch(id).title, title);
            self.emit(&Event::issue(user, id, Change::Retitled { title: before }));
        }
        if let Some(body) = patch.body.filter(|b| *b != self.issue(id).body) {
            let issue = self.touch(id);
            issue.version += 1;
            let before = std::mem::replace(&mut issue.body, body);
            self.emit(&Event::issue(user, id, Change::Edited { body: Some(before) }));
        }
        if writer {
            self.edit_planning(user, id, patch.due, patch.assignees, patch.milestone)?;
        }
        match patch.open {
            Some(open) => self.set_open(user, id, open),
            None => Ok(()),
        }
    }

    fn edit_planning(
        &mut self,
        user: i64,
        id: i64,
        due: Option<Timestamp>,
        assignees: Option<Vec<String>>,
        milestone: Option<i64>,
    ) -> Result<(), Refusal> {
        if let Some(due) = due {
            self.touch(id).due = Some(end_of_day(due));
        }
        if let Some(logins) = assignees {
            self.replace_assignees(user, id, &logins)?;
        }
        if let Some(milestone) = milestone {
            let known = Some(milestone).filter(|id| self.milestones.contains_key(id));
            self.touch(id).milestone = known;
            self.emit(&Event::Milestone { doer: user, issue: id });
        }
        Ok(())
    }

    /// Sets who is assigned. An unknown login is a 500 before anything changed; somebody who
    /// cannot be assigned is a 500, before 1.27 after the old ones were removed.
    fn replace_assignees(&mut self, user: i64, id: i64, logins: &[String]) -> Result<(), Refusal> {
        let repo = self.issue(id).repo;
        let wanted = self.named_assignees(logins)?;
        self.require_unblocked(user, wanted.iter().copied())?;
        if self.version.assigns_all_or_none() {
            return self.replace_assignees_at_once(user, id, wanted);
        }
        for former in self.issue(id).assignees.clone() {
            if !wanted.contains(&former) {
                self.unassign(user, id, former);
            }
        }
        for assignee in wanted {
            if !self.can_see(Some(assignee), self.repo(repo)) {
                return Err(Refusal::Internal);
            }
            if !self.issue(id).assignees.contains(&assignee) {
                self.assign(user, id, assignee);
            }
        }
        Ok(())
    }

    /// All of them or none; told of only then.
    fn replace_assignees_at_once(
        &mut self,
        user: i64,
        id: i64,
        wanted: Vec<i64>,
    ) -> Result<(), Refusal> {
        let repo = self.issue(id).repo;
        if wanted.iter().any(|assignee| self.require_assignable(*assignee, repo).is_err()) {
            return Err(Refusal::Internal);
        }
        let before = self.issue(id).assignees.clone();
        if before == wanted {
            return Ok(());
        }
        self.touch(id).assignees.clone_from(&wanted);
        let removed = before.iter().filter(|former| !wanted.contains(former));
        let added = wanted.iter().filter(|now| !before.contains(now));
        let removed = removed.map(|former| (*former, false));
        for (assignee, assigned) in removed.chain(added.map(|now| (*now, true))) {
            self.note_in_timeline(
                user,
                id,
                TimelineChange::Assignee { user: assignee, removed: !assigned },
            );
            self.emit(&Event::Assignee { doer: user, issue: id, assigned });
        }
        Ok(())
    }

    /// Assigns these as well.
    pub(crate) fn add_assignees(
        &mut self,
        user: i64,
        id: i64,
        logins: &[String],
    ) -> Result<(), Refusal> {
        let added = self.assignees_to_change(user, id, logins)?;
        let repo = self.issue(id).repo;
        for assignee in &added {
            self.require_assignable(*assignee, repo)?;
        }
        let is_new = |login: &i64| !self.issue(id).assignees.contains(login);
        let added: Vec<i64> = added.into_iter().filter(is_new).collect();
        // Each is told of when all are assigned.
        for assignee in &added {
            self.note_assigned(user, id, *assignee);
        }
        for _ in added {
            self.emit(&Event::Assignee { doer: user, issue: id, assigned: true });
        }
        Ok(())
    }

    /// Assigns these no longer.
    pub(crate) fn remove_assignees(
        &mut self,
        user: i64,
        id: i64,
        logins: &[String],
    ) -> Result<(), Refusal> {
        for removed in self.assignees_to_change(user, id, logins)? {
            if self.issue(id).assignees.contains(&removed) {
                self.unassign(user, id, removed);
            }
        }
        Ok(())
    }

    fn assignees_to_change(
        &self,
        user: i64,
        id: i64,
        logins: &[String],
    ) -> Result<Vec<i64>, Refusal> {
        let issue = self.issue(id);
        self.require_unarchived(issue.repo)?;
        if !self.can_write(user, issue) {
            return Err(Refusal::ForbiddenBare);
        }
        let named = |login: &String| {
            let unknown = format!("user does not exist [uid: 0, name: {login}]");
            self.user_named(login).map_err(|_| Refusal::Unprocessable(unknown))
        };
        logins.iter().map(named).collect()
    }

    /// Refuses somebody who cannot be assigned in `repo`: an organisation, and who may neither write
    /// anything there nor read pull requests.
    pub(crate) fn require_assignable(&self, user: i64, repo: RepoId) -> Result<(), Refusal> {
        if !self.people().any(|person| person == user) {
            let text = format!("organization can't be added as assignee [user_id: {user}]");
            return Err(Refusal::BadRequest(text));
        }
        let can = self.mode(Some(user), self.repo(repo), Unit::Pulls) >= Mode::Read
            || self.mode(Some(user), self.repo(repo), Unit::Issues) >= Mode::Write
            || self.mode(Some(user), self.repo(repo), Unit::Code) >= Mode::Write;
        let cannot = || Refusal::Forbidden(format!("user cannot be assigned [uid: {user}]"));
        if can { Ok(()) } else { Err(cannot()) }
    }

    fn named_assignees(&self, logins: &[String]) -> Result<Vec<i64>, Refusal> {
        logins.iter().map(|l| self.user_named(l).map_err(|_| Refusal::Internal)).collect()
    }

    pub(crate) fn assign(&mut self, doer: i64, issue: i64, assignee: i64) {
        self.note_assigned(doer, issue, assignee);
        self.emit(&Event::Assignee { doer, issue, assigned: true });
    }

    fn note_assigned(&mut self, doer: i64, issue: i64, assignee: i64) {
        self.touch(issue).assignees.push(assignee);
        let change = TimelineChange::Assignee { user: assignee, removed: false };
        self.note_in_timeline(doer, issue, change);
    }

    fn unassign(&mut self, doer: i64, issue: i64, former: i64) {
        self.touch(issue).assignees.retain(|assignee| *assignee != former);
        self.note_in_timeline(
            doer,
            issue,
            TimelineChange::Assignee { user: former, removed: true },
        );
        self.emit(&Event::Assignee { doer, issue, assigned: false });
    }

    pub(super) fn set_open(&mut self, user: i64, id: i64, open: bool) -> Result<(), Refusal> {
        let issue = self.issue(id);
        if issue.is_open() == open {
            return Ok(());
        }
        if !open && issue.blockers.iter().any(|blocker| self.issue(*blocker).is_open()) {
            return Err(Refusal::PreconditionFailed(self.version.open_dependencies()));
        }
        let now = self.now;
        let (repo, is_pull) = (issue.repo, issue.pull.is_some());
        if let Some(repo) = self.repos.get_mut(&repo) {
            let count = repo.open_count(is_pull);
            *count = if open { *count + 1 } else { *count - 1 };
        }
        self.touch(id).closed = (!open).then_some(now);
        let change = if open { TimelineChange::Reopen } else { TimelineChange::Close };
        self.note_in_timeline(user, id, change);
        self.emit(&Event::issue(user, id, if open { Change::Reopened } else { Change::Closed }));
        Ok(())
    }

    /// Makes `blocker` something that must be closed before `id`; both move. Twice or in a circle
    /// is a 500.
    pub(crate) fn add_blocker(&mut self, user: i64, id: i64, blocker: i64) -> Result<(), Refusal> {
        self.require_may_plan(user, id)?;
        let doubled = self.issue(id).blockers.contains(&blocker);
        if doubled || self.issue(blocker).blockers.contains(&id) || id == blocker {
            return Err(Refusal::Internal);
        }
        self.touch(id).blockers.insert(blocker);
        self.touch(blocker);
        Ok(())
    }

    /// What is not there cannot be removed: that is a 500.
    pub(crate) fn remove_blocker(
        &mut self,
        user: i64,
        id: i64,
        blocker: i64,
    ) -> Result<(), Refusal> {
        self.require_may_plan(user, id)?;
        if !self.issue(id).blockers.contains(&blocker) {
            return Err(Refusal::Internal);
        }
        self.touch(id).blockers.remove(&blocker);
        self.touch(blocker);
        Ok(())
    }

    /// Locks or unlocks a thread for those who may not write.
    pub(crate) fn set_locked(&mut self, user: i64, id: i64, locked: bool) -> Result<(), Refusal> {
        self.require_repo_admin(user, self.repo(self.issue(id).repo))?;
        self.issue_mut(id).locked = locked;
        Ok(())
    }

    pub(crate) fn set_pinned(&mut self, user: i64, id: i64, pinned: bool) -> Result<(), Refusal> {
        self.require_repo_admin(user, self.repo(self.issue(id).repo))?;
        self.touch(id).pinned = pinned;
        Ok(())
    }

    /// Deletes an issue with all that was said in it.
    pub(crate) fn delete_issue(&mut self, user: i64, id: i64) -> Result<(), Refusal> {
        let issue = self.issue(id);
        self.require_repo_admin(user, self.repo(issue.repo))?;
        let (repo, number) = (issue.repo, issue.number);
        let (is_open, is_pull) = (issue.is_open(), issue.pull.is_some());
        self.emit(&Event::issue(user, id, Change::Deleted));
        self.last_search.forget();
        let comments = self.issues.remove(&id).map(|issue| issue.comments).unwrap_or_default();
        for other in self.issues.values_mut() {
            other.blockers.remove(&id);
        }
        self.comments.retain(|_, comment| comment.issue != id);
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.threads.remove(&number);
            repo.comments.retain(|comment| !comments.contains(comment));
            *repo.open_count(is_pull) -= usize::from(is_open);
        }
        Ok(())
    }

    fn require_may_plan(&self, user: i64, id: i64) -> Result<(), Refusal> {
        let issue = self.issue(id);
        self.require_unarchived(issue.repo)?;
        if self.can_write(user, issue) { Ok(()) } else { Err(Refusal::HIDDEN) }
    }
}

/// Gitea keeps a due date as the last second of its day.
fn end_of_day(time: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    Timestamp::from_micros((time.micros().div_euclid(DAY) + 1) * DAY - 1_000_000)
}
