//! What cannot happen where a job stands.

use super::event::JobStep;
use super::job::Job;
use crate::core::command::value::JobId;

/// What a step did not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{job} is {state}: `{step}` {why}")]
pub struct IllegalEvent {
    pub job: JobId,
    pub state: &'static str,
    pub step: &'static str,
    pub why: IllegalReason,
}

impl IllegalEvent {
    /// That `step` cannot happen to `job`.
    pub fn new(job: &Job, step: &JobStep, why: IllegalReason) -> Self {
        let (state, step) = (job.state.kind().name(), step.kind().name());
        Self { job: job.spec.id, state, step, why }
    }
}

/// Why a step is not possible. Nothing has changed: whoever told it may forget it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IllegalReason {
    #[error("cannot happen there")]
    NotHere,
    #[error("is of another attempt than the present one, and comes too late")]
    OldAttempt,
    #[error("has a fencing token that is not newer than those before")]
    OldFence,
    #[error("is told too early: wait until it is due")]
    NotDue,
    #[error("is out of date: something moved since")]
    OutOfDate,
    #[error("is not needed: it was asked to stop already")]
    AlreadyStopping,
    #[error("is not possible any more: the job has ended, and `retry` begins it anew")]
    Ended,
    #[error("was done already")]
    Again,
    #[error("is not possible now: another job for the same thread has not ended")]
    AnotherJob,
}
