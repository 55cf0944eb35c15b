//! A new comment, in the thread or beside the comment on a line that it answers; found again by its
//! marker.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::CreateComment;
use crate::core::effect::marker::key_of;
use crate::core::model::account::Account;
use crate::core::model::ids::Subject;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, Extra};

/// How much earlier than it can be a comment is looked for: the forge's clock may have been set
/// back meanwhile.
const MARGIN: Duration = Duration::from_secs(600);

impl Deliver for CreateComment {
    /// Of several, all but one are deleted: the one that is known stays, else the first.
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.id;
        let is_it = |author: Option<&Account>, body: &str| {
            author.is_some_and(|author| author.id == own) && key_of(body) == Some(&to.row.key)
        };
        let since = self.since.before(MARGIN);
        let comments = to.ctx.gitea.comments_of(to.name(), to.number(), Some(since)).await?;
        let mut found: Vec<i64> =
            comments.iter().filter(|c| is_it(c.author.as_ref(), &c.body)).map(|c| c.id).collect();
        if self.answers_in_place(to).await?.is_some() {
            let inline = to.ctx.gitea.all_inline_comments(to.name(), to.number()).await?;
            found.extend(inline.iter().filter_map(|seen| match seen.subject {
                Subject::Comment(id) if is_it(seen.written.author.as_ref(), &seen.written.body) => {
                    Some(id)
                }
                _ => None,
            }));
        }
        found.sort_unstable_by_key(|id| (Some(*id) != to.row.comment, *id));
        for duplicate in found.iter().skip(1) {
            tracing::warn!(effect = %to.row.key, comment = duplicate, "late duplicate: deleted");
            to.ctx.gitea.delete_comment(to.name(), *duplicate).await?;
        }
        Ok(found.first().map(|id| Applied { id: Some(*id), written: None }))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let (gitea, name, number) = (&to.ctx.gitea, to.name(), to.number());
        let body = self.body.text();
        let written = |id| Applied { id: Some(id), written: Some(WriteKind::Text) };
        if let Some(comment) = self.answers_in_place(to).await? {
            match gitea.reply_to_inline(name, number, comment, &body).await {
                // It is gone by now.
                Err(Error::NotFound { .. } | Error::Unprocessable { status: 400, .. }) => {}
                // An old token: the answer stands in the thread, and what to do is said elsewhere.
                Err(error @ Error::MissingScope { .. }) => {
                    to.incidents.met_everywhere(&error).await;
                }
                answered => return Ok(written(answered?)),
            }
        }
        Ok(written(gitea.post_comment(name, number, &body).await?.id))
    }
}

impl CreateComment {
    /// The comment on a line beside which it is to stand, if the forge can do that.
    async fn answers_in_place(&self, to: &EffectDelivery<'_>) -> Result<Option<i64>, ApplyError> {
        match self.reply_to {
            Some(comment) if to.ctx.gitea.has(Extra::Replies).await? => Ok(Some(comment)),
            _ => Ok(None),
        }
    }
}
