//! What an agent says in the end, posted for it as long as it is judged: as its account where there is
//! a token of that, else as timmy; found again by its marker. An approval is a comment that says so.

use std::time::Duration;

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::marker::{APPROVAL, key_of, marker};
use crate::core::effect::{JudgedAttempt, PostResult, PostedReview};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::verdict::Opinion;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, Gitea, PullState, WriteOutcome};
use crate::store::jobs;

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
        if !self.is_wanted(to).await? {
            return Ok(Applied::default());
        }
        let client = self.client(to);
        let posted = match (&self.review, client) {
            (Some(review), client) => match (head_of(to).await?, client) {
                (None, _) => return Ok(Applied::default()),
                (Some(_), None) => return self.say_for_it(to).await,
                (Some(head), Some(client)) if head == review.commit => {
                    self.give(to, client, review).await
                }
                (Some(_), Some(client)) => match &self.of_earlier {
                    Some(text) => self.say(to, client, text).await,
                    None => return self.say_for_it(to).await,
                },
            },
            (None, Some(client)) => self.say(to, client, &self.text).await,
            (None, None) => return self.say_for_it(to).await,
        };
        match posted {
            // That account cannot: what it says is not lost for that.
            Err(
                error @ (Error::BadAgentToken { .. }
                | Error::NotTheAgents { .. }
                | Error::AgentLacksScope { .. }
                | Error::ForbiddenToAgent { .. }
                | Error::Locked
                | Error::Blocked
                | Error::NotFound { .. }
                | Error::Unprocessable { .. }),
            ) => {
                tracing::warn!(effect = to.row.key, %error, "posted in my own name instead");
                self.say_for_it(to).await
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

    /// Whether the attempt whose result it is is still judged.
    async fn is_wanted(&self, to: &EffectDelivery<'_>) -> Result<bool, ApplyError> {
        let Some(JudgedAttempt { job, fence }) = self.of else { return Ok(true) };
        let stored = to.ctx.ledger.read(move |conn| jobs::get(conn, job)).await?;
        Ok(stored.is_some_and(|stored| stored.job.judges(fence)))
    }

    /// A try that failed may have left a draft, to whose remarks this one would add its own.
    async fn give(
        &self,
        to: &EffectDelivery<'_>,
        client: &Gitea,
        review: &PostedReview,
    ) -> Result<Applied, Error> {
        let agent = match to.ctx.policy.jobs.agents.get(&self.agent) {
            Some(terms) => to.ctx.gitea.account(&terms.account).await?,
            None => None,
        };
        let drop_drafts = async || match &agent {
            Some(agent) => client.drop_drafts(to.name(), to.number(), agent).await,
            None => Ok(()),
        };
        drop_drafts().await?;
        let text = match review.opinion {
            Opinion::Approved => format!("{}\n\n{APPROVAL}\n{}", self.text, marker(&to.row.key)),
            Opinion::ChangesRequested | Opinion::Comment => marked(&self.text, &to.row.key),
        };
        let given = client.review(to.name(), to.number(), review, &text).await;
        if let Err(error) = &given
            && error.fate() != WriteOutcome::Open
            && let Err(error) = drop_drafts().await
        {
            tracing::warn!(effect = to.row.key, %error, "a draft may be left: before the next try");
        }
        given.map(|_| Applied::written(WriteKind::Text))
    }

    async fn say_for_it(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        Ok(self.say(to, &to.ctx.gitea, &self.in_own_name).await?)
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

/// The head of the pull request; none if that is not open any more.
async fn head_of(to: &EffectDelivery<'_>) -> Result<Option<Commit>, Error> {
    let pull = to.ctx.gitea.pull(to.name(), to.number()).await?;
    Ok(pull.filter(|pull| pull.state == PullState::Open).map(|pull| pull.head))
}
