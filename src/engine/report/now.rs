//! Writes the report at once, for a person who asks on the command line.

use std::sync::PoisonError;

use jiff::civil::Date;

use crate::core::model::ids::ThreadId;
use crate::core::report::{ReportTiming, issue_key};
use crate::engine::Engine;
use crate::store::outbox::{self, OutboxRow, State};
use crate::store::queue::{self, LaneWork};
use crate::store::reports::{self, ReportedDay};
use crate::store::{Connection, Error, incidents};

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

impl Engine {
    /// Brings the report of today up to date, whatever the hour, and does nothing else. For an
    /// engine that does not run.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn write_report_now(&self) -> Result<ReportResult, Error> {
        self.recover().await?;
        self.load_incidents().await?;
        for _ in 0..ROUNDS {
            self.report_begins(self.clock.now(), 0);
            self.write_due_report(ReportTiming::Now).await?;
            self.deliver_report().await?;
            let pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            if pace.last.is_some() {
                break;
            }
        }
        self.report_result().await
    }

    async fn deliver_report(&self) -> Result<(), Error> {
        let Some(home) = self.ledger.read(reports::home).await? else { return Ok(()) };
        let lanes = [Some(ThreadId { repo: home.repo, number: 0 }), home.thread()];
        for thread in lanes.into_iter().flatten() {
            let now = self.clock.now();
            let next = move |conn: &_| queue::next_in(conn, thread, now);
            while let Some(LaneWork::Effect(row)) = self.ledger.read(next).await? {
                self.deliver(&row).await?;
            }
        }
        Ok(())
    }

    async fn report_result(&self) -> Result<ReportResult, Error> {
        let Some(report) = &self.report else { return Ok(ReportResult::Nothing) };
        let today = report.hours.day(self.clock.now());
        self.ledger.read(move |conn| spoken(conn, today)).await
    }
}

fn spoken(conn: &Connection, today: Date) -> Result<ReportResult, Error> {
    let Some(home) = reports::home(conn)? else {
        let incident = incidents::all(conn)?.pop();
        return Ok(
            incident.map_or(ReportResult::Nothing, |incident| ReportResult::Refused(incident.text))
        );
    };
    // What still waits was put off for a reason; what is dead died of one.
    let making = outbox::get(conn, &issue_key(home.lost))?;
    let waiting = home.thread().map(|thread| outbox::next_in(conn, thread)).transpose()?.flatten();
    let told = reports::of(conn, today)?;
    let begun = told.as_ref().map(|told| outbox::get(conn, &told.key)).transpose()?.flatten();
    let is_unwritten = |effect: &OutboxRow| effect.state != State::Done;
    let unwritten = making.into_iter().chain(waiting).chain(begun).find(is_unwritten);
    Ok(match (unwritten.and_then(|effect| effect.reason), told) {
        (Some(reason), _) => ReportResult::Refused(reason),
        (None, Some(ReportedDay { thread, comment: Some(comment), .. })) => {
            ReportResult::Written { thread, comment }
        }
        (None, _) => ReportResult::Nothing,
    })
}
