//! Writes the report at once, for a person who asks on the command line.

use jiff::civil::Date;

use super::context::Context;
use super::outbox::Outbox;
use super::report::Reporter;
use crate::core::model::ids::{Lane, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::report::{ReportTiming, issue_key};
use crate::store::incidents::{self, OpenIncident};
use crate::store::outbox::{self, EffectState, OutboxRow};
use crate::store::reports::{self, ReportedDay};
use crate::store::{Connection, Error};

/// How often one write may lead to another: the issue, its pin, the comment, and what they find
/// in their way.
const ROUNDS: usize = 8;

/// What came of the wish for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportResult {
    /// It is up to date, in this comment.
    Written {
        /// The issue.
        thread: ThreadId,
        /// The comment.
        comment: i64,
    },
    /// There is nothing to say today.
    Nothing,
    /// The forge did not take it; why.
    Refused(String),
}

/// Brings the report of today up to date, whatever the hour, and does nothing else. For an engine
/// that does not run.
pub(super) async fn write(
    ctx: &Context,
    reporter: &Reporter,
    outbox: &Outbox,
) -> Result<ReportResult, Error> {
    for _ in 0..ROUNDS {
        reporter.begin_look(ctx.now(), 0);
        reporter.look(ReportTiming::Now).await?;
        deliver(ctx, outbox).await?;
        if !reporter.looks_again() {
            break;
        }
    }
    let Some(report) = &ctx.policy.report else { return Ok(ReportResult::Nothing) };
    let today = report.hours.day(ctx.now());
    ctx.ledger.read(move |conn| spoken(conn, today)).await
}

async fn deliver(ctx: &Context, outbox: &Outbox) -> Result<(), Error> {
    let Some(home) = ctx.ledger.read(reports::home).await? else { return Ok(()) };
    let lanes = [Some(Lane::Repo(home.repo)), home.thread().map(Lane::Thread)];
    for lane in lanes.into_iter().flatten() {
        let mut tried = None;
        while let Some(row) = ctx.ledger.read(move |conn| outbox::next_in(conn, lane)).await? {
            if row.due_at > ctx.now() && !(may_be_early(&row) && tried != Some(row.seq)) {
                break;
            }
            tried = Some(row.seq);
            outbox.deliver(&row).await?;
        }
    }
    Ok(())
}

/// Whether it can be tried before its time: the failure that put it off may be long over. Not if
/// an earlier try may still land: it would be written twice.
fn may_be_early(row: &OutboxRow) -> bool {
    !row.is_uncertain()
}

fn spoken(conn: &Connection, today: Date) -> Result<ReportResult, Error> {
    let Some(home) = reports::home(conn)? else {
        let homeless = |open: &OpenIncident| open.incident == Incident::ReportHomeless;
        let refusal = incidents::all(conn)?.into_iter().find(homeless);
        let refusal = refusal.map(|incident| incident.sentence());
        return Ok(refusal.map_or(ReportResult::Nothing, ReportResult::Refused));
    };
    // What still waits was put off for a reason; what is dead died of one.
    let making = outbox::get(conn, &issue_key(home.lost))?;
    let waiting =
        home.thread().map(|thread| outbox::next_in(conn, thread.into())).transpose()?.flatten();
    let told = reports::of(conn, today)?;
    let begun = told.as_ref().map(|told| outbox::get(conn, &told.key)).transpose()?.flatten();
    let is_unwritten = |effect: &OutboxRow| effect.state != EffectState::Done;
    let unwritten = making.into_iter().chain(waiting).chain(begun).find(is_unwritten);
    Ok(match (unwritten.and_then(|effect| effect.reason), told) {
        (Some(reason), _) => ReportResult::Refused(reason),
        (None, Some(ReportedDay { thread, comment: Some(comment), .. })) => {
            ReportResult::Written { thread, comment }
        }
        (None, _) => ReportResult::Nothing,
    })
}
