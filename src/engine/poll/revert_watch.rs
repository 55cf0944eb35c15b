//! What was seen of the branches that jobs were merged into, as long as timmy runs: when, and up to
//! which commit.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::core::jobs::revert::{is_named, taken_back};
use crate::core::jobs::{Commit, JobId};
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::gitea::ForgeCommit;
use crate::store::jobs::MergedJob;

/// A branch of a repository; without a name the default one.
pub(super) type MergeTarget = (RepoId, Option<String>);

#[derive(Debug, Default)]
pub(super) struct RevertWatch {
    looked_at: Option<Timestamp>,
    /// Where each stood then: what it held was looked at.
    pub(super) heads: BTreeMap<MergeTarget, Commit>,
}

impl RevertWatch {
    /// Whether it is time to look; if so, that is kept.
    pub(super) fn begins_look(&mut self, now: Timestamp, every: Duration) -> bool {
        // A clock that was set back is no reason to wait for it.
        let is_due = self.looked_at.is_none_or(|at| at > now || at.is_over(every, now));
        if is_due {
            self.looked_at = Some(now);
        }
        is_due
    }
}

/// Which of these jobs a commit takes back, as its message says.
pub(super) fn reverted_by(commit: &ForgeCommit, jobs: &[&MergedJob]) -> Vec<(JobId, Commit)> {
    let names = taken_back(&commit.message);
    let is_its = |job: &&&MergedJob| job.commits.iter().any(|one| is_named(one, &names));
    jobs.iter().filter(is_its).map(|job| (job.id, commit.commit.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::engine::poll::revert_watch::*;

    #[test]
    fn it_looks_once_an_hour_whatever_the_clock_does() {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        let at = |minutes: u64| Timestamp::default().after(Duration::from_secs(60 * minutes));
        let mut watch = RevertWatch::default();
        let looks = [600, 601, 659, 661, 100, 101].map(|time| watch.begins_look(at(time), HOUR));
        assert_eq!(looks, [true, false, false, true, true, false]);
    }
}
