//! Runs scheduled tasks: label changes, reads of reviews, gestures and pull requests, verdicts on their heads,
//! confirmations.

use std::sync::Arc;

use super::confirmations::Confirmations;
use super::context::Context;
use super::error::EngineError;
use super::head_verdicts::HeadVerdicts;
use super::incidents::Incidents;
use super::poll::{gestures, reviews};
use super::retry::is_hopeless;
use crate::core::effect::{Effect, SetLabel};
use crate::core::model::ids::ThreadId;
use crate::core::model::text::OpenedPull;
use crate::crash;
use crate::gitea::Recovery;
use crate::store::outbox::{self, NewEffect};
use crate::store::tasks::{self, ScheduledTask, StoredTask, TaskId};
use crate::store::{Error, inbox};

pub(super) struct Tasks {
    ctx: Context,
    background: Context,
    incidents: Arc<Incidents>,
    confirmations: Confirmations,
    verdicts: HeadVerdicts,
}

impl Tasks {
    pub(super) fn new(
        ctx: Context,
        incidents: Arc<Incidents>,
        confirmations: Confirmations,
        verdicts: HeadVerdicts,
    ) -> Self {
        Self { background: ctx.for_background(), ctx, incidents, confirmations, verdicts }
    }

    /// One try at a task.
    pub(super) async fn run(&self, stored: StoredTask) -> Result<(), Error> {
        let StoredTask { id, thread, task, people_wait, tries } = stored;
        let task = match task {
            Ok(task) => task,
            Err(error) => {
                tracing::error!(?thread, error, "task stored by another version of timmy: dropped");
                return self.ctx.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await;
            }
        };
        let tried = match task {
            ScheduledTask::Relabel(label) => self.relabel(id, thread, label).await,
            ScheduledTask::PullOpened(opening) => self.store_pull_body(id, *opening).await,
            ScheduledTask::ReadReviews { since, .. } => {
                let ctx = if people_wait { &self.ctx } else { &self.background };
                reviews::run_task(ctx, id, thread, since).await
            }
            ScheduledTask::ReadGestures { since, .. } => {
                let ctx = if people_wait { &self.ctx } else { &self.background };
                gestures::run_task(ctx, id, thread, since).await
            }
            ScheduledTask::SayVerdict { since } => self.verdicts.run_task(id, thread, since).await,
            ScheduledTask::Confirm(asked) => self.confirmations.check(id, *asked, tries).await,
        };
        match tried {
            Ok(()) => Ok(()),
            Err(EngineError::Forge(error)) if error.heals() == Recovery::Never => {
                tracing::warn!(?thread, %error, "cannot be read: text is not heard");
                self.ctx.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await
            }
            Err(error) => {
                let error = error.of_forge()?;
                self.incidents.met(&error, thread).await;
                if is_hopeless(&self.ctx.gitea, &error, tries).await {
                    // It stands in nobody's way, and is not lost: the next try may succeed.
                    self.incidents.gave_up(&error, thread).await;
                }
                let due = self.ctx.next_try(tries + 1);
                tracing::info!(?thread, %error, %due, "cannot be read yet");
                self.ctx.ledger.write(move |tx| tasks::postpone(tx, id, due)).await
            }
        }
    }

    async fn relabel(
        &self,
        id: TaskId,
        thread: ThreadId,
        label: SetLabel,
    ) -> Result<(), EngineError> {
        let now = self.ctx.now();
        let effect = NewEffect::new(format!("task{}", id.0), thread, &Effect::Label(label), now)?;
        let push = self.ctx.ledger.write(move |tx| {
            if tasks::take(tx, id)? {
                outbox::push(tx, &effect, now)?;
            }
            Ok(())
        });
        push.await?;
        crash::point("committed");
        Ok(())
    }

    /// Asks for the global id under which the body of a new pull request is received.
    async fn store_pull_body(&self, id: TaskId, opening: OpenedPull) -> Result<(), EngineError> {
        let item = self.ctx.gitea.issue(&opening.repo.name, opening.written.number).await?;
        crash::point("fetched");
        let (inbound, now) = (opening.into_inbound(item.id), self.ctx.now());
        let write = self.ctx.ledger.write(move |tx| {
            if tasks::take(tx, id)? {
                inbox::insert(tx, &inbound, now)?;
            }
            Ok(())
        });
        Ok(write.await?)
    }
}
