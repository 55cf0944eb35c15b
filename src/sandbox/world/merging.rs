//! Merging pull requests, and updating them from their base.

use crate::core::model::ids::RepoId;

use super::World;
use super::events::{Change, Event};
use super::records::{
    HowToMerge, IssueRecord, MergeRecord, PullRecord, ReviewState, ScheduleRecord, TimelineChange,
};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use crate::sandbox::git::{BareRepo, MergeOutcome, RefMove, Signer};

impl HowToMerge {
    /// By Gitea's word for it.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "" | "merge" => Self::Merge,
            "rebase" => Self::Rebase,
            "rebase-merge" => Self::RebaseMerge,
            "squash" => Self::Squash,
            "fast-forward-only" => Self::FastForward,
            _ => return None,
        })
    }
}

/// What somebody asks for who merges.
pub(crate) struct MergeRequest {
    pub(crate) how: HowToMerge,
    /// The head that they saw; anything if they do not say.
    pub(crate) head: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) message: String,
    pub(crate) deletes_branch: bool,
    /// Merge as soon as that is possible, if it is not now.
    pub(crate) waits: bool,
    /// An administrator passes the rules.
    pub(crate) forces: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeEnd {
    Merged,
    Scheduled,
}

impl World {
    /// Merges a pull request, or schedules that.
    pub(crate) fn merge_pull(
        &mut self,
        user: i64,
        issue: i64,
        asked: &MergeRequest,
    ) -> Result<MergeEnd, Refusal> {
        self.refresh_pull(issue)?;
        let thread = self.issue(issue);
        let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
        self.require_unarchived(thread.repo)?;
        self.require_may_merge(user, thread, pull)?;
        let is_admin = self.mode(Some(user), self.repo(thread.repo), Unit::Code) >= Mode::Admin;
        let missing = self.missing_for_merge(thread, pull)?;
        if let Some(reason) = missing.filter(|_| !(asked.forces && is_admin)) {
            if asked.waits {
                return self.schedule_merge(user, issue, asked);
            }
            return Err(Refusal::NotAllowed(self.version.merge_must_wait(reason)));
        }
        if asked.head.as_ref().is_some_and(|head| !head.is_empty() && *head != pull.head.sha) {
            return Err(Refusal::Conflict("head out of date".to_owned()));
        }
        self.carry_out_merge(user, issue, asked)?;
        Ok(MergeEnd::Merged)
    }

    /// What depends on the pull request and on who merges; in the order of Gitea's answers.
    fn require_may_merge(
        &self,
        user: i64,
        thread: &IssueRecord,
        pull: &PullRecord,
    ) -> Result<(), Refusal> {
        let refuse = |text: &str| Err(Refusal::NotAllowed(text.to_owned()));
        if pull.merged.is_some() {
            refuse(self.version.already_merged())
        } else if !thread.is_open() {
            Err(Refusal::HIDDEN)
        } else if !self.may_merge_into(user, thread.repo, &pull.base.name) {
            refuse("User not allowed to merge PR")
        } else if thread.is_draft() {
            refuse("Work in progress PRs cannot be merged")
        } else if !pull.mergeable {
            // The same words whether the server still looks or there is a conflict for good.
            refuse("Please try again later")
        } else {
            Ok(())
        }
    }

    /// What the rule of the base demands and is not there.
    fn missing_for_merge(
        &self,
        thread: &IssueRecord,
        pull: &PullRecord,
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(rule) = self.protection_of(thread.repo, &pull.base.name) else { return Ok(None) };
        if let Some(checks) = &rule.checks
            && !self.checks_pass(thread.repo, &pull.head.sha, checks)
        {
            return Ok(Some("Not all required status checks successful"));
        }
        let verdicts = |wanted: ReviewState| {
            let counting = pull.reviews.iter().filter(|review| review.dismissed.is_none());
            let given = counting.filter_map(|review| review.given.as_ref());
            given.filter(|given| given.official && given.verdict == wanted).count()
        };
        let approvals = i64::try_from(verdicts(ReviewState::Approved)).unwrap_or(i64::MAX);
        if approvals < rule.approvals {
            return Ok(Some("Does not have enough approvals"));
        }
        if rule.blocks_on_rejection && verdicts(ReviewState::RequestChanges) > 0 {
            return Ok(Some("There are requested changes"));
        }
        if rule.blocks_when_behind && pull.merge_base != pull.base.sha {
            return Ok(Some("The head branch is behind the base branch"));
        }
        Ok(None)
    }

    fn carry_out_merge(
        &mut self,
        user: i64,
        issue: i64,
        asked: &MergeRequest,
    ) -> Result<(), Refusal> {
        let thread = self.issue(issue);
        let repo = thread.repo;
        let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
        let code = self.code(repo)?;
        let (commit, closes) =
            (self.merged_commit(&code, (user, thread, pull), asked)?, closed_by(&thread.body));
        let (head, base) = (pull.head.name.clone(), pull.base.name.clone());
        let head_repo = pull.head.repo;
        let moved = RefMove { branch: base, before: pull.base.sha.clone(), after: commit.clone() };
        code.move_branch(&moved)?;
        let at = self.now;
        if let Some(pull) = &mut self.issue_mut(issue).pull {
            pull.merged = Some(MergeRecord { by: user, at, commit: commit.clone() });
            pull.base.sha = commit;
            pull.scheduled = None;
        }
        self.close_merged(user, issue);
        for number in closes {
            let Ok(other) = self.thread(repo, number) else { continue };
            // One that waits for something stays open.
            let _ = self.set_open(user, other, false);
        }
        self.tell_of_moves(user, repo, std::slice::from_ref(&moved))?;
        if asked.deletes_branch && self.protection_of(head_repo, &head).is_none() {
            // The merge stands even if the branch does.
            let _ = self.delete_branch(user, head_repo, &head);
        }
        let own = self.version.refers_no_merge_to_itself().then_some(issue);
        self.note_references(user, (repo, &moved), own)
    }

    fn close_merged(&mut self, user: i64, issue: i64) {
        let (now, repo) = (self.now, self.issue(issue).repo);
        let name = format!("{}|{}", self.issue(issue).number, self.issue(issue).title);
        if let Some(repo) = self.repos.get_mut(&repo) {
            *repo.open_count(true) -= 1;
        }
        self.touch(issue).closed = Some(now);
        self.note_in_timeline(user, issue, TimelineChange::Merge);
        self.note_activity(user, repo, "merge_pull_request", "", name);
        self.emit(&Event::issue(user, issue, Change::Closed));
    }

    /// The commit that the base is to point to.
    fn merged_commit(
        &self,
        code: &BareRepo,
        (user, thread, pull): (i64, &IssueRecord, &PullRecord),
        asked: &MergeRequest,
    ) -> Result<String, Refusal> {
        let (head, base) = (pull.head.sha.as_str(), pull.base.sha.as_str());
        let doer = self.signer(user);
        let message = self.merge_message((user, thread, pull), asked);
        match asked.how {
            HowToMerge::Merge => {
                let tree = merged_tree(code, base, head)?;
                Ok(code.commit_tree(&tree, &[base, head], (&doer, &doer), &message)?)
            }
            HowToMerge::Squash => {
                let author = self.signer(thread.author);
                let tree = merged_tree(code, base, head)?;
                Ok(code.commit_tree(&tree, &[base], (&author, &doer), &message)?)
            }
            HowToMerge::Rebase => rebased(code, base, head, &doer),
            HowToMerge::RebaseMerge => {
                let head = rebased(code, base, head, &doer)?;
                let tree = merged_tree(code, base, &head)?;
                Ok(code.commit_tree(&tree, &[base, &head], (&doer, &doer), &message)?)
            }
            HowToMerge::FastForward if pull.merge_base == base => Ok(head.to_owned()),
            HowToMerge::FastForward => Err(conflict()),
        }
    }

    fn merge_message(
        &self,
        (user, thread, pull): (i64, &IssueRecord, &PullRecord),
        asked: &MergeRequest,
    ) -> String {
        let (title, number) = (&thread.title, thread.number);
        let squashes = asked.how == HowToMerge::Squash;
        let mut message = match asked.title.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
            Some(title) => title.to_owned(),
            None if squashes => format!("{title} (#{number})"),
            None => {
                let (head, base) = (&pull.head.name, &pull.base.name);
                format!("Merge pull request '{title}' (#{number}) from {head} into {base}")
            }
        };
        let more = asked.message.trim();
        if !more.is_empty() {
            message.push_str(&format!("\n\n{more}"));
        }
        if squashes && thread.author != user {
            let Signer { name, email, .. } = self.signer(thread.author);
            return message + &self.version.co_authors(&name, &email);
        }
        message + "\n"
    }

    fn schedule_merge(
        &mut self,
        user: i64,
        issue: i64,
        asked: &MergeRequest,
    ) -> Result<MergeEnd, Refusal> {
        let pull = self.touch(issue).pull.as_mut().ok_or(Refusal::HIDDEN)?;
        if pull.scheduled.is_some() {
            let text =
                format!("pull request is already scheduled to auto merge [pull_id: {}]", pull.id);
            return Err(Refusal::Conflict(text));
        }
        let (how, deletes_branch) = (asked.how, asked.deletes_branch);
        pull.scheduled = Some(ScheduleRecord { by: user, how, deletes_branch });
        self.note_in_timeline(user, issue, TimelineChange::Schedule);
        Ok(MergeEnd::Scheduled)
    }

    /// Calls a scheduled merge off.
    pub(crate) fn cancel_merge(&mut self, user: i64, issue: i64) -> Result<(), Refusal> {
        let thread = self.issue(issue);
        let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
        let by = pull.scheduled.as_ref().ok_or(Refusal::HIDDEN)?.by;
        let mode = self.mode(Some(user), self.repo(thread.repo), Unit::Code);
        let needed = match self.version.lets_writers_cancel_scheduled_merges() {
            true => Mode::Write,
            false => Mode::Admin,
        };
        if by != user && mode < needed {
            let text = "user has no permission to cancel the scheduled auto merge";
            return Err(Refusal::Forbidden(text.to_owned()));
        }
        if let Some(pull) = &mut self.touch(issue).pull {
            pull.scheduled = None;
        }
        self.note_in_timeline(user, issue, TimelineChange::Unschedule);
        Ok(())
    }

    /// Brings what is new in the base into the branch of a pull request.
    pub(crate) fn update_pull(
        &mut self,
        user: i64,
        issue: i64,
        rebases: bool,
    ) -> Result<(), Refusal> {
        self.refresh_pull(issue)?;
        let thread = self.issue(issue);
        let pull = thread.pull.as_ref().ok_or(Refusal::HIDDEN)?;
        if pull.merged.is_some() || !thread.is_open() {
            return Err(Refusal::Unprocessable(String::new()));
        }
        let (repo, branch): (RepoId, &str) = (pull.head.repo, &pull.head.name);
        if !self.may_push_to(user, repo, branch) {
            return Err(Refusal::ForbiddenBare);
        }
        if pull.merge_base == pull.base.sha {
            return Ok(());
        }
        let (head, base) = (pull.head.sha.as_str(), pull.base.sha.as_str());
        let (code, doer) = (self.code(thread.repo)?, self.signer(user));
        let words = |what: &str| Refusal::Conflict(format!("{what} failed because of conflict"));
        let after = match rebases {
            true => rebased(&code, base, head, &doer).map_err(|_| words("rebase"))?,
            false => {
                let tree = merged_tree(&code, head, base).map_err(|_| words("merge"))?;
                let message = format!("Merge branch '{}' into {branch}\n", pull.base.name);
                code.commit_tree(&tree, &[head, base], (&doer, &doer), &message)?
            }
        };
        let (branch, before) = (branch.to_owned(), head.to_owned());
        let moved = RefMove { branch, before, after };
        let target = self.code(repo)?;
        if repo != thread.repo {
            target.borrow_from(&code)?;
        }
        target.move_branch(&moved)?;
        self.pushed(user, repo, &[moved])
    }

    /// Merges what somebody scheduled, if nothing is missing any more.
    pub(super) fn merge_what_waits(&mut self, repo: RepoId) -> Result<(), Refusal> {
        let waits = |issue: &&IssueRecord| {
            let scheduled = issue.pull.as_ref().is_some_and(|pull| pull.scheduled.is_some());
            issue.repo == repo && issue.is_open() && scheduled
        };
        let waiting: Vec<i64> = self.issues.values().filter(waits).map(|issue| issue.id).collect();
        for issue in waiting {
            let thread = self.issue(issue);
            let Some(pull) = &thread.pull else { continue };
            let Some(scheduled) = &pull.scheduled else { continue };
            let user = scheduled.by;
            if pull.mergeable && self.missing_for_merge(thread, pull)?.is_none() {
                let asked = MergeRequest {
                    how: scheduled.how,
                    head: None,
                    title: None,
                    message: String::new(),
                    deletes_branch: scheduled.deletes_branch,
                    waits: false,
                    forces: false,
                };
                self.merge_pull(user, issue, &asked)?;
            }
        }
        Ok(())
    }
}

fn conflict() -> Refusal {
    Refusal::Conflict("merge failed because of conflict".to_owned())
}

fn merged_tree(code: &BareRepo, ours: &str, theirs: &str) -> Result<String, Refusal> {
    match code.merge(ours, theirs)? {
        MergeOutcome::Tree(tree) => Ok(tree),
        MergeOutcome::Conflict => Err(conflict()),
    }
}

fn rebased(code: &BareRepo, base: &str, head: &str, doer: &Signer) -> Result<String, Refusal> {
    let mut commits = code.commits_between(base, head)?;
    commits.reverse();
    code.rebase(&commits, base, doer)?.ok_or_else(conflict)
}

/// The issues that a merge closes: `Fixes #1` in the text of the pull request.
fn closed_by(text: &str) -> Vec<i64> {
    const WORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| {
        WORDS.contains(&pair[0].trim_end_matches(':').to_ascii_lowercase().as_str())
    });
    let number = |pair: &[&str]| {
        let digits = pair[1].strip_prefix('#')?.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok()
    };
    pairs.filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use crate::sandbox::world::merging::closed_by;

    #[test]
    fn a_merge_closes_what_its_text_says() {
        assert_eq!(closed_by("Fixes #1, and closes: #23."), [1, 23]);
        assert_eq!(closed_by("See #1. It fixes nothing. For \\#2"), [0_i64; 0]);
    }
}
