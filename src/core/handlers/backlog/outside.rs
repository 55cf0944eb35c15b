//! The same answers outside of all threads, for the command line and the page: from what the ledger knows.

use std::collections::HashMap;

use super::facts::{BacklogFacts, IssueCase};
use crate::core::handlers::issue_view::{KnownIssue, Viewpoint};
use crate::core::model::dependency::{Blocker, VisibleBlocker, same_readers};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::thread::ThreadState;
use crate::core::policy::controls::{AgentProfile, Controls};
use crate::core::reply::{AgentNow, Queue, Why};
use crate::core::scheduling::{IssueLabels, RankingInput};

impl BacklogFacts {
    /// What comes next in all repositories: `most` issues.
    pub fn queue(&self, most: usize) -> Queue {
        self.queue_in(None, most, None)
    }

    /// What an agent is fit for, and would get.
    pub fn agent(&self, agent: &AgentProfile) -> AgentNow {
        self.agent_in(agent, None)
    }

    /// Why an issue that was asked about is handed out, or not, given what people said there and the
    /// `repos` that are known; none if it is not in the backlog.
    pub fn why(
        &self,
        thread: ThreadId,
        state: &ThreadState,
        repos: &HashMap<RepoId, Repo>,
    ) -> Option<Why> {
        let (case, title) = (self.cases.get(&thread)?, self.titles.get(&thread)?);
        let RankingInput { now, zone, rules, pauses, .. } = &self.judged.setting;
        let fleet = Controls { pauses: pauses.clone(), ..Controls::default() };
        let view = Viewpoint { now: *now, zone, fleet: &fleet, here: None };
        let IssueLabels { priority, size, .. } = IssueLabels::of(&case.facts.labels);
        let blockers = blockers(case, repos);
        let known = KnownIssue {
            thread,
            repo: &title.repo.name,
            job: None,
            target: Some(format!("{}#{}", title.repo.name, thread.number)),
            title: &title.title,
            open: true,
            is_pull: title.is_pull,
            priority: priority.map(|level| level.to_string()),
            size: size.map(|size| size.to_string()),
            assignees: case.facts.assignees.iter().map(|one| one.login.clone()).collect(),
            blockers: &blockers,
            waits_unseen: blockers.len() < case.facts.waits_for.len(),
            state,
            recent: &[],
        };
        let can_go =
            |other| repos.get(&other).is_some_and(|other| same_readers(&title.repo, other));
        let status = view.status(known, can_go);
        let is_machine =
            |login: &str| rules.machines.iter().any(|one| one.eq_ignore_ascii_case(login));
        Some(view.why(status, thread, None, is_machine, Some(self)))
    }
}

/// The open issues that it waits for, as far as it is known where they stand.
fn blockers(case: &IssueCase, repos: &HashMap<RepoId, Repo>) -> Vec<VisibleBlocker> {
    let known = case.facts.waits_for.iter().filter_map(|thread| {
        let repo = repos.get(&thread.repo)?.name.clone();
        let blocker = Blocker { thread: *thread, repo, open: true };
        Some(VisibleBlocker { blocker, nameable: true })
    });
    known.collect()
}
