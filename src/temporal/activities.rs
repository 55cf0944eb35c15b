//! What workflows have done by timmy itself, on the queue `timmy`.

#![allow(
    unreachable_pub,
    clippy::module_inception,
    reason = "the macros of activities make modules, and what is public in them"
)]

use std::sync::Arc;
use std::time::Duration;

use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::attributes::{KnownAttributes, ShownJob};
use super::message::{Advanced, LookOrder, bounded};
use crate::core::jobs::JobId;
use crate::engine::Engine;

/// How often the server hears that a look is under way: several times before it takes it for lost.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(2);

/// Hears of each call for a look.
pub(super) type HearsCalls = Box<dyn Fn(JobId) + Send + Sync>;

pub struct Activities {
    engine: Arc<Engine>,
    hears: HearsCalls,
    /// The name of the ledger.
    ledger: String,
    /// What jobs can be searched by.
    attributes: KnownAttributes,
}

impl Activities {
    pub(super) fn new(
        engine: Arc<Engine>,
        ledger: String,
        attributes: KnownAttributes,
        hears: HearsCalls,
    ) -> Self {
        Self { engine, hears, ledger, attributes }
    }

    /// What a job can be searched by now. Nothing hangs on it.
    async fn shown(&self, job: JobId) -> ShownJob {
        let attributes = self.attributes;
        if !attributes.is_any() {
            return ShownJob::default();
        }
        let read = self.engine.ledger().read(move |conn| attributes.read(conn, job)).await;
        read.unwrap_or_default()
    }

    /// Only jobs of this ledger: another one has others under the same numbers.
    fn is_ours(&self, order: &LookOrder) -> Result<(), ActivityError> {
        if order.ledger == self.ledger {
            return Ok(());
        }
        tracing::warn!(
            ledger = %self.ledger,
            "a workflow of another ledger calls, and is refused: those of one that was restored from a \
             backup end so; else give each timmy a namespace of its own"
        );
        let failure = ApplicationFailure::non_retryable("this timmy has another ledger");
        Err(ActivityError::application(failure))
    }
}

#[activities]
impl Activities {
    /// One look at a job: what is to be done for it is done, until it has to wait.
    #[activity(name = "advance")]
    pub async fn advance(
        self: Arc<Self>,
        ctx: ActivityContext,
        order: LookOrder,
    ) -> Result<Advanced, ActivityError> {
        self.is_ours(&order)?;
        let job = JobId(order.job);
        (self.hears)(job);
        self.engine.job_goes_on(job).await;
        let look = self.engine.look_at(job);
        tokio::pin!(look);
        loop {
            tokio::select! {
                looked = &mut look => return match looked {
                    Some(looked) => {
                        let shown = self.shown(job).await;
                        Ok(bounded(Advanced { shown, ..Advanced::of(looked) })?)
                    }
                    None => {
                        let failure = ApplicationFailure::new("the look failed, or timmy stops");
                        Err(ActivityError::application(failure))
                    }
                },
                () = tokio::time::sleep(HEARTBEAT) => ctx.record_heartbeat(()).await?,
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
            }
        }
    }
}
