//! The ledger's name: whatever leaves the house begins with it, so that two ledgers for one account
//! never mean different things by the same word.

use super::context::Context;
use crate::store::jobs::{self, ShownNumbers};
use crate::store::{Error, meta};

/// Gives a new ledger a name, and a copy another one: it counts on well above the one that it was
/// made of, and what that one believed to run is looked for.
pub(super) async fn ensure(ctx: &Context) -> Result<(), Error> {
    let fresh = ctx.chance.word();
    let now = ctx.step_time();
    let write = ctx.ledger.write(move |tx| match meta::nameless_copy(tx)? {
        Some(at) => {
            tracing::warn!(%at, "ledger is a copy: what ran when it was taken is looked for");
            jobs::restore(tx, &fresh, ShownNumbers::default(), now)?;
            meta::set(tx, meta::RESTORED_AT, &now.at)?;
            meta::set(tx, meta::RESTORED_FROM, &at)
        }
        None => jobs::introduce(tx, &fresh).map(drop),
    });
    write.await
}
