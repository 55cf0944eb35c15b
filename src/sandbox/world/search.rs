//! Finding issues.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

use super::World;
use super::records::Issue;

/// Which issues a list or a search asks for; `None` and empty mean all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Filter {
    pub(crate) open: Option<bool>,
    pub(crate) pulls: Option<bool>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
    /// Names of labels.
    pub(crate) labels: Vec<String>,
    /// Whether all of `labels` must be held, not just one.
    pub(crate) all_labels: bool,
    pub(crate) assignee: Option<i64>,
    pub(crate) author: Option<i64>,
    pub(crate) text: String,
}

/// What the last search found, as long as no issue changes: whoever reads a long list page by
/// page searches for the same each time.
#[derive(Default)]
pub(super) struct LastSearch(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    search: Option<(Vec<RepoId>, Filter, Arc<[i64]>)>,
    /// How many issues of each milestone are open, and how many closed.
    milestones: Option<HashMap<i64, (usize, usize)>>,
}

impl LastSearch {
    /// Something changed.
    pub(super) fn forget(&mut self) {
        *self.0.get_mut().unwrap_or_else(PoisonError::into_inner) = Memory::default();
    }
}

impl World {
    /// The issues of `repos` that fit, newest first, by their global ids.
    pub(crate) fn find_issues(&self, repos: &[RepoId], wanted: &Filter) -> Arc<[i64]> {
        let mut last = self.last_search.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((searched, asked, found)) = &last.search
            && searched == repos
            && asked == wanted
        {
            return Arc::clone(found);
        }
        let found = self.search(repos, wanted);
        last.search = Some((repos.to_vec(), wanted.clone(), Arc::clone(&found)));
        found
    }

    /// How many issues of a milestone are open, and how many closed.
    pub(crate) fn milestone_counts(&self, milestone: i64) -> (usize, usize) {
        let mut last = self.last_search.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = last.milestones.get_or_insert_with(|| {
            let mut counts: HashMap<i64, (usize, usize)> = HashMap::new();
            for issue in self.issues.values() {
                let Some(milestone) = issue.milestone else { continue };
                let (open, closed) = counts.entry(milestone).or_default();
                *(if issue.is_open() { open } else { closed }) += 1;
            }
            counts
        });
        counts.get(&milestone).copied().unwrap_or_default()
    }

    fn search(&self, repos: &[RepoId], wanted: &Filter) -> Arc<[i64]> {
        let ids = repos.iter().flat_map(|repo| self.repo(*repo).threads.values());
        let mut found: Vec<&Issue> =
            ids.map(|id| self.issue(*id)).filter(|issue| wanted.fits(self, issue)).collect();
        found.sort_by_key(|issue| std::cmp::Reverse((issue.created, issue.id)));
        found.into_iter().map(|issue| issue.id).collect()
    }
}

impl Filter {
    fn fits(&self, world: &World, issue: &Issue) -> bool {
        self.open.is_none_or(|open| issue.is_open() == open)
            && self.pulls.is_none_or(|pulls| issue.pull.is_some() == pulls)
            && self.since.is_none_or(|t| issue.updated >= t)
            && self.before.is_none_or(|t| issue.updated <= t)
            && self.assignee.is_none_or(|user| issue.assignees.contains(&user))
            && self.author.is_none_or(|user| issue.author == user)
            && (issue.title.contains(&self.text) || issue.body.contains(&self.text))
            && self.fits_labels(world, issue)
    }

    fn fits_labels(&self, world: &World, issue: &Issue) -> bool {
        if self.labels.is_empty() {
            return true;
        }
        let held = world.labels_on(issue.id);
        let mut wanted = self.labels.iter();
        let holds = |name: &String| held.iter().any(|label| label.name == *name);
        if self.all_labels { wanted.all(holds) } else { wanted.any(holds) }
    }
}
