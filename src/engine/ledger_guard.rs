//! The ledger under a running engine: it ends where the ledger was taken away, and waits where the
//! disk takes nothing.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::activity::Loop;
use super::context::Context;
use crate::core::backoff::Backoff;
use crate::store::{Error, meta};

/// How often it is looked whether the ledger still lies where it was.
const LOOK: Duration = Duration::from_secs(30);

/// How long is waited before the disk is tried again.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(60) };

/// Looks until `stop` whether the ledger still lies where it was, also while nothing is written.
pub(super) async fn watch(
    ctx: &Context,
    mut at: Loop,
    stop: &CancellationToken,
) -> Result<(), Error> {
    loop {
        ctx.ledger.check_place()?;
        let due = ctx.now().after(LOOK);
        let rest = at.rest(&*ctx.clock, Some(due), None);
        if stop.run_until_cancelled(rest).await.is_none() {
            return Ok(());
        }
    }
}

/// Waits, after so many `failures` in a row, until the disk takes a write again, or `stop`.
///
/// # Errors
/// One that will not pass.
pub(super) async fn until_writable(
    ctx: &Context,
    mut at: Loop,
    mut failures: u32,
    stop: &CancellationToken,
) -> Result<(), Error> {
    loop {
        let due = ctx.now().after(PAUSE.pause(failures, ctx.chance.draw()));
        let rest = at.rest(&*ctx.clock, Some(due), None);
        if stop.run_until_cancelled(rest).await.is_none() {
            return Ok(());
        }
        let now = ctx.now();
        match ctx.ledger.write(move |tx| meta::set(tx, meta::WRITABLE_AT, &now)).await {
            Err(error) if error.is_passing() => failures = failures.saturating_add(1),
            written => return written,
        }
    }
}
