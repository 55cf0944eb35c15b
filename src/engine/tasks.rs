//! Runs scheduled tasks: label changes, reads of reviews and pull requests, confirmations.

use super::inbox::EngineError;
use super::{Engine, retry};
use crate::core::effect::Effect;
use crate::core::model::text::OpenedPull;
use crate::crash;
use crate::gitea::Recovery;
use crate::store::outbox::{self, NewEffect};
use crate::store::tasks::{self, ScheduledTask, StoredTask, TaskId};
use crate::store::{Error, inbox};

impl Engine {
    /// One try at a task.
    pub(super) async fn run_task(&self, stored: StoredTask) -> Result<(), Error> {
        let StoredTask { id, thread, task, tries } = stored;
        let now = self.clock.now();
        let tried = match task {
            ScheduledTask::Relabel(wish) => {
                let key = format!("errand{}", id.0);
                let effect = NewEffect::new(key, thread, &Effect::Label(wish), now)?;
                let push = self.ledger.write(move |tx| {
                    if tasks::take(tx, id)? {
                        outbox::push(tx, &effect, now)?;
                    }
                    Ok(())
                });
                let pushed = push.await.map_err(EngineError::from);
                crash::point("committed");
                pushed
            }
            ScheduledTask::PullOpened(opening) => self.hear_pull(id, *opening).await,
            ScheduledTask::ReadReviews { since } => self.run_reviews(id, thread, since).await,
            ScheduledTask::Confirm(asked) => self.check_confirmation(id, *asked, tries).await,
        };
        match tried {
            Ok(()) => Ok(()),
            Err(EngineError::Ledger(error)) => Err(error),
            Err(EngineError::Forge(error)) if error.heals() == Recovery::Never => {
                tracing::warn!(?thread, %error, "cannot be read: text is not heard");
                self.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await
            }
            Err(EngineError::Forge(error) | EngineError::Nameless(error)) => {
                self.record_error(&error, thread).await;
                let due = now.after(retry::pause(tries + 1, retry::chance()));
                tracing::info!(?thread, %error, %due, "cannot be read yet");
                self.ledger.write(move |tx| tasks::postpone(tx, id, due)).await
            }
        }
    }

    /// Asks for the global id under which the body of a new pull request is heard.
    async fn hear_pull(&self, id: TaskId, opening: OpenedPull) -> Result<(), EngineError> {
        let item = self.gitea.issue(&opening.repo.name, opening.written.number).await?;
        crash::point("fetched");
        let (heard, now) = (opening.heard(item.id), self.clock.now());
        let hear = self.ledger.write(move |tx| {
            if tasks::take(tx, id)? {
                inbox::insert(tx, &heard, now)?;
            }
            Ok(())
        });
        Ok(hear.await?)
    }
}
