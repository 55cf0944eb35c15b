//! What is said of commits: checks, and verdicts.

use std::collections::BTreeMap;

use crate::core::model::ids::RepoId;

use super::code_events::CodeEvent;
use super::code_records::StatusRecord;
use super::protection::fits;
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};

/// What somebody says of a commit.
pub(crate) struct NewStatus {
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: String,
    pub(crate) target: String,
}

/// What all statuses of a commit come to; the words are Gitea's.
pub(crate) fn combined<'a>(states: impl IntoIterator<Item = &'a str>) -> &'static str {
    let (mut count, mut good) = (0, 0);
    for state in states {
        count += 1;
        match state {
            "error" | "failure" => return "failure",
            "success" | "warning" | "skipped" => good += 1,
            _ => {}
        }
    }
    if count > 0 && count == good { "success" } else { "pending" }
}

impl World {
    /// Says something of a commit. Whoever may push may say anything.
    pub(crate) fn add_status(
        &mut self,
        user: i64,
        repo: RepoId,
        commit: &str,
        new: NewStatus,
    ) -> Result<i64, Refusal> {
        if self.mode(Some(user), self.repo(repo), Unit::Code) < Mode::Write {
            let text = "user should have a permission to write to a repo";
            return Err(Refusal::Forbidden(text.to_owned()));
        }
        self.keep_status(user, repo, commit, new)
    }

    /// The same, of whoever may say it.
    pub(super) fn keep_status(
        &mut self,
        user: i64,
        repo: RepoId,
        commit: &str,
        new: NewStatus,
    ) -> Result<i64, Refusal> {
        const STATES: [&str; 6] = ["pending", "success", "error", "failure", "warning", "skipped"];
        let is_known = STATES.contains(&new.state.as_str());
        let commit = self.code(repo)?.commit_named(commit)?.filter(|_| is_known);
        // Gitea has no better words for what it does not know.
        let commit = commit.ok_or(Refusal::Internal)?;
        let id = self.next_id(IdKind::Status);
        let NewStatus { state, context, description, target } = new;
        let context = if context.is_empty() { "default".to_owned() } else { context };
        let (creator, at) = (user, self.now);
        let status = StatusRecord { id, commit, state, context, description, target, creator, at };
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.statuses.push(status);
        }
        if self.version.tells_of_statuses() {
            self.tell_of_status(user, repo, id)?;
        }
        self.merge_what_waits(repo)?;
        Ok(id)
    }

    fn tell_of_status(&mut self, doer: i64, repo: RepoId, status: i64) -> Result<(), Refusal> {
        let Some(said) = self.repo(repo).statuses.last() else { return Ok(()) };
        let commit = Box::new(self.code(repo)?.read_commit(&said.commit)?);
        self.tell(repo, &CodeEvent::Status { doer, status, commit });
        Ok(())
    }

    /// All that was said of a commit, the newest second first.
    pub(crate) fn statuses_of(&self, repo: RepoId, commit: &str) -> Vec<&StatusRecord> {
        let all = self.repo(repo).statuses.iter().filter(|status| status.commit == commit);
        let mut all: Vec<&StatusRecord> = all.collect();
        all.sort_by_key(|status| std::cmp::Reverse(status.at));
        all
    }

    /// The last word of each context on a commit, the newest first.
    pub(crate) fn latest_statuses(&self, repo: RepoId, commit: &str) -> Vec<&StatusRecord> {
        let mut latest = BTreeMap::new();
        let all = self.repo(repo).statuses.iter().filter(|status| status.commit == commit);
        all.for_each(|status| {
            latest.insert(status.context.as_str(), status);
        });
        let mut latest: Vec<&StatusRecord> = latest.into_values().collect();
        latest.sort_by_key(|status| std::cmp::Reverse(status.id));
        latest
    }

    /// Whether each of these patterns is met by a check, and all that meet them are good.
    pub(crate) fn checks_pass(&self, repo: RepoId, commit: &str, patterns: &[String]) -> bool {
        let latest = self.latest_statuses(repo, commit);
        patterns.iter().all(|pattern| {
            let of_pattern = latest.iter().filter(|status| fits(pattern, &status.context));
            combined(of_pattern.map(|status| status.state.as_str())) == "success"
        })
    }
}
