//! Does what is due at a moment, or has to be read before it can be heard.

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
        match errand {
            Errand::Relabel(wish) => {
                let key = format!("errand{}", id.0);
                let effect = NewEffect::new(key, thread, &Effect::Label(wish), now)?;
                self.ledger
                    .write(move |tx| {
                        if errands::take(tx, id)? {
                            outbox::push(tx, &effect, now)?;
                        }
                        Ok(())
                    })
                    .await
            }
            Errand::PullOpened(opening) => self.hear_pull(id, *opening, tries).await,
            Errand::ReadReviews { since } => self.run_reviews(id, thread, since, tries).await,
        }
    }

    /// Asks for the global id under which the body of a new pull request is heard.
    async fn hear_pull(&self, id: ErrandId, opening: Opening, tries: u32) -> Result<(), Error> {
        let now = self.clock.now();
        match self.gitea.issue(&opening.repo.name, opening.number).await {
            Ok(item) => {
                crash::point("fetched");
                let heard = opening.heard(item.id);
                self.ledger
                    .write(move |tx| {
                        if errands::take(tx, id)? {
                            inbox::hear(tx, &heard, now)?;
                        }
                        Ok(())
                    })
                    .await
            }
            Err(error) if error.heals() == Heals::Never => {
                tracing::warn!(repo = %opening.repo.name, number = opening.number, %error,
                    "a new pull request cannot be read: its body is not heard");
                self.ledger.write(move |tx| errands::take(tx, id).map(drop)).await
            }
            Err(error) => {
                tracing::warn!(repo = %opening.repo.name, number = opening.number, %error,
                    "a new pull request cannot be read yet");
                let due = now.after(backoff::pause(tries + 1, backoff::chance()));
                self.ledger.write(move |tx| errands::postpone(tx, id, due)).await
            }
        }
    }
}
