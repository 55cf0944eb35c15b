//! Pull requests that another one took the place of are closed. Which ones there are is known only
//! now: what was lost on the way may have opened one that nobody was told of.
//!
//! Word and closing are effects of their own, in the thread of each pull request.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{Body, ClosePulls, CreateComment, Effect, SetOpen};
use crate::core::model::ids::ThreadId;
use crate::engine::try_result::Applied;
use crate::store::outbox::{self, NewEffect};

/// How far the forge's clock and ours may be apart when the word is looked for.
const MARGIN: Duration = Duration::from_secs(24 * 3600);

impl Deliver for ClosePulls {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        Ok(self.open(to).await?.is_empty().then(Applied::default))
    }

    /// Stored again under the same keys, nothing is said or closed twice.
    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let now = to.ctx.now();
        let mut effects = Vec::new();
        for number in self.open(to).await? {
            let thread = ThreadId { number, ..to.thread() };
            let key = format!("{}.{number}", to.row.key);
            let word = Effect::Comment(CreateComment {
                body: Body::finished(self.word.clone()).marked(&key),
                since: now.before(MARGIN),
                reply_to: None,
            });
            let close = Effect::SetOpen(SetOpen { open: false });
            effects.push(NewEffect::new(key.clone(), thread, &word, now)?);
            effects.push(NewEffect::new(format!("{key}.close"), thread, &close, now)?);
        }
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

impl ClosePulls {
    /// The numbers of those that are open.
    async fn open(&self, to: &EffectDelivery<'_>) -> Result<Vec<i64>, ApplyError> {
        Ok(to.ctx.gitea.all_open_pulls_of(to.name(), &self.branches).await?)
    }
}
