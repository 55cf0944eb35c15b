//! What an agent says in the end, posted for it: as its account where there is a token of that, else
//! as timmy; found again by its marker. A review that it gave by itself meanwhile is enough.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::marker::{key_of, marker};
use crate::core::effect::{PostResult, PostedReview};
use crate::core::model::account::Account;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, Gitea};

/// How much earlier than it can be a comment is looked for: the forge's clock may have been set
/// back meanwhile.
const MARGIN: Duration = Duration::from_secs(600);

impl Deliver for PostResult {
    /// Of several comments, all but the first are deleted. Of reviews the forge itself lets the newer
    /// one take the place of the other.
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let own = to.identity.get().await?.clone();
        let agents = self.account(to).await?;
        let is_it = |author: Option<&Account>, body: &str| {
            let is_ours = |by: &Account| {
                by.id == own.id || agents.as_ref().is_some_and(|agent| agent.id == by.id)
            };
            author.is_some_and(is_ours) && key_of(body) == Some(&to.row.key)
        };
        if self.review.is_some() {
            let reviews = to.ctx.gitea.all_reviews(to.name(), to.number()).await?;
            let mut written = reviews.iter().map(|review| &review.text.written);
            if written.any(|review| is_it(review.author.as_ref(), &review.body)) {
                return Ok(Some(Applied::default()));
            }
        }
        let since = self.since.before(MARGIN);
        let comments = to.ctx.gitea.comments_of(to.name(), to.number(), Some(since)).await?;
        let mut found = comments.iter().filter(|c| is_it(c.author.as_ref(), &c.body));
        let first = found.next().map(|comment| comment.id);
        for duplicate in found {
            let (effect, comment) = (&to.row.key, duplicate.id);
            tracing::warn!(effect, comment, "late duplicate: deleted");
            let by = duplicate.author.as_ref().map(|author| author.id);
            let client = self.client(to).filter(|_| by != Some(own.id)).unwrap_or(&to.ctx.gitea);
            client.delete_comment(to.name(), comment).await?;
        }
        Ok(first.map(|id| Applied { id: Some(id), written: None }))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let posted = match (&self.review, self.client(to)) {
            (Some(review), Some(client)) => self.give(to, client, review).await,
            (None, Some(client)) => self.say(to, client, &self.text).await,
            (_, None) => return Ok(self.say(to, &to.ctx.gitea, &self.in_own_name).await?),
        };
        match posted {
            // That account cannot: what it says is not lost for that.
            Err(
                error @ (Error::BadAgentToken { .. }
                | Error::NotTheAgents { .. }
                | Error::AgentLacksScope { .. }
                | Error::ForbiddenToAgent { .. }
                | Error::Unprocessable { .. }),
            ) => {
                tracing::warn!(effect = to.row.key, %error, "posted in my own name instead");
                Ok(self.say(to, &to.ctx.gitea, &self.in_own_name).await?)
            }
            posted => Ok(posted?),
        }
    }
}

impl PostResult {
    /// A client that acts as the agent's account.
    fn client<'a>(&self, to: &EffectDelivery<'a>) -> Option<&'a Gitea> {
        to.ctx.policy.jobs.agents.get(&self.agent)?.own.as_ref()
    }

    /// The agent's account, if there is one.
    async fn account(&self, to: &EffectDelivery<'_>) -> Result<Option<Account>, ApplyError> {
        match to.ctx.policy.jobs.agents.get(&self.agent) {
            Some(terms) => Ok(to.ctx.gitea.account(&terms.account).await?),
            None => Ok(None),
        }
    }

    async fn give(
        &self,
        to: &EffectDelivery<'_>,
        client: &Gitea,
        review: &PostedReview,
    ) -> Result<Applied, Error> {
        let body = marked(&self.text, &to.row.key);
        match client.review(to.name(), to.number(), review, &body).await {
            Ok(_) => Ok(Applied::written(WriteKind::Text)),
            // So Gitea answers for a commit that it does not know as one of the pull request.
            Err(Error::Server { .. }) if has_moved(to, review).await? => {
                self.say(to, client, &self.text).await
            }
            Err(error) => Err(error),
        }
    }

    async fn say(
        &self,
        to: &EffectDelivery<'_>,
        client: &Gitea,
        text: &str,
    ) -> Result<Applied, Error> {
        let body = marked(text, &to.row.key);
        let posted = client.post_comment(to.name(), to.number(), &body).await?;
        Ok(Applied { id: Some(posted.id), written: Some(WriteKind::Text) })
    }
}

fn marked(text: &str, key: &str) -> String {
    format!("{text}\n\n{}", marker(key))
}

async fn has_moved(to: &EffectDelivery<'_>, review: &PostedReview) -> Result<bool, Error> {
    let pull = to.ctx.gitea.pull(to.name(), to.number()).await?;
    Ok(pull.is_none_or(|pull| pull.head != review.commit))
}
