//! What a job proposed that its epic becomes.

use rusqlite::Transaction;

use super::load;
use crate::core::jobs::{Job, JobId, StateKind};
use crate::core::split::SplitProposal;
use crate::store::error::Error;
use crate::store::splits;

/// Keeps what the job `id` proposed, as it is judged in its look of this number.
pub fn proposed(
    tx: &Transaction<'_>,
    (id, look): (JobId, u32),
    proposal: &SplitProposal,
) -> Result<(), Error> {
    let job = load::get(tx, id)?.map(|stored| stored.job);
    let is_awaited = |job: &Job| job.state.kind() == StateKind::Verifying && job.past.look == look;
    match job.as_ref().is_some_and(is_awaited) {
        true => splits::keep(tx, id, proposal),
        false => Ok(()),
    }
}
