//! What a push changes and tells, however it came: by git, by the API, by a merge.

use crate::core::model::ids::RepoId;

use super::code_events::{CodeEvent, PushedCommits};
use super::code_records::FeedRecord;
use super::events::Event;
use super::records::{IssueRecord, TimelineChange};
use super::refusal::Refusal;
use super::{IdKind, World};
use crate::sandbox::git::{GitCommit, RefMove};

/// How many commits a push tells of at most.
const TOLD_COMMITS: usize = 5;

impl World {
    /// Branches were moved: pull requests follow, it is told, and threads are referred to.
    pub(crate) fn pushed(
        &mut self,
        user: i64,
        repo: RepoId,
        moves: &[RefMove],
    ) -> Result<(), Refusal> {
        self.tell_of_moves(user, repo, moves)?;
        moves.iter().try_for_each(|moved| self.note_references(user, (repo, moved), None))
    }

    /// Branches were moved: pull requests follow, and it is told.
    pub(super) fn tell_of_moves(
        &mut self,
        user: i64,
        repo: RepoId,
        moves: &[RefMove],
    ) -> Result<(), Refusal> {
        for moved in moves {
            if moved.is_gone() {
                self.note_activity(user, repo, "delete_branch", &moved.branch, String::new());
                self.branch_is_gone(user, repo, &moved.branch);
                self.tell_of_branch(user, repo, &moved.branch, None);
                continue;
            }
            let commits = self.pushed_commits(repo, moved)?;
            if moved.is_new() {
                self.note_activity(user, repo, "commit_repo", &moved.branch, String::new());
                self.tell_of_branch(user, repo, &moved.branch, Some(&moved.after));
            }
            let content = self.activity_of(repo, moved, &commits);
            self.note_activity(user, repo, "commit_repo", &moved.branch, content);
            let moved = moved.clone();
            self.tell(repo, &CodeEvent::Push { doer: user, moved: moved.clone(), commits });
            self.heads_moved(user, repo, &moved)?;
            self.bases_moved(repo, &moved.branch)?;
        }
        Ok(())
    }

    /// What came with a move; of a new branch what the default branch does not have.
    fn pushed_commits(&self, repo: RepoId, moved: &RefMove) -> Result<PushedCommits, Refusal> {
        let code = self.code(repo)?;
        let trunk = code.branch(&self.repo(repo).trunk)?;
        let since = match moved.is_new() {
            true => trunk.filter(|trunk| *trunk != moved.after),
            false => Some(moved.before.clone()),
        };
        let since = since.unwrap_or_else(|| moved.before.clone());
        let mut told = match code.commit_named(&since)? {
            Some(since) => code.commits_between(&since, &moved.after)?,
            None => Vec::new(),
        };
        let total = told.len();
        told.truncate(TOLD_COMMITS);
        Ok(PushedCommits { told, total, since })
    }

    /// A branch came, with its commit, or went.
    pub(super) fn tell_of_branch(
        &mut self,
        doer: i64,
        repo: RepoId,
        branch: &str,
        commit: Option<&str>,
    ) {
        let branch = branch.to_owned();
        let event = match commit {
            Some(commit) => CodeEvent::Created { doer, branch, commit: commit.to_owned() },
            None => CodeEvent::Deleted { doer, branch },
        };
        self.tell(repo, &event);
    }

    /// The open pull requests from this branch have other commits.
    fn heads_moved(&mut self, user: i64, repo: RepoId, moved: &RefMove) -> Result<(), Refusal> {
        let from_here = |issue: &&IssueRecord| {
            let head = issue.pull.as_ref().map(|pull| &pull.head);
            issue.is_open()
                && head.is_some_and(|head| head.repo == repo && head.name == moved.branch)
        };
        let pulls: Vec<i64> = self.issues.values().filter(from_here).map(|i| i.id).collect();
        for issue in pulls {
            self.head_moved(user, issue, moved)?;
        }
        Ok(())
    }

    fn head_moved(&mut self, user: i64, issue: i64, moved: &RefMove) -> Result<(), Refusal> {
        self.refresh_pull(issue)?;
        let thread = self.issue(issue);
        let Some(pull) = &thread.pull else { return Ok(()) };
        let (base, merge_base) = (pull.base.sha.clone(), pull.merge_base.clone());
        let code = self.code(thread.repo)?;
        let forced = !code.contains(&moved.after, &moved.before)?;
        let is_other = code.is_other_proposal((&moved.before, &moved.after), &merge_base)?;
        let own = code.commits_between(&base, &moved.after)?;
        let own: Vec<String> = own.into_iter().rev().map(|commit| commit.id).collect();
        let commits = match forced {
            true => vec![moved.before.clone(), moved.after.clone()],
            false => {
                let known = code.commits_between(&base, &moved.before)?;
                own.iter().filter(|id| known.iter().all(|k| k.id != **id)).cloned().collect()
            }
        };
        if forced && self.version.forgets_commits_that_were_forced_away() {
            self.forget_forced_away(user, issue, own);
        }
        if !commits.is_empty() {
            self.note_in_timeline(user, issue, TimelineChange::Push { forced, commits });
        }
        if is_other {
            self.reviews_are_stale(issue);
        }
        self.touch(issue);
        let (before, after) = (moved.before.clone(), moved.after.clone());
        self.emit(&Event::Synchronized { doer: user, issue, before, after });
        Ok(())
    }

    /// After a force push the commits that are left are told as if they came with it.
    fn forget_forced_away(&mut self, user: i64, issue: i64, mut left: Vec<String>) {
        self.timeline.retain_mut(|line| match &mut line.change {
            TimelineChange::Push { forced: false, commits } if line.issue == issue => {
                commits.retain(|commit| left.contains(commit));
                left.retain(|commit| !commits.contains(commit));
                !commits.is_empty()
            }
            _ => true,
        });
        if !left.is_empty() {
            let change = TimelineChange::Push { forced: false, commits: left };
            self.note_in_timeline(user, issue, change);
        }
    }

    /// A line of the repository's activity.
    pub(crate) fn note_activity(
        &mut self,
        user: i64,
        repo: RepoId,
        kind: &'static str,
        branch: &str,
        content: String,
    ) {
        let (id, at) = (self.next_id(IdKind::Activity), self.now);
        let branch = match branch {
            "" => String::new(),
            branch => format!("refs/heads/{branch}"),
        };
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.feed.push(FeedRecord { id, user, kind, branch, content, at });
        }
    }

    /// What the activity tells of a push: JSON in a text.
    fn activity_of(&self, repo: RepoId, moved: &RefMove, commits: &PushedCommits) -> String {
        let told: Vec<_> = commits.told.iter().map(activity_of_commit).collect();
        let name = self.full_name(repo);
        serde_json::json!({
            "Commits": told,
            "HeadCommit": told.first(),
            "CompareURL": format!("{name}/compare/{}...{}", commits.since, moved.after),
            "Len": commits.total,
        })
        .to_string()
    }
}

fn activity_of_commit(commit: &GitCommit) -> serde_json::Value {
    serde_json::json!({
        "Sha1": commit.id,
        "Message": commit.message,
        "AuthorEmail": commit.author.email,
        "AuthorName": commit.author.name,
        "CommitterEmail": commit.committer.email,
        "CommitterName": commit.committer.name,
        "Timestamp": commit.committer.at.to_string(),
    })
}
