//! What an attempt has to do, as it is stored before it starts, and how it is said to the agent.

use serde::{Deserialize, Serialize};

use crate::agents::task::AgentTask;
use crate::core::effect::marker::marker;
use crate::core::jobs::{Commit, JobBranch, Purpose};
use crate::core::model::ids::RepoName;
use crate::core::prompt::fenced;
use crate::core::reply::CalledAgent;

/// The hidden line that tells where the branch of an attempt stood when the order was given.
const STOOD: &str = "<!-- timmy head=";
const END: &str = " -->";

/// Where the branch of an attempt stood when its order was given, by the comment that gave it.
pub(super) fn stood(comment: &str) -> Option<Commit> {
    // The marker is the last line, and whatever an order quotes stands above.
    let line = comment.trim_end().lines().rev().nth(2)?;
    line.strip_prefix(STOOD)?.strip_suffix(END)?.parse().ok()
}

/// One attempt's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ForgeOrder {
    pub(super) account: String,
    pub(super) purpose: Purpose,
    pub(super) repository: RepoName,
    pub(super) base_branch: String,
    /// Where it begins: only what is pushed beyond that is work.
    pub(super) base: Commit,
    pub(super) branch: JobBranch,
    /// The pull request that is there already.
    pub(super) pull: Option<i64>,
    prompt: String,
}

impl ForgeOrder {
    pub(super) fn of(task: &AgentTask, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            purpose: task.purpose,
            repository: task.repository.clone(),
            base_branch: task.base_branch.clone(),
            base: task.base.clone(),
            branch: task.branch.clone(),
            pull: task.pull,
            prompt: task.prompt.clone(),
        }
    }

    /// The thread in which the agent is called; none if nothing says which.
    pub(super) fn thread(&self) -> Option<i64> {
        match &self.branch {
            JobBranch::Own(own) => own.thread.or(self.pull),
            JobBranch::Adopted(_) => self.pull,
        }
    }

    /// Whether it is to push.
    pub(super) fn is_code(&self) -> bool {
        matches!(self.purpose, Purpose::Code | Purpose::Repair)
    }

    /// The comment that gives it, marked with the attempt's key; `stood`: the head of its branch then.
    pub(super) fn comment(&self, key: &str, stood: Option<&Commit>) -> String {
        let branch = self.is_code();
        let order = CalledAgent {
            account: &self.account,
            branch: branch.then(|| self.branch.to_string()),
            is_review: self.purpose == Purpose::Review,
            base_branch: &self.base_branch,
            base: self.base.to_string(),
            pull: self.pull,
        };
        let (text, all, mark) = (order.text(), fenced(&self.prompt), marker(key));
        let summary = "<details><summary>The order in full</summary>";
        let stood = stood.map(|commit| format!("{STOOD}{commit}{END}\n\n")).unwrap_or_default();
        format!("{text}\n\n{summary}\n\n{all}\n\n</details>\n\n{stood}{mark}")
    }
}
