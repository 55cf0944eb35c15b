//! When the reviews of jobs that cannot begin were looked at, remembered as long as timmy runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;

/// How long it is from one look at the reviews of a job that cannot begin to the next.
pub(super) const AGAIN: Duration = Duration::from_secs(5 * 60);

/// When it was looked last at the reviews of jobs that cannot begin.
#[derive(Debug, Default)]
pub(super) struct ReviewLooks(Mutex<BTreeMap<JobId, Timestamp>>);

impl ReviewLooks {
    /// Whether it is time to look, which counts as done from then on.
    pub(super) fn is_time(&self, id: JobId, now: Timestamp) -> bool {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, at| !at.is_over(AGAIN, now));
        if looks.contains_key(&id) {
            return false;
        }
        looks.insert(id, now);
        true
    }
}
