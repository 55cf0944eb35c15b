//! The line to the Temporal server, by which workers are called. It is there while the server is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use temporalio_client::errors::WorkflowInteractionError;
use temporalio_client::{
    Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions,
    WorkflowTerminateOptions,
};

use super::agent_workflow::AgentWorkflow;
use super::connection::innermost;
use super::desk::Calls;
use super::message::{ServeOrder, bounded};
use super::ticket::{GOOD_FOR, Ticket};
use crate::agents::AgentTrouble;

/// The queue on which timmy's own work is done.
pub(super) const QUEUE: &str = "timmy";

/// Of how many sessions it is remembered by which workflow a worker was called.
const REMEMBERED: usize = 4096;

#[derive(Default)]
pub(super) struct TemporalLine(Mutex<LineState>);

#[derive(Default)]
struct LineState {
    server: Option<(Client, String)>,
    /// The workflow of the latest session about something.
    workflows: HashMap<String, String>,
}

impl TemporalLine {
    fn state(&self) -> MutexGuard<'_, LineState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a server now, for the ledger of this name; or none any more.
    pub(super) fn set(&self, server: Option<(Client, String)>) {
        self.state().server = server;
    }
}

impl Calls for Arc<TemporalLine> {
    fn call(&self, agent: &str, ticket: &Ticket, text: String) -> Result<(), AgentTrouble> {
        let mut state = self.state();
        let Some((client, ledger)) = state.server.clone() else {
            return Err(AgentTrouble::HostAway("the Temporal server is away".to_owned()));
        };
        let id = format!("timmy/{ledger}/{}/{}", ticket.session, ticket.instance);
        if state.workflows.len() >= REMEMBERED {
            state.workflows.clear();
        }
        let before = state.workflows.insert(ticket.session.clone(), id.clone());
        drop(state);
        let order = ServeOrder { agent: agent.to_owned(), ticket: text };
        tokio::spawn(async move {
            begin(&client, id, order).await;
            if let Some(before) = before {
                give_up(&client, before).await;
            }
        });
        Ok(())
    }
}

/// Ends a call of which nobody comes any more. One that cannot be ended is left: the next has another
/// name, and its ticket is good for nothing any more.
async fn give_up(client: &Client, id: String) {
    let reason = "its worker came no more: another one is called".to_owned();
    let options = WorkflowTerminateOptions::builder().reason(reason).build();
    match client.get_workflow_handle::<AgentWorkflow>(id.clone()).terminate(options).await {
        // It ended by itself.
        Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => {}
        Err(error) => {
            let why = innermost(&error);
            tracing::warn!(workflow = id, why, "the call of a worker cannot be ended: given up");
        }
    }
}

async fn begin(client: &Client, id: String, order: ServeOrder) {
    let agent = order.agent.clone();
    let order = match bounded(order) {
        Ok(order) => order,
        Err(error) => return tracing::error!(agent, %error, "no worker can be called"),
    };
    let options = WorkflowStartOptions::new(QUEUE, id)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .id_reuse_policy(WorkflowIdReusePolicy::RejectDuplicate)
        .execution_timeout(GOOD_FOR)
        .build();
    if let Err(error) = client.start_workflow(AgentWorkflow::run, order, options).await {
        tracing::info!(agent, error = innermost(&error), "no worker could be called");
    }
}
