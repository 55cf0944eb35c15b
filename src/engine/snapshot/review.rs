//! Gathers what the forge shows of a review, and of the pull request that it is of.

use super::Snapshots;
use crate::core::handlers::ReviewFacts;
use crate::core::model::account::Account;
use crate::core::model::text::InboundText;
use crate::core::model::verdict::{Opinion, ReviewVerdict};
use crate::engine::error::EngineError;
use crate::gitea::{Error, PullState};

impl Snapshots {
    /// What is known of the review `verdict` that `inbound` is, given by `actor`.
    pub(super) async fn review_facts(
        &self,
        inbound: &InboundText,
        verdict: Option<&ReviewVerdict>,
        actor: &Account,
    ) -> Result<ReviewFacts, EngineError> {
        let asks = verdict.filter(|verdict| verdict.opinion == Opinion::ChangesRequested);
        let Some(verdict) = asks else { return Ok(ReviewFacts::default()) };
        let (gitea, name, number) = (&self.ctx.gitea, &inbound.repo.name, inbound.number);
        let pull = gitea.pull(name, number).await?;
        let is_open = pull.as_ref().is_some_and(|pull| pull.state == PullState::Open);
        let remarks = match gitea.remarks(name, number, verdict.review, actor).await {
            // It was withdrawn just now.
            Err(Error::NotFound { .. }) => Vec::new(),
            remarks => remarks?,
        };
        Ok(ReviewFacts { head: pull.map(|pull| pull.head), is_open, remarks })
    }
}
