//! Finding issues.

use std::sync::Arc;

use crate::core::model::ids::RepoId;

use super::World;
use super::last_search::MilestoneCounts;
use super::records::IssueRecord;

pub(crate) use super::last_search::Filter;

impl World {
    /// The issues of `repos` that fit, newest first, by their global ids.
    pub(crate) fn find_issues(&self, repos: &[RepoId], wanted: &Filter) -> Arc<[i64]> {
        self.last_search.issues(repos, wanted, || self.search(repos, wanted))
    }

    /// How many issues of a milestone are open, and how many closed.
    pub(crate) fn milestone_counts(&self, milestone: i64) -> (usize, usize) {
        self.last_search.milestone(milestone, || self.count_by_milestone())
    }

    fn count_by_milestone(&self) -> MilestoneCounts {
        let mut counts = MilestoneCounts::new();
        for issue in self.issues.values() {
            let Some(milestone) = issue.milestone else { continue };
            let (open, closed) = counts.entry(milestone).or_default();
            *(if issue.is_open() { open } else { closed }) += 1;
        }
        counts
    }

    fn search(&self, repos: &[RepoId], wanted: &Filter) -> Arc<[i64]> {
        let ids = repos.iter().flat_map(|repo| self.repo(*repo).threads.values());
        let mut found: Vec<&IssueRecord> =
            ids.map(|id| self.issue(*id)).filter(|issue| wanted.fits(self, issue)).collect();
        found.sort_by_key(|issue| std::cmp::Reverse((issue.created, issue.id)));
        found.into_iter().map(|issue| issue.id).collect()
    }
}

impl Filter {
    fn fits(&self, world: &World, issue: &IssueRecord) -> bool {
        self.open.is_none_or(|open| issue.is_open() == open)
            && self.pulls.is_none_or(|pulls| issue.pull.is_some() == pulls)
            && self.since.is_none_or(|t| issue.updated >= t)
            && self.before.is_none_or(|t| issue.updated <= t)
            && self.assignee.is_none_or(|user| issue.assignees.contains(&user))
            && self.author.is_none_or(|user| issue.author == user)
            && (issue.title.contains(&self.text) || issue.body.contains(&self.text))
            && self.fits_labels(world, issue)
    }

    fn fits_labels(&self, world: &World, issue: &IssueRecord) -> bool {
        if self.labels.is_empty() {
            return true;
        }
        let held = world.labels_on(issue.id);
        let mut wanted = self.labels.iter();
        let holds = |name: &String| held.iter().any(|label| label.name == *name);
        if self.all_labels { wanted.all(holds) } else { wanted.any(holds) }
    }
}
