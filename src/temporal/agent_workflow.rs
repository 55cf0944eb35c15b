//! The workflow that has a worker called: one activity on the queue of its agent, tried once.
//!
//! It is replayed by later versions, as that of a job.

#![allow(
    unreachable_pub,
    clippy::module_inception,
    reason = "the macros of workflows make modules, and what is public in them"
)]

use std::time::Duration;

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{ActivityOptions, WorkflowContext, WorkflowResult};
use temporalio_workflow::RetryPolicy;

use super::message::{ServeOrder, agent_queue};
use super::session::COME;
use super::ticket::GOOD_FOR;
use super::worker::Hands;

/// How long nobody may hear of a worker: longer than a restart of the server takes.
const SILENCE: Duration = Duration::from_secs(180);

/// Has a worker called.
#[workflow]
#[derive(Default)]
pub struct AgentWorkflow;

#[workflow_methods]
impl AgentWorkflow {
    #[run(name = "agent")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order: ServeOrder) -> WorkflowResult<()> {
        let options = ActivityOptions::with_start_to_close_timeout(GOOD_FOR)
            .task_queue(agent_queue(&order.agent))
            .schedule_to_start_timeout(COME)
            .heartbeat_timeout(SILENCE)
            .retry_policy(RetryPolicy::builder().maximum_attempts(1).build())
            .build();
        ctx.execute_activity(Hands::serve, order, options).await?;
        Ok(())
    }
}
