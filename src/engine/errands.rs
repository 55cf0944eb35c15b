//! Does what is due at a moment, or has to be read before it can be heard.

use super::hear::Halt;
use super::{Engine, backoff};
use crate::core::effect::Effect;
use crate::core::heard::Opening;
use crate::crash;
use crate::gitea::Heals;
use crate::store::errands::{self, Errand, ErrandId, Stored};
use crate::store::outbox::{self, NewEffect};
use crate::store::{Error, inbox};

impl Engine {
    /// One try at an errand.
    pub(super) async fn run_errand(&self, stored: Stored) -> Result<(), Error> {
        let Stored { id, thread, errand, tries } = stored;
        let now = self.clock.now();
        let tried = match errand {
            Errand::Relabel(wish) => {
                let key = format!("errand{}", id.0);
                let effect = NewEffect::new(key, thread, &Effect::Label(wish), now)?;
                let push = self.ledger.write(move |tx| {
                    if errands::take(tx, id)? {
                        outbox::push(tx, &effect, now)?;
                    }
                    Ok(())
                });
                let pushed = push.await.map_err(Halt::from);
                crash::point("committed");
                pushed
            }
            Errand::PullOpened(opening) => self.hear_pull(id, *opening).await,
            Errand::ReadReviews { since } => self.run_reviews(id, thread, since).await,
            Errand::Confirm(asked) => self.look_for_a_yes(id, *asked).await,
        };
        match tried {
            Ok(()) => Ok(()),
            Err(Halt::Ledger(error)) => Err(error),
            Err(Halt::Forge(error)) if error.heals() == Heals::Never => {
                tracing::warn!(?thread, %error, "cannot be read: what it says is not heard");
                self.ledger.write(move |tx| errands::take(tx, id).map(drop)).await
            }
            Err(Halt::Forge(error) | Halt::Nameless(error)) => {
                self.troubled(&error, thread).await;
                let due = now.after(backoff::pause(tries + 1, backoff::chance()));
                tracing::info!(?thread, %error, %due, "cannot be read yet");
                self.ledger.write(move |tx| errands::postpone(tx, id, due)).await
            }
        }
    }

    /// Asks for the global id under which the body of a new pull request is heard.
    async fn hear_pull(&self, id: ErrandId, opening: Opening) -> Result<(), Halt> {
        let item = self.gitea.issue(&opening.repo.name, opening.written.number).await?;
        crash::point("fetched");
        let (heard, now) = (opening.heard(item.id), self.clock.now());
        let hear = self.ledger.write(move |tx| {
            if errands::take(tx, id)? {
                inbox::hear(tx, &heard, now)?;
            }
            Ok(())
        });
        Ok(hear.await?)
    }
}
