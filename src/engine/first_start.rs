//! A new ledger of an account that has answered before: its memory was lost, or lies elsewhere.

use super::context::Context;
use super::error::EngineError;
use crate::core::model::account::Account;
use crate::gitea::OwnReply;
use crate::store::jobs::{self, ShownNumbers};
use crate::store::meta::{self, LedgerStart};
use crate::store::{Connection, Error, outbox};

/// Asks the forge once whether the account `own` answered before this ledger began, and says it.
pub(super) async fn look_back(ctx: &Context, own: &Account) -> Result<(), EngineError> {
    let start = ctx.ledger.read(|conn| meta::get(conn, meta::LEDGER_START)).await?;
    let Some(LedgerStart { at, asked: false, .. }) = start else { return Ok(()) };
    let replies = ctx.gitea.own_replies(&own.login).await?;
    let answered = ctx.ledger.write(move |tx| {
        let answered = replies.iter().find(|reply| !is_of(tx, reply).unwrap_or(true));
        let answered = answered.map(|reply| reply.at);
        meta::set(tx, meta::LEDGER_START, &LedgerStart { at, asked: true, answered })?;
        if answered.is_some() {
            let most = |mark| replies.iter().filter_map(|one| number_in(&one.key, mark)).max();
            let (job, decision) = (most("-j"), most("-d"));
            let job = job.unwrap_or_default();
            let shown = ShownNumbers { job, decision: decision.unwrap_or_default() };
            jobs::count_above(tx, shown)?;
        }
        Ok(answered)
    });
    if let Some(last) = answered.await? {
        tracing::warn!(
            account = %own.login, %last,
            "this ledger is new, but the account answered here before: what was on hold, snoozed, \
             paused or delegated is forgotten, and nothing older is heard. If that is not meant, \
             stop timmy, put the former ledger or a backup in its place, and start it again"
        );
    }
    Ok(())
}

/// The number of the job or decision that a comment was about, by its key: `ab23cd45-j42.card`,
/// `ab23cd45-d7`.
fn number_in(key: &str, mark: &str) -> Option<i64> {
    let (_, rest) = key.split_once(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Whether this ledger itself made the reply.
fn is_of(conn: &Connection, reply: &OwnReply) -> Result<bool, Error> {
    Ok(outbox::get(conn, &reply.key)?.is_some())
}
