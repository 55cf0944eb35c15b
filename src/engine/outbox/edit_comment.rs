//! A comment of timmy's says something else: it is read, and written only if it differs.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{CommentRef, EditComment};
use crate::core::model::issue::Comment;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Error;
use crate::store::outbox::{self, EffectState};

impl Deliver for EditComment {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let shown = self.shown(to).await?;
        Ok((shown.body == self.body.text()).then(Applied::default))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let (shown, body) = (self.shown(to).await?, self.body.text());
        if shown.body == body {
            return Ok(Applied::default());
        }
        to.ctx.gitea.edit_comment(to.name(), shown.id, &body).await?;
        Ok(Applied::written(WriteKind::Text))
    }
}

impl EditComment {
    /// The comment as it stands there. Nobody else's is touched, though the forge would let
    /// whoever may write do so.
    async fn shown(&self, to: &EffectDelivery<'_>) -> Result<Comment, ApplyError> {
        let own = to.identity.get().await?.id;
        let id = self.id(to).await?;
        match to.ctx.gitea.comment(to.name(), id).await {
            Ok(Some(shown)) if shown.author.as_ref().is_some_and(|author| author.id == own) => {
                Ok(shown)
            }
            Ok(Some(_)) => Err(ApplyError::Refused("the comment is somebody else's")),
            Ok(None) | Err(Error::NotFound { .. }) => Err(ApplyError::Gone),
            Err(error) => Err(error.into()),
        }
    }

    async fn id(&self, to: &EffectDelivery<'_>) -> Result<i64, ApplyError> {
        let key = match &self.comment {
            CommentRef::Id(id) => return Ok(*id),
            CommentRef::Key(key) => key.clone(),
        };
        let posted = to.ctx.ledger.read(move |conn| outbox::get(conn, &key)).await?;
        match posted {
            Some(row) if matches!(row.state, EffectState::Queued | EffectState::Sending) => {
                let due = to.ctx.next_try(to.row.tries + 1);
                Err(ApplyError::NotBefore(due, "the comment is not posted yet"))
            }
            Some(row) => row.comment.ok_or(ApplyError::Gone),
            None => Err(ApplyError::Gone),
        }
    }
}
