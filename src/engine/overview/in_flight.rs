//! Jobs: those that have not ended, and those that were given up last.

use super::lens::Lens;
use super::view::{JobLine, Listed, Place};
use crate::core::jobs::{JobId, JobRecord, Verdict};
use crate::core::model::time::Timestamp;
use crate::core::reply::jobs::JobView;
use crate::store::{Connection, Error, jobs};

/// How many are shown of those that have not ended.
const MOST: usize = 50;

/// How many are shown of those that were given up lately.
const MOST_DEAD: u32 = 10;

/// The first of the jobs that have not ended, and how many more there are.
pub(super) fn live(conn: &Connection) -> Result<Listed<JobRecord>, Error> {
    let mut ids = jobs::live_ids(conn)?;
    let more = ids.len().saturating_sub(MOST);
    ids.truncate(MOST);
    Ok(Listed { shown: records(conn, ids)?, more })
}

/// The last of those that were given up lately and that nobody dealt with, and how many more there are.
pub(super) fn dead(conn: &Connection, lens: &Lens) -> Result<Listed<JobLine>, Error> {
    let (ids, all) = jobs::dead_since(conn, lens.lately(), MOST_DEAD)?;
    let more = all.saturating_sub(ids.len());
    Ok(Listed { shown: lines(conn, lens, &records(conn, ids)?)?, more })
}

fn records(conn: &Connection, ids: Vec<JobId>) -> Result<Vec<JobRecord>, Error> {
    ids.into_iter().filter_map(|id| jobs::record(conn, id).transpose()).collect()
}

pub(super) fn lines(
    conn: &Connection,
    lens: &Lens,
    records: &[JobRecord],
) -> Result<Vec<JobLine>, Error> {
    records.iter().map(|record| line(conn, lens, record)).collect()
}

fn line(conn: &Connection, lens: &Lens, record: &JobRecord) -> Result<JobLine, Error> {
    let since = moved_at(record);
    let place = lens.job_place(conn, &record.job)?;
    let mut view = JobView::of(record, lens.now, &lens.zone);
    if let Place::Named { name, title, .. } = &place {
        (view.target, view.title) = (Some(name.clone()), title.clone());
    }
    let is_doubted = record.ended_at.is_none() && record.last_verdict() == Some(Verdict::Nothing);
    Ok(JobLine { place, view, since: lens.said(since), age: lens.age(since), is_doubted })
}

/// When it came where it stands.
pub(super) fn moved_at(record: &JobRecord) -> Timestamp {
    let last = record.steps.last().map(|(_, now)| now.at);
    record.ended_at.or(last).unwrap_or(record.created_at)
}
