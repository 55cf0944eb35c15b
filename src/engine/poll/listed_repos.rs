//! The watched repositories, as the forge listed them last.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;

/// How long a listing is good of which a part could not be had, or is in doubt.
pub(super) const INCOMPLETE: Duration = Duration::from_secs(5 * 60);

/// The repositories of the last listing.
#[derive(Default)]
pub(super) struct ListedRepos {
    /// Those that are watched.
    pub(super) repos: HashMap<RepoId, Repo>,
    /// Those that a search showed although no list does: somebody else's public ones.
    pub(super) untracked: HashSet<RepoId>,
    /// Those that are archived: nothing is handed out there.
    pub(super) archived: BTreeSet<RepoId>,
    /// Owners that `gitea.watch` calls by a former name, in lower case: no search finds them.
    pub(super) former_owners: HashSet<String>,
    /// The incidents that the listing met.
    pub(super) met: Vec<Incident>,
    /// When they were listed, by our clock; none if they never were.
    pub(super) at: Option<Timestamp>,
    /// How long a listing is used before the next.
    pub(super) good_for: Duration,
}

impl ListedRepos {
    /// The search for an owner's threads failed: it may be called otherwise by now.
    pub(super) fn doubt(&mut self) {
        self.good_for = self.good_for.min(INCOMPLETE);
    }

    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        self.at.is_none_or(|at| at.is_over(self.good_for, now))
    }
}
