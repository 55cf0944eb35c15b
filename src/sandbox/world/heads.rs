//! What pull requests know of git: their commits, how much they change, whether they can be merged.

use crate::core::model::ids::RepoId;

use super::World;
use super::records::{BranchRecord, IssueRecord, PullRecord, ReviewState, TimelineChange};
use super::refusal::Refusal;
use crate::sandbox::git::{ChangeCount, MergeOutcome};

/// The full name under which the base repository keeps the head of a pull request.
pub(crate) fn kept_head(number: i64) -> String {
    format!("refs/pull/{number}/head")
}

impl World {
    /// Reads again where the branches of an open pull request are and what that means.
    pub(super) fn refresh_pull(&mut self, issue: i64) -> Result<(), Refusal> {
        let thread = self.issue(issue);
        let Some(pull) = &thread.pull else { return Ok(()) };
        if pull.merged.is_some() {
            return Ok(());
        }
        let code = self.code(thread.repo)?;
        let from = self.code(pull.head.repo)?;
        let (Some(head), Some(base)) =
            (from.branch(&pull.head.name)?, code.branch(&pull.base.name)?)
        else {
            return Ok(());
        };
        let kept = kept_head(thread.number);
        match pull.head.repo == thread.repo {
            true => code.set_ref(&kept, &head)?,
            false => code.fetch(&from, &pull.head.name, &kept)?,
        }
        let merge_base = code.merge_base(&base, &head)?.unwrap_or_else(|| base.clone());
        let size = ChangeCount::of(&code.changes(&merge_base, &head)?);
        let mergeable = code.merge(&base, &head).is_ok_and(|end| end != MergeOutcome::Conflict);
        if let Some(pull) = &mut self.issue_mut(issue).pull {
            (pull.head.sha, pull.base.sha) = (head, base);
            (pull.merge_base, pull.size, pull.mergeable) = (merge_base, size, mergeable);
        }
        Ok(())
    }

    /// The base of pull requests moved.
    pub(super) fn bases_moved(&mut self, repo: RepoId, branch: &str) -> Result<(), Refusal> {
        let onto = |issue: &&IssueRecord| {
            issue.repo == repo && issue.pull.as_ref().is_some_and(|pull| pull.base.name == branch)
        };
        let pulls: Vec<i64> = self.issues.values().filter(onto).map(|issue| issue.id).collect();
        if pulls.is_empty() {
            return Ok(());
        }
        let head = self.head_of(repo, branch)?;
        for issue in pulls {
            if self.issue(issue).is_open() {
                self.refresh_pull(issue)?;
            } else if let Some(pull) = &mut self.issue_mut(issue).pull {
                pull.base.sha.clone_from(&head);
            }
        }
        Ok(())
    }

    /// A branch was deleted: open pull requests from it or to it are closed.
    pub(super) fn branch_is_gone(&mut self, user: i64, repo: RepoId, branch: &str) {
        let is_it = |it: &BranchRecord| it.repo == repo && it.name == branch;
        let touched = |issue: &&IssueRecord| {
            issue.pull.as_ref().is_some_and(|pull| is_it(&pull.head) || is_it(&pull.base))
        };
        let pulls: Vec<i64> = self.issues.values().filter(touched).map(|issue| issue.id).collect();
        for issue in pulls {
            let Some(pull) = &mut self.issue_mut(issue).pull else { continue };
            let is_head = is_it(&pull.head);
            pull.head.is_gone |= is_head;
            if is_head {
                let branch = branch.to_owned();
                self.note_in_timeline(user, issue, TimelineChange::DeleteBranch { branch });
            }
            // Nothing blocks a pull request from being closed but what it waits for.
            let _ = self.set_open(user, issue, false);
        }
    }

    /// A branch has another name.
    pub(super) fn renamed_in_pulls(&mut self, repo: RepoId, (from, to): (&str, &str)) {
        for issue in self.issues.values_mut() {
            let Some(PullRecord { head, base, .. }) = &mut issue.pull else { continue };
            for branch in [head, base] {
                if branch.repo == repo && branch.name == from {
                    to.clone_into(&mut branch.name);
                }
            }
        }
    }

    /// Something was pushed: the reviews are of another commit.
    pub(super) fn reviews_are_stale(&mut self, issue: i64) {
        let now = self.now;
        let thread = self.issue(issue);
        let base = thread.pull.as_ref().map(|pull| pull.base.name.clone()).unwrap_or_default();
        let protection = self.protection_of(thread.repo, &base);
        let dismisses = protection.is_some_and(|protection| protection.dismisses_stale);
        let Some(pull) = &mut self.issue_mut(issue).pull else { return };
        for review in pull.reviews.iter_mut().filter(|review| review.commit != pull.head.sha) {
            review.stale = true;
            let approves =
                review.given.as_ref().map(|given| given.verdict) == Some(ReviewState::Approved);
            if dismisses && approves && review.dismissed.is_none() {
                review.dismissed = Some(now);
            }
        }
    }
}
