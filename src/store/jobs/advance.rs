//! A job moves: the step, the job after it and what has to be done are stored together.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::by_routine::routine_in_the_way;
use super::{asked, attempts, crew, load, quotas, speech};
use crate::core::jobs::breaker::Breaker;
use crate::core::jobs::{
    self, AttemptEnd, CancelReason, Fence, IllegalEvent, IllegalReason, Job, JobAction, JobEvent,
    JobId, JobStep, State, StepTime,
};
use crate::store::columns::Json;
use crate::store::error::Error;
use crate::store::{backlog, controls};

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    pub before: Job,
    pub after: Job,
    /// What it made a runner do; of a step that was known, what it made one do then.
    pub actions: Vec<JobAction>,
    /// It was told before under the same key: nothing changed.
    pub is_known: bool,
    /// The agent whose breaker it tripped: nothing that it was given lately left anything.
    pub tripped: Option<String>,
}

/// `event` happened to a job. `key`: what only this one is called, if it may be told twice.
///
/// # Errors
/// [`Error::NotOpen`] if there is no such job. An event that cannot happen where the job stands is
/// no error of the ledger: nothing changed.
pub fn advance(
    tx: &Transaction<'_>,
    id: JobId,
    key: Option<&str>,
    event: JobEvent,
    now: StepTime,
) -> Result<Result<Advanced, IllegalEvent>, Error> {
    apply(tx, id, key, &JobStep::Event(event), now)
}

/// The same of any step. What may be said only where it was checked comes from `lease` alone.
pub(super) fn apply(
    tx: &Transaction<'_>,
    id: JobId,
    key: Option<&str>,
    step: &JobStep,
    now: StepTime,
) -> Result<Result<Advanced, IllegalEvent>, Error> {
    let stored = load::get(tx, id)?.ok_or(Error::NotOpen { what: "job", id: id.0 })?;
    let before = stored.job;
    if let Some(actions) = known(tx, id, key)? {
        let after = before.clone();
        return Ok(Ok(Advanced { before, after, actions, is_known: true, tripped: None }));
    }
    let (after, actions) = match jobs::advance(&before, step, now) {
        Ok(moved) => moved,
        Err(illegal) => return Ok(Err(illegal)),
    };
    let begins_again = before.state.kind().is_end() && !after.state.kind().is_end();
    if begins_again && in_the_way(tx, &before)?.is_some() {
        return Ok(Err(IllegalEvent::new(&before, step, IllegalReason::AnotherJob)));
    }
    tx.prepare_cached(
        "INSERT INTO job_events (job, seq, at, chance, key, step, actions)
         SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM job_events WHERE job = ?1",
    )?
    .execute((id, now.at, now.chance.0, key, Json(step), Json(&actions)))?;
    load::save(tx, &after, now.at)?;
    if before.state.kind().is_end() != after.state.kind().is_end() {
        backlog::moved(tx)?;
        controls::job_ended(tx, id)?;
    }
    let mut empty = None;
    for action in &actions {
        empty = keep(tx, action, now)?.or(empty);
    }
    asked::moved(tx, &before, &after, (step, &actions), now)?;
    let ends = crew::moved(tx, &before, &after, now.at)?;
    speech::moved(tx, (&before, &after), step, &actions, now)?;
    for job in ends {
        // One that is over by itself needs no end.
        let _ = apply(tx, job, None, &JobStep::Event(crew_ended(&after)), now)?;
    }
    let tripped = match empty {
        Some(empty) => trip(tx, empty, now)?,
        None => None,
    };
    let after = match &tripped {
        Some(_) => load::get(tx, id)?.map_or(after, |stored| stored.job),
        None => after,
    };
    Ok(Ok(Advanced { before, after, actions, is_known: false, tripped }))
}

/// A job ends with its crew, for the reason for which that did. Who took the agent off one of its jobs took
/// none off the others.
fn crew_ended(of: &Job) -> JobEvent {
    JobEvent::Cancel(match &of.state {
        State::Cancelled(cancelled) => match &cancelled.reason {
            CancelReason::TakenOff(login) => CancelReason::Person(login.clone()),
            reason => reason.clone(),
        },
        _ => CancelReason::Declined,
    })
}

/// What keeps a job that ended from going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InTheWay {
    pub job: JobId,
    /// Whether it is in the way though it is over, or will be: its pull request is open.
    pub stays: bool,
}

/// Another job of its kind on the thread of one that ended, or that went on with its pull request; of a
/// routine's another one whose work is not over.
pub fn in_the_way(conn: &Connection, ended: &Job) -> Result<Option<InTheWay>, Error> {
    if let Some(run) = ended.spec.routine()
        && let Some(other) = routine_in_the_way(conn, &run.routine, Some(ended.spec.id))?
    {
        return Ok(Some(InTheWay { job: other.job, stays: other.is_open }));
    }
    for thread in [ended.home(), ended.pull()].into_iter().flatten() {
        if let Some(live) = load::live_beside(conn, thread, ended.spec.purpose.is_review())? {
            return Ok(Some(InTheWay { job: live.job.spec.id, stays: false }));
        }
    }
    Ok(None)
}

fn known(
    tx: &Transaction<'_>,
    id: JobId,
    key: Option<&str>,
) -> Result<Option<Vec<JobAction>>, Error> {
    let Some(key) = key else { return Ok(None) };
    let known = tx
        .prepare_cached("SELECT actions FROM job_events WHERE job = ?1 AND key = ?2")?
        .query_row((id, key), |row| row.get(0).map(|Json(actions)| actions))
        .optional()?;
    Ok(known)
}

/// Keeps what an action says of an attempt. Gives one that is known now to have left nothing.
fn keep(tx: &Transaction<'_>, action: &JobAction, now: StepTime) -> Result<Option<Fence>, Error> {
    let (fence, left) = match action {
        JobAction::Release { fence, end, charge, left } => {
            attempts::end(tx, *fence, *end, *charge, *left, now.at)?;
            if matches!(end, AttemptEnd::Ended | AttemptEnd::Failed | AttemptEnd::Asked) {
                let (quotas, leased_at) = attempts::quotas_of(tx, *fence)?;
                for quota in quotas {
                    quotas::quota_there(tx, &quota, leased_at)?;
                }
            }
            (*fence, *left)
        }
        JobAction::Left { fence, left } => {
            attempts::left(tx, *fence, *left)?;
            (*fence, Some(*left))
        }
        JobAction::Preflight(_)
        | JobAction::Start(_)
        | JobAction::Follow(_)
        | JobAction::Tell(..)
        | JobAction::Answer(..)
        | JobAction::Stop(_)
        | JobAction::Look(_)
        | JobAction::Judge(_)
        | JobAction::Ask(..)
        | JobAction::CloseBefore(_)
        | JobAction::TakeOver { .. }
        | JobAction::CloseAll
        | JobAction::MakeIssues
        | JobAction::AnswerRemarks(_)
        | JobAction::TellLate(_) => return Ok(None),
    };
    Ok((left == Some(false)).then_some(fence))
}

/// Looks at the breaker of an agent one of whose attempts left nothing. If it is open, none of
/// those that made it so costs its job an attempt.
fn trip(tx: &Transaction<'_>, fence: Fence, now: StepTime) -> Result<Option<String>, Error> {
    let agent = attempts::agent_of(tx, fence)?;
    let Breaker::Open { empty, .. } = attempts::breaker(tx, &agent)? else { return Ok(None) };
    for fence in empty {
        // One that is not charged, or is charged no more, has nothing to be given back.
        let job = attempts::job_of(tx, fence)?;
        let _ = apply(tx, job, None, &JobStep::Event(JobEvent::Refund(fence)), now)?;
    }
    Ok(Some(agent))
}
