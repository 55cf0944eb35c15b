//! One issue of an epic waits for another, or the epic for one of them: as it was approved, where that still
//! makes sense.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use super::shown_issue::{if_in_sight, shown_issue};
use crate::core::effect::Bond;
use crate::core::model::dependency::{Blocker, SetDependency};
use crate::core::model::ids::ThreadId;
use crate::core::split::{LeftOut, LeftOutWhy};
use crate::engine::circle_search::{CircleFound, DependencyReads, find_circle};
use crate::engine::try_result::Applied;
use crate::gitea::Error;
use crate::store::splits;

/// Why nothing waits for what is not there.
const NOT_MADE: &str = "one of the two issues was not made";

/// How many threads are asked for to see whether a dependency would close a circle. What this split has
/// bound already, and what is open, the ledger knows.
const MOST_READS: usize = 100;

impl Deliver for Bond {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let Some((issue, on)) = self.threads(to).await? else { return Ok(None) };
        match waits_for(on).shown(to, issue).await {
            Ok(found) => Ok(found),
            Err(error) => Err(gone(if_in_sight(to, error).await)),
        }
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let Some((issue, on)) = self.threads(to).await? else {
            return Err(ApplyError::Refused(NOT_MADE));
        };
        let why = match self.no_longer_open(to, [issue, on]).await? {
            Some(why) => Some(why),
            None => closes_a_circle(to, issue, on).await?,
        };
        let left = why.map(|why| LeftOut { issue: issue.number, on: on.number, why });
        // What an earlier try said of it may be over.
        if left.is_some() || to.row.is_uncertain() {
            leave_out(to, left).await?;
        }
        if left.is_some() {
            return Ok(Applied { id: None, written: None });
        }
        match waits_for(on).set(to, issue).await {
            Err(ApplyError::Forge(Error::NotFound { .. })) => {}
            set => return set,
        }
        // It may have been out of sight for that moment.
        match waits_for(on).set(to, issue).await {
            Ok(applied) => Ok(applied),
            Err(error) => Err(gone(if_in_sight(to, error).await)),
        }
    }
}

fn waits_for(on: ThreadId) -> SetDependency {
    SetDependency { on, waits: true }
}

/// The forge answers both alike.
fn gone(error: ApplyError) -> ApplyError {
    match error {
        ApplyError::Forge(Error::NotFound { .. }) => ApplyError::Refused(
            "dependencies are switched off in this repository, or one of the two issues is gone",
        ),
        error => error,
    }
}

impl Bond {
    /// Both issues; none if one of them was not made.
    async fn threads(
        &self,
        to: &EffectDelivery<'_>,
    ) -> Result<Option<(ThreadId, ThreadId)>, ApplyError> {
        let bond = self.clone();
        let read = to.ctx.ledger.read(move |conn| {
            Ok((splits::number(conn, &bond.issue)?, splits::number(conn, &bond.on)?))
        });
        let (issue, on) = read.await?;
        let thread = |number| ThreadId { repo: to.repo.id, number };
        Ok(issue.zip(on).map(|(issue, on)| (thread(issue), thread(on))))
    }

    /// What became of one of both, if it was shown as open and is not any more.
    async fn no_longer_open(
        &self,
        to: &EffectDelivery<'_>,
        both: [ThreadId; 2],
    ) -> Result<Option<LeftOutWhy>, ApplyError> {
        for ThreadId { number, .. } in both {
            if !self.while_open.contains(&number) {
                continue;
            }
            match shown_issue(to, number).await? {
                Some(issue) if issue.open => {}
                Some(_) => return Ok(Some(LeftOutWhy::Closed(number))),
                None => return Ok(Some(LeftOutWhy::Gone(number))),
            }
        }
        Ok(None)
    }
}

/// Whether `on` waits for `issue` by now, as far as that can be told.
async fn closes_a_circle(
    to: &EffectDelivery<'_>,
    issue: ThreadId,
    on: ThreadId,
) -> Result<Option<LeftOutWhy>, ApplyError> {
    let start = Blocker { thread: on, repo: to.name().clone(), open: true };
    let mut reads = DependencyReads::at_most(MOST_READS);
    Ok(match find_circle(to.ctx, start, issue, &mut reads).await? {
        CircleFound::Way(_) => Some(LeftOutWhy::Circle),
        CircleFound::Unproven(_) | CircleFound::Unfinished { .. } => Some(LeftOutWhy::Unproven),
        // Who set what nobody here can see has to look after it.
        CircleFound::No | CircleFound::Unseen { .. } => None,
    })
}

/// Keeps whether it is left out.
async fn leave_out(to: &EffectDelivery<'_>, left: Option<LeftOut>) -> Result<(), ApplyError> {
    let key = to.row.key.clone();
    if let Some(LeftOut { issue, on, why }) = left {
        tracing::info!(effect = %key, issue, on, ?why, "left out: the list says so");
    }
    let write = to.ctx.ledger.write(move |tx| splits::leave_out(tx, &key, left.as_ref()));
    Ok(write.await?)
}
