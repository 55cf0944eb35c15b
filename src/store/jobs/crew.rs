//! What the moves of jobs make of their crews: in the transaction in which a job moves, its crew does,
//! and the job that comes next is made. So there is no moment at which a crew waits for somebody to
//! look after it.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::{create, load, record, reviews};
use crate::core::crew::{Crew, CrewAction, CrewEvent, CrewPlan, CrewRecord, JobStanding};
use crate::core::jobs::{CrewPart, CrewPlace, Job, JobId, NewJob, Purpose, Question, StateKind};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::{Issue, TextDigest};
use crate::core::model::time::Timestamp;
use crate::store::error::Error;
use crate::store::{backlog, covered_text, crews, decisions};

/// How long a review of a crew waits for its agent: a person waits for the question behind it, which says
/// then that there is none.
const REVIEW_WAITS: Duration = Duration::from_secs(24 * 60 * 60);

/// A job moved: what that makes of its crew. Gives the jobs that are to be cancelled with it.
pub(super) fn moved(
    tx: &Transaction<'_>,
    before: &Job,
    after: &Job,
    now: Timestamp,
) -> Result<Vec<JobId>, Error> {
    let Some(CrewPlace { crew, task }) = after.spec.crew_place() else { return Ok(Vec::new()) };
    let job = after.spec.id;
    let review = match after.spec.purpose.is_review() && after.state.kind() == StateKind::Done {
        true => reviews::reviews_of_job(tx, job)?.pop(),
        false => None,
    };
    let to = JobStanding::of(after, review.as_ref());
    if JobStanding::of(before, review.as_ref()) == to {
        return Ok(Vec::new());
    }
    crews::happen(tx, crew, &CrewEvent::Moved { task, job, to }, now)?;
    due(tx, crew, now)
}

/// Makes the jobs that a crew wants now; gives those that it wants no more.
fn due(tx: &Transaction<'_>, id: JobId, now: Timestamp) -> Result<Vec<JobId>, Error> {
    let mut ends = Vec::new();
    let Some(mut crew) = crews::get(tx, id)? else { return Ok(ends) };
    loop {
        let mut began = None;
        for action in crew.due() {
            match action {
                CrewAction::Cancel(job) => ends.push(job),
                CrewAction::Begin(task) => began = begin(tx, &crew, task, now)?,
            }
        }
        let Some(began) = began else { return Ok(ends) };
        match crews::happen(tx, id, &began, now)? {
            Some(after) => crew = after,
            None => return Ok(ends),
        }
    }
}

/// Makes the jobs that a crew wants and could not get before, since another one was in the way.
pub fn crew_due(tx: &Transaction<'_>, id: JobId, now: Timestamp) -> Result<(), Error> {
    due(tx, id, now)?;
    Ok(())
}

/// The review that `job` gave for this task was dismissed: it is asked for again, as long as reviews are.
pub fn review_dismissed(
    tx: &Transaction<'_>,
    crew: JobId,
    (task, job): (u32, JobId),
    now: Timestamp,
) -> Result<(), Error> {
    crews::happen(tx, crew, &CrewEvent::Dismissed { task, job }, now)?;
    due(tx, crew, now)?;
    Ok(())
}

/// Makes a job for a task; none if another one is in the way.
fn begin(
    tx: &Transaction<'_>,
    crew: &Crew,
    task: u32,
    now: Timestamp,
) -> Result<Option<CrewEvent>, Error> {
    let plans = load::get(tx, crew.id)?.map(|stored| stored.job);
    let (Some(plans), Some((planned, _))) = (plans, crew.task(task)) else { return Ok(None) };
    let Some(terms) = plans.spec.crew_terms() else { return Ok(None) };
    let purpose = planned.purpose();
    let thread = match purpose {
        Purpose::Review => match pull_of(tx, crew)? {
            Some(number) => ThreadId { repo: plans.spec.repo(), number }.into(),
            None => return Ok(None),
        },
        _ => plans.spec.thread.clone(),
    };
    let new = NewJob {
        thread,
        purpose,
        role: planned.role.clone(),
        origin: plans.spec.origin.clone(),
        agent: Some(planned.agent.clone()),
        limits: match purpose {
            Purpose::Review => terms.limits.within(REVIEW_WAITS),
            _ => terms.limits,
        },
        budget: None,
        adopts: None,
        claims_by_card: false,
        crew: Some(CrewPart::Works(CrewPlace { crew: crew.id, task })),
    };
    let made = create::create(tx, &new, now)?;
    Ok(made.ok().map(|job| CrewEvent::Began { task, job: job.spec.id }))
}

/// The pull request that a crew brought.
fn pull_of(conn: &Connection, crew: &Crew) -> Result<Option<i64>, Error> {
    let change = crew.numbered().find(|(_, task, _)| task.purpose().is_change());
    let Some(job) = change.and_then(|(_, _, progress)| progress.jobs.last().copied()) else {
        return Ok(None);
    };
    Ok(load::get(conn, job)?.and_then(|stored| stored.job.past.pull))
}

/// Keeps the plan that the job `id` made for `issue`, as that was when it was judged in the look of this
/// number.
pub fn planned(
    tx: &Transaction<'_>,
    (id, look): (JobId, u32),
    (plan, issue): (&CrewPlan, &Issue),
    now: Timestamp,
) -> Result<(), Error> {
    let job = load::get(tx, id)?.map(|stored| stored.job);
    let is_awaited = |job: &Job| job.state.kind() == StateKind::Verifying && job.past.look == look;
    let Some(thread) = job.filter(is_awaited).and_then(|job| job.spec.given()) else {
        return Ok(());
    };
    crews::happen(tx, id, &CrewEvent::Planned(plan.clone()), now)?;
    let text = covered_text::with_answers(tx, thread, backlog::digest_of_text(issue))?;
    crews::keep_text(tx, id, text)
}

/// Whether the plan of which `job` is a part was approved, and nothing of it since while its issue
/// said what it does now.
pub(super) fn is_beside_its_plan(
    conn: &Connection,
    job: &Job,
    text: Option<TextDigest>,
) -> Result<bool, Error> {
    let Some(crew) = crew_of(conn, job)?.filter(|crew| crew.id != job.spec.id) else {
        return Ok(false);
    };
    let plans = decisions::of_job(conn, crew.id)?.into_iter().rev();
    let approved = plans.filter(|one| one.question == Question::Plan && one.decided_by().is_some());
    let Some(approved) = approved.map(|one| one.covers.text).next() else { return Ok(false) };
    let Some(planning) = load::get(conn, crew.id)? else { return Ok(false) };
    // A review is of a pull request: what that says is its author's affair.
    if planning.job.spec.thread != job.spec.thread || approved == text {
        return Ok(false);
    }
    for id in crew.tasks.iter().flat_map(|task| &task.jobs) {
        let of_task = load::get(conn, *id)?.and_then(|stored| stored.job.past.allowed);
        if of_task.is_some_and(|terms| terms.text == text) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The crew that a job is of.
pub fn crew_of(conn: &Connection, job: &Job) -> Result<Option<Crew>, Error> {
    match job.spec.crew_place() {
        Some(CrewPlace { crew, .. }) => crews::get(conn, crew),
        None => Ok(None),
    }
}

/// A crew with all its jobs.
pub fn crew_record(conn: &Connection, id: JobId) -> Result<Option<CrewRecord>, Error> {
    let Some(crew) = crews::get(conn, id)? else { return Ok(None) };
    let of_tasks = crew.tasks.iter().flat_map(|task| task.jobs.iter().copied());
    let mut jobs = Vec::new();
    for id in [id].into_iter().chain(of_tasks) {
        jobs.extend(record::record(conn, id)?);
    }
    Ok(Some(CrewRecord { crew, jobs }))
}
