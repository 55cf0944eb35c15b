//! What timmy posts for an agent that says its result and does not write it itself.

use super::drivers::JobResult;
use super::forge::LiveForge;
use crate::core::effect::{Effect, JudgedAttempt, PostResult};
use crate::core::jobs::evidence::ReviewPosting;
use crate::store::jobs::{self, StoredAttempt};
use crate::store::outbox::{self, EffectState, NewEffect};

/// What the effect is called that posts the result of an attempt: once, however often it is looked at.
pub(super) fn posting_key(attempt: &StoredAttempt) -> String {
    format!("{}.result", attempt.key)
}

impl LiveForge {
    /// What became of what is posted for an attempt; none if that cannot be told now.
    pub(super) async fn posting(&self, attempt: &StoredAttempt) -> Option<ReviewPosting> {
        let key = posting_key(attempt);
        let read = self.ctx.ledger.read(move |conn| outbox::get(conn, &key)).await;
        let row = read.inspect_err(|error| tracing::warn!(%error, "nothing can be judged")).ok()?;
        let Some(row) = row else { return Some(ReviewPosting::None) };
        Some(match row.state {
            EffectState::Queued | EffectState::Sending => ReviewPosting::Waits,
            EffectState::Done => ReviewPosting::Done { comment: row.comment },
            EffectState::Dead => ReviewPosting::Failed(row.reason.unwrap_or_default()),
        })
    }

    /// Has the result of an attempt posted, once, if it is still judged. What cannot be stored now is at
    /// the next look.
    pub(super) async fn post(&self, of: &JobResult, attempt: &StoredAttempt, result: PostResult) {
        let Some(thread) = of.job.home() else { return };
        let (key, now) = (posting_key(attempt), self.ctx.now());
        let (job, fence) = (of.job.spec.id, attempt.fence);
        let result = PostResult { of: Some(JudgedAttempt { job, fence }), ..result };
        let write = self.ctx.ledger.write(move |tx| {
            if !jobs::get(tx, job)?.is_some_and(|stored| stored.job.judges(fence)) {
                return Ok(false);
            }
            let effect = NewEffect::new(key, thread, &Effect::PostResult(result), now)?;
            outbox::push(tx, &effect, now)?;
            Ok(true)
        });
        match write.await {
            Ok(true) => {
                crate::crash::point("result_posted");
                self.ctx.stored.notify();
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a result cannot be posted yet"),
        }
    }
}
