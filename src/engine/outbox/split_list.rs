//! The list of the issues that an epic became, which is written when it is sent.

use crate::core::command::value::DecisionId;
use crate::core::effect::marker::marker;
use crate::core::reply::split::{SplitOrder, split_keys};
use crate::core::reply::split_list::split_list;
use crate::engine::context::Context;
use crate::engine::try_result::TryResult;
use crate::store::outbox::OutboxRow;
use crate::store::{Error, decisions, meta, splits};

/// What the list says; or how the try ends instead.
pub(super) async fn text(
    ctx: &Context,
    row: &OutboxRow,
    (id, key): (DecisionId, String),
) -> Result<Result<String, TryResult>, Error> {
    let (now, thread) = (ctx.now(), row.lane.thread());
    let read = ctx.ledger.read(move |conn| {
        let stored = decisions::get(conn, id)?;
        let decision = stored.map(|stored| stored.decision);
        let by = decision.as_ref().and_then(|decision| decision.decided_by()).cloned();
        let split = decision.and_then(|decision| decision.covers.split);
        let (Some(split), Some(by), Some(thread)) = (split, by, thread) else { return Ok(None) };
        let order = SplitOrder { decision: id, by: &by, thread, key: &key, since: now };
        let outcome = splits::outcome(conn, thread.repo, &split_keys(&split, &order))?;
        let name = meta::get(conn, meta::ACCOUNT)?.map_or("timmy".to_owned(), |own| own.login);
        Ok(Some(split_list(&split, &order, &outcome, &name)))
    });
    Ok(match read.await? {
        Some(text) => Ok(format!("{text}\n\n{}", marker(&row.key))),
        None => Err(TryResult::Dead { reason: "nobody knows what it was to list".to_owned() }),
    })
}
