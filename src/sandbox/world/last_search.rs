//! What the last search found, as long as no issue changes: whoever reads a long list page by page
//! searches for the same each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

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

#[derive(Default)]
pub(super) struct LastSearch(Mutex<SearchMemory>);

#[derive(Default)]
struct SearchMemory {
    search: Option<(Vec<RepoId>, Filter, Arc<[i64]>)>,
    milestones: Option<MilestoneCounts>,
}

/// How many issues of each milestone are open, and how many closed.
pub(super) type MilestoneCounts = HashMap<i64, (usize, usize)>;

impl LastSearch {
    /// Must be called with each change.
    pub(super) fn forget(&mut self) {
        *self.0.get_mut().unwrap_or_else(PoisonError::into_inner) = SearchMemory::default();
    }

    /// What is `wanted` of `repos`, by `search` if that is not what was asked last.
    pub(super) fn issues(
        &self,
        repos: &[RepoId],
        wanted: &Filter,
        search: impl FnOnce() -> Arc<[i64]>,
    ) -> Arc<[i64]> {
        let mut last = self.memory();
        if let Some((searched, asked, found)) = &last.search
            && searched == repos
            && asked == wanted
        {
            return Arc::clone(found);
        }
        let found = search();
        last.search = Some((repos.to_vec(), wanted.clone(), Arc::clone(&found)));
        found
    }

    /// The counts of one milestone, by `count` if nobody asked for any since something changed.
    pub(super) fn milestone(
        &self,
        milestone: i64,
        count: impl FnOnce() -> MilestoneCounts,
    ) -> (usize, usize) {
        let mut last = self.memory();
        let counts = last.milestones.get_or_insert_with(count);
        counts.get(&milestone).copied().unwrap_or_default()
    }

    fn memory(&self) -> MutexGuard<'_, SearchMemory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
