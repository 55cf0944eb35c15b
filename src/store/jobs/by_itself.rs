//! Jobs that start by themselves: what was matched is begun in one transaction, in which all that
//! speaks for it is asked once more.

use rusqlite::Transaction;

use super::advance::Advanced;
use super::check::{LeaseRefusal, LeaseRequest};
use super::lease::{Lease, dispatch};
use super::load;
use super::speech::refresh_card;
use crate::core::jobs::{JobId, NewJob, StepTime};
use crate::core::model::ids::ThreadId;
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::SuggestReason;
use crate::store::error::Error;
use crate::store::{automatic, backlog, incidents, meta};

/// A match that is to start by itself.
#[derive(Debug, Clone)]
pub struct AutomaticStart {
    /// The issue.
    pub thread: ThreadId,
    pub new: NewJob,
    pub request: LeaseRequest,
    /// Whether its issue is of size `s` or less.
    pub is_small: bool,
}

/// From what it was matched, and how much may start.
#[derive(Debug, Clone, Copy)]
pub struct AutomaticLimits {
    /// The version of the backlog: of another one nothing is known to be right.
    pub version: i64,
    pub starts_per_day: u32,
    pub day_began: Timestamp,
}

/// What became of a match that was to start.
#[derive(Debug)]
pub enum Begun {
    Leased(Box<(Lease, Advanced)>),
    /// There is a job, which asks a person first.
    Asks,
    Refused(LeaseRefusal),
}

/// Begins these matches, the best first. None if the backlog moved since they were made.
pub fn begin_by_itself(
    tx: &Transaction<'_>,
    starts: &[AutomaticStart],
    limits: AutomaticLimits,
    now: StepTime,
) -> Result<Option<Vec<(ThreadId, Begun)>>, Error> {
    if backlog::version(tx)? != limits.version {
        return Ok(None);
    }
    let begun = starts.iter().map(|start| Ok((start.thread, begin(tx, start, limits, now)?)));
    begun.collect::<Result<Vec<_>, Error>>().map(Some)
}

fn begin(
    tx: &Transaction<'_>,
    start: &AutomaticStart,
    limits: AutomaticLimits,
    now: StepTime,
) -> Result<Begun, Error> {
    if let Some(reason) = held_back(tx, start, limits)? {
        return Ok(Begun::Refused(LeaseRefusal::HeldBack(reason)));
    }
    let (id, begun) = match dispatch(tx, &start.new, &start.request, now)? {
        Ok(leased) => (leased.0.job(), Begun::Leased(Box::new(leased))),
        Err(LeaseRefusal::NeedsYes(_)) => {
            let Some(made) = load::live_in(tx, start.thread)? else {
                return Ok(Begun::Refused(LeaseRefusal::NotThere));
            };
            (made.job.spec.id, Begun::Asks)
        }
        Err(refusal) => return Ok(Begun::Refused(refusal)),
    };
    note(tx, id, start.is_small, now.at)?;
    Ok(begun)
}

/// What only counts where nobody asked; of the pair the lease asks.
fn held_back(
    tx: &Transaction<'_>,
    start: &AutomaticStart,
    limits: AutomaticLimits,
) -> Result<Option<SuggestReason>, Error> {
    let terms = automatic::terms(tx, limits.starts_per_day, limits.day_began)?;
    let (thread, state) = (start.thread, &terms.state);
    let facts = backlog::issue(tx, thread)?;
    let is_red = facts.as_ref().is_some_and(|facts| state.waits_for_green(facts));
    let touched = facts.map(|facts| facts.last_touched());
    let since = state.since.get(&thread.repo);
    let found = state.keeps_from(&start.request.agent, thread.repo);
    let noted = incidents::all(tx)?;
    let is_elsewhere = noted.iter().any(|one| one.incident == Incident::OtherLedger);
    let red = is_red.then_some(SuggestReason::DefaultBranchRed);
    let found = is_elsewhere.then_some(SuggestReason::OtherLedger).or(found).or(red);
    Ok(match (found, since) {
        (Some(found), _) => Some(found),
        (None, Some(since)) if touched >= Some(*since) => {
            (terms.starts_left == 0).then_some(SuggestReason::DayFull)
        }
        (None, _) => Some(SuggestReason::Old),
    })
}

/// The job is told, and counted.
fn note(tx: &Transaction<'_>, id: JobId, is_small: bool, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET automatic_at = ?2 WHERE id = ?1")?.execute((id, now))?;
    if is_small {
        let before = automatic::small_started(tx)?;
        meta::set(tx, meta::AUTOMATIC_SMALL, &before.saturating_add(1))?;
    }
    refresh_card(tx, id, now)
}
