//! What a job proposed that its epic becomes.

use rusqlite::Transaction;

use super::load;
use crate::core::jobs::{Job, JobId, StateKind};
use crate::core::model::issue::Issue;
use crate::core::split::SplitProposal;
use crate::store::error::Error;
use crate::store::{backlog, covered_text, splits};

/// Keeps what the job `id` proposed of `epic`, as that was when it was judged in the look of this number.
pub fn proposed(
    tx: &Transaction<'_>,
    (id, look): (JobId, u32),
    (proposal, epic): (&SplitProposal, &Issue),
) -> Result<(), Error> {
    let job = load::get(tx, id)?.map(|stored| stored.job);
    let is_awaited = |job: &Job| job.state.kind() == StateKind::Verifying && job.past.look == look;
    let Some(thread) = job.filter(is_awaited).and_then(|job| job.spec.given()) else {
        return Ok(());
    };
    let text = backlog::digest_of_text(epic);
    let text = covered_text::with_answers(tx, thread, text)?;
    splits::keep(tx, id, proposal, text)
}
