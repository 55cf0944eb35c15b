//! Remarks on lines are answered. Whether the forge can put an answer beside a remark is known only
//! now; each answer is an effect of its own, in the same thread.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{AnswerRemarks, Body, CreateComment, Effect};
use crate::engine::try_result::Applied;
use crate::gitea::Extra;
use crate::store::outbox::{self, NewEffect};

/// How far the forge's clock and ours may be apart when an answer is looked for.
const MARGIN: Duration = Duration::from_secs(24 * 3600);

impl Deliver for AnswerRemarks {
    /// What was stored is looked for by itself.
    async fn find(&self, _: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        Ok(None)
    }

    /// Stored again under the same keys, nothing is said twice.
    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let (now, key) = (to.ctx.now(), &to.row.key);
        let effect = |key: String, text: &str, reply_to: Option<i64>| {
            let body = Body::finished(text.to_owned()).marked(&key);
            let said = CreateComment { body, since: now.before(MARGIN), reply_to };
            NewEffect::new(key, to.thread(), &Effect::Comment(said), now)
        };
        // What is only listed has no place of its own.
        let has_places = !self.comments.is_empty();
        let effects = match has_places && to.ctx.gitea.has(Extra::Replies).await? {
            true => {
                let remarks = self.comments.iter();
                remarks
                    .map(|id| effect(format!("{key}.{id}"), &self.word, Some(*id)))
                    .collect::<Result<Vec<_>, _>>()?
            }
            false => vec![effect(format!("{key}.all"), &self.listed, None)?],
        };
        let store = to.ctx.ledger.write(move |tx| {
            for effect in &effects {
                outbox::push(tx, effect, now)?;
            }
            Ok(())
        });
        store.await?;
        to.ctx.stored.notify();
        Ok(Applied::default())
    }
}
