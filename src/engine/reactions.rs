//! Which reaction claims a text: a server may be set to others than the usual ones.
//!
//! The server is asked only after it has refused the usual one.

use std::sync::PoisonError;
use std::time::Duration;

use super::context::Context;
use crate::core::effect::Reaction;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, Reacted, Recovery};

/// How long what the server said is good. It may be set otherwise by now, and another ledger of
/// this account would claim by what it is set to.
const GOOD_FOR: Duration = Duration::from_secs(3600);

pub(super) struct ClaimReactions {
    ctx: Context,
    /// What was chosen instead of the usual one, and when; none as long as that is not refused.
    chosen: std::sync::Mutex<Option<(Timestamp, Choice)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Reaction(String),
    /// The server allows no reaction: the ledger alone claims.
    Nothing,
}

impl ClaimReactions {
    pub(super) fn new(ctx: Context) -> Self {
        Self { ctx, chosen: std::sync::Mutex::default() }
    }

    /// Reacts to a text; none where the server allows no reaction.
    pub(super) async fn react(&self, inbound: &InboundText) -> Result<Option<Reacted>, Error> {
        let usual = Reaction::Eyes.as_ref().to_owned();
        let first = self.current().unwrap_or(Choice::Reaction(usual));
        match self.give(inbound, first).await {
            Err(Error::ReactionNotAllowed { .. }) => {}
            outcome => return outcome,
        }
        let next = self.choose().await?;
        match self.give(inbound, next).await {
            Err(Error::ReactionNotAllowed { .. }) => Ok(None),
            outcome => outcome,
        }
    }

    async fn give(&self, inbound: &InboundText, what: Choice) -> Result<Option<Reacted>, Error> {
        let Choice::Reaction(content) = what else { return Ok(None) };
        let (name, number) = (&inbound.repo.name, inbound.number);
        self.ctx.gitea.react(name, number, inbound.subject, content).await.map(Some)
    }

    fn current(&self) -> Option<Choice> {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = |at: &Timestamp| !at.is_over(GOOD_FOR, self.ctx.now());
        chosen.as_ref().filter(|(at, _)| is_good(at)).map(|(_, choice)| choice.clone())
    }

    async fn choose(&self) -> Result<Choice, Error> {
        let allowed = match self.ctx.gitea.allowed_reactions().await {
            Err(error) if error.heals() == Recovery::Never => Vec::new(),
            answer => answer?,
        };
        let choice = match Reaction::that_claims(&allowed) {
            Some(content) => Choice::Reaction(content.to_owned()),
            None => Choice::Nothing,
        };
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        if chosen.as_ref().is_none_or(|(_, before)| *before != choice) {
            tracing::warn!(claimed_by = ?choice, "the server does not allow the reaction eyes");
        }
        *chosen = Some((self.ctx.now(), choice.clone()));
        Ok(choice)
    }
}
