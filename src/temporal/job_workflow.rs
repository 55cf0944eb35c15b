//! The workflow of a job: it has the job looked at, again and again, until that is over.
//!
//! It is replayed by later versions: what stands here changes with [`WorkflowContext::patched`] only,
//! and the stored histories of the tests have to pass.

#![allow(
    unreachable_pub,
    clippy::module_inception,
    reason = "the macros of workflows make modules, and what is public in them"
)]

use std::time::Duration;

use temporalio_common::data_converters::RawValue;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    ActivityOptions, ContinueAsNewOptions, SyncWorkflowContext, TimerOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};
use temporalio_workflow::RetryPolicy;

use super::activities::Activities;
use super::attributes::ShownJob;
use super::message::{Bell, JobView, LookOrder};

/// After so many looks it goes on as another run, so that its history stays short.
const MOST_LOOKS: u32 = 200;

/// How long one look may take, far above all that a look waits for.
const LONGEST_LOOK: Duration = Duration::from_secs(60 * 60);

/// How long nobody may hear of one that is under way. A look is no harm twice: it need not outlive a
/// restart of the server.
const SILENCE: Duration = Duration::from_secs(8);

/// The workflow of one job.
#[workflow]
#[derive(Default)]
pub struct JobWorkflow {
    view: JobView,
    /// What it can be searched by, as it was told last.
    shown: ShownJob,
}

#[workflow_methods]
impl JobWorkflow {
    #[run(name = "job")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: LookOrder) -> WorkflowResult<JobView> {
        // Whoever forged an order does not have it looked at without a pause.
        let most_looks = order.most_looks.map_or(MOST_LOOKS, |most| most.clamp(2, MOST_LOOKS));
        loop {
            let heard = ctx.state(|workflow| workflow.view.bells);
            let looked =
                ctx.execute_activity(Activities::advance, order.clone(), advancing()).await?;
            ctx.state_mut(|workflow| {
                workflow.view.looks += 1;
                workflow.view.steps = looked.steps;
                workflow.view.state = looked.state.clone();
            });
            let told = ctx.state(|workflow| looked.shown.updates(&workflow.shown));
            if !told.is_empty() {
                ctx.upsert_search_attributes(told);
                ctx.state_mut(|workflow| workflow.shown = looked.shown.clone());
            }
            let (bells, looks) = ctx.state(|workflow| (workflow.view.bells, workflow.view.looks));
            if looked.is_over && bells == heard {
                return Ok(ctx.state(|workflow| workflow.view.clone()));
            }
            if looks >= most_looks || ctx.continue_as_new_suggested() {
                // It begins with a look: no bell is lost.
                ctx.continue_as_new(order.clone(), ContinueAsNewOptions::default())?;
            }
            if bells != heard {
                continue;
            }
            let Some(after) = looked.after_ms else {
                ctx.wait_condition(|workflow: &Self| workflow.view.bells != heard).await?;
                continue;
            };
            let over = WorkflowCancellationToken::new();
            let alarm = TimerOptions::builder(Duration::from_millis(after));
            let alarm = alarm.cancellation_token(over.clone()).build();
            select! {
                rung = ctx.wait_condition(|workflow: &Self| workflow.view.bells != heard) => {
                    over.cancel();
                    rung?;
                }
                _ = ctx.timer(alarm) => {}
            }
        }
    }

    /// Something happened to the job. Anything is taken for a bell: one that cannot be understood would
    /// hold up the workflow.
    #[signal(name = "bell")]
    pub fn bell(&mut self, _ctx: &mut SyncWorkflowContext<Self>, bell: RawValue) {
        let sent = bell.payloads.first().map(|payload| payload.data.as_slice());
        let id = Bell::heard(sent.unwrap_or_default());
        // One that comes twice is one.
        if id.is_none() || id.as_ref() != Some(&self.view.last_bell) {
            self.view.bells += 1;
            self.view.last_bell = id.unwrap_or_default();
        }
    }

    /// How the job stood when it was looked at last.
    #[query(name = "state")]
    pub fn state(&self, _ctx: &WorkflowContextView) -> JobView {
        self.view.clone()
    }
}

/// A look is repeated for as long as it takes.
fn advancing() -> ActivityOptions {
    let repeated = RetryPolicy::builder()
        .initial_interval(Duration::from_secs(1))
        .maximum_interval(Duration::from_secs(10))
        .build();
    ActivityOptions::with_start_to_close_timeout(LONGEST_LOOK)
        .heartbeat_timeout(SILENCE)
        .retry_policy(repeated)
        .build()
}
