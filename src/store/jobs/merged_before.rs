//! Jobs that began once more after what they brought was merged.

use rusqlite::Connection;

use super::merged_job::MergedJob;
use super::record::{ids, record};
use crate::core::jobs::money::Spent;
use crate::core::jobs::{Job, JobId, JobRecord, MergedBefore};
use crate::core::model::time::Timestamp;
use crate::core::report::EndedJob;
use crate::core::scheduling::Outcome;
use crate::store::error::Error;

/// The most that one result is counted to have cost, in millionths of a US dollar.
const MOST_COST: u64 = 1_000_000_000_000;

/// The jobs that began once more after something of them was merged, in no order: those that have not
/// ended since then or ended after `?1`. Of each of both by itself, so that an index tells which these are.
pub(super) const RETRIED: &str = "SELECT id FROM (
        SELECT id FROM jobs WHERE ended_at IS NULL AND json_extract(job, '$.past.retried')
        UNION ALL
        SELECT id FROM jobs WHERE ended_at >= ?1 AND json_extract(job, '$.past.retried')) AS known
    WHERE EXISTS (
        SELECT 1 FROM job_events AS merged JOIN job_events AS retried USING (job)
        WHERE job = known.id AND retried.seq > merged.seq
          AND json_type(merged.step, '$.event.merged') IS NOT NULL
          AND json_type(retried.step, '$.event.retry') IS NOT NULL)";

/// What was merged of a job that began once more since.
pub(super) struct Earlier {
    /// The job, as it was then.
    pub(super) record: JobRecord,
    pub(super) merged: MergedBefore,
}

/// What was merged of jobs before they began once more, of those that have not ended since then or
/// ended after `since`; of each job in order.
pub(super) fn merged_before(conn: &Connection, since: Timestamp) -> Result<Vec<Earlier>, Error> {
    let mut retried = ids(conn, RETRIED, [since])?;
    retried.sort_unstable();
    let mut all = Vec::new();
    for id in retried {
        all.extend(earlier_of(conn, id)?);
    }
    Ok(all)
}

fn earlier_of(conn: &Connection, id: JobId) -> Result<Vec<Earlier>, Error> {
    let Some(now) = record(conn, id)? else { return Ok(Vec::new()) };
    let mut before = None;
    let mut all = Vec::new();
    for merged in now.merged_before() {
        let mut record = now.at_merge(&merged);
        record.attempts.retain(|attempt| Some(attempt.fence) > before);
        before = merged.fence;
        all.push(Earlier { record, merged });
    }
    Ok(all)
}

/// The jobs of which something was merged before they began once more, as they were then, since a
/// moment: when it was merged, or was seen to be taken back.
pub fn merged_jobs_before(conn: &Connection, since: Timestamp) -> Result<Vec<JobRecord>, Error> {
    let before = merged_before(conn, since)?;
    Ok(before.into_iter().map(|one| one.record).collect())
}

/// What of a job was merged before it began once more, in order.
pub fn merged_before_of(conn: &Connection, job: &Job) -> Result<Vec<MergedBefore>, Error> {
    if !job.past.retried {
        return Ok(Vec::new());
    }
    let record = record(conn, job.spec.id)?;
    Ok(record.map_or_else(Vec::new, |record| record.merged_before()))
}

impl Earlier {
    /// Whether it was merged since a moment, and is still so.
    pub(super) fn is_kept_since(&self, since: Timestamp) -> bool {
        self.merged.at >= since && self.merged.reverted.is_none()
    }

    /// Its issue, if it has one: repository and number.
    pub(super) fn place(&self) -> Option<(i64, i64)> {
        self.record.job.spec.given().map(|thread| (thread.repo.0, thread.number))
    }

    /// What it proves of its agent.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        if self.merged.by_agent.is_some() && self.merged.reverted.is_none() {
            return None;
        }
        let spec = &self.record.job.spec;
        Some(Outcome {
            agent: self.merged.agent.clone()?,
            role: spec.role.clone(),
            repo: spec.repo(),
            is_good: self.merged.reverted.is_none(),
            at: self.merged.at,
        })
    }

    /// It as the end of a job.
    pub(super) fn ended(&self) -> Option<EndedJob> {
        let is_kept = self.merged.reverted.is_none() && self.merged.by_agent.is_none();
        let Spent { micro_usd, .. } = self.record.spent().spent;
        Some(EndedJob {
            agent: self.merged.agent.clone()?,
            weighs: self.outcome().is_some(),
            is_verified: is_kept,
            is_merged: is_kept,
            at: self.merged.at,
            tries: u32::try_from(self.record.tries()).unwrap_or(u32::MAX),
            micro_usd: micro_usd.min(MOST_COST),
            took: self.record.ran_for(self.merged.at),
        })
    }

    /// It as what may still be taken back on this branch.
    pub(super) fn watched(&self, target: Option<String>) -> MergedJob {
        let MergedBefore { commit, judged, pull, at, .. } = &self.merged;
        MergedJob {
            id: self.record.job.spec.id,
            repo: self.record.job.spec.repo(),
            pull: *pull,
            target,
            commits: [Some(commit), judged.as_ref()].into_iter().flatten().cloned().collect(),
            at: *at,
        }
    }
}
