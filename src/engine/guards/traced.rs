//! What guards took, for the trace of a job.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::guards::{GuardGrade, GuardResult};
use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;
use crate::core::trace::{Span, guard_span};
use crate::engine::context::Context;
use crate::guard_runs::GuardWatch;

/// Guards of one change that run one after the other.
pub(super) struct GuardSteps<'a> {
    ctx: &'a Context,
    /// The job in whose trace they are; none if they are in none.
    job: Option<JobId>,
    /// Which look waits for them: that may be another one by the time they end.
    look: Arc<AtomicU32>,
    /// When the one before ended.
    since: Mutex<Timestamp>,
}

impl<'a> GuardSteps<'a> {
    pub(super) fn begin(ctx: &'a Context, job: Option<JobId>, look: Arc<AtomicU32>) -> Self {
        Self { ctx, job, look, since: Mutex::new(ctx.now()) }
    }

    fn of(&self) -> Option<(JobId, u32)> {
        self.job.map(|job| (job, self.look.load(Ordering::Relaxed)))
    }

    fn times(&self) -> (Timestamp, Timestamp) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.ctx.now();
        (std::mem::replace(&mut *since, now), now)
    }
}

impl GuardWatch for GuardSteps<'_> {
    fn fetched(&self, has_failed: bool) {
        let (Some(ledger), Some(of)) = (self.ctx.tracer.ledger(), self.of()) else { return };
        let times = self.times();
        let key = times.0.micros().to_string();
        let span = guard_span(ledger, of, ("fetch", &key), times).failed(has_failed);
        self.ctx.tracer.send(span);
    }

    fn said(&self, result: &GuardResult) {
        let (Some(ledger), Some(of)) = (self.ctx.tracer.ledger(), self.of()) else { return };
        self.ctx.tracer.send(span(ledger, of, result, self.times()));
    }
}

/// What the guards say that run nothing: they looked at the change since `began`, together, for this
/// look at the result of this job.
pub(in crate::engine) fn guards_said(
    ctx: &Context,
    of: (JobId, u32),
    results: &[GuardResult],
    began: Timestamp,
) {
    let Some(ledger) = ctx.tracer.ledger() else { return };
    for result in results {
        ctx.tracer.send(span(ledger, of, result, (began, ctx.now())));
    }
}

fn span(
    ledger: &str,
    of: (JobId, u32),
    result: &GuardResult,
    times: (Timestamp, Timestamp),
) -> Span {
    // For the same look it may look several times.
    let key = format!("{}/{}", result.guard.as_str(), times.0.micros());
    let gravest = result.findings.first().map(|finding| finding.grade());
    let says = match gravest {
        _ if result.lifted.is_some() => "lifted",
        Some(GuardGrade::Block) => "block",
        Some(GuardGrade::Ask) => "ask",
        None if !result.waits_for.is_empty() => "wait",
        Some(GuardGrade::Warn) => "warn",
        None => "pass",
    };
    guard_span(ledger, of, ("guard", &key), times)
        .configured("timmy.guard", result.guard.as_str())
        .word("timmy.says", says)
        .number("timmy.findings", i64::try_from(result.findings.len()).unwrap_or(i64::MAX))
        .failed(says == "block")
}
