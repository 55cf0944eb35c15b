//! A text that a mirror, an importer or a bridge put up under somebody's account is not their word.
//!
//! It is stored and never parsed, nor is any later version of it: whoever takes the heading away by
//! an edit still has somebody else's lines below it. A person may write such a heading, though: so
//! a line for timmy in it gets the reaction `confused`, once, if its sender has a right to command.

use super::{Inbox, NextStep, patient_until};
use crate::core::command::grammar;
use crate::core::command::verb::Right;
use crate::core::effect::Reaction;
use crate::core::handlers::ChangeSet;
use crate::core::model::account::Account;
use crate::core::model::text::{InboundText, TextEvent};
use crate::core::policy::relay::is_relayed;
use crate::engine::error::EngineError;
use crate::store::inbox::{self, Ending, InboxText};

impl Inbox {
    /// Whether a text, or a version of it that came before, was put up for somebody else.
    pub(super) async fn is_relayed(&self, inbound: &InboundText) -> Result<bool, EngineError> {
        if [Some(&inbound.body), inbound.former_body.as_ref()]
            .into_iter()
            .flatten()
            .any(|b| is_relayed(b))
        {
            return Ok(true);
        }
        let (subject, repo) = (inbound.subject, inbound.repo.id);
        match inbound.act {
            TextEvent::Edited => Ok(self
                .ctx
                .ledger
                .read(move |conn| inbox::was_relayed(conn, subject, repo))
                .await?),
            TextEvent::Created | TextEvent::Opened => Ok(false),
        }
    }

    /// What is left to do with a text that is, put up by `actor`.
    pub(super) async fn skip_relayed(
        &self,
        text: &InboxText,
        actor: Account,
        own: &Account,
    ) -> Result<NextStep, EngineError> {
        let inbound = &text.inbound;
        let reading = grammar::read(&own.login, &inbound.body);
        if reading.commands.is_empty() && reading.errors.is_empty() {
            return Ok(NextStep::Note(Ending::Relayed));
        }
        if self.permissions.right_of(inbound, &actor, Right::Reader).await?.is_some() {
            let reaction = ChangeSet::reaction(inbound, Reaction::Confused);
            return Ok(NextStep::Store(Ending::Relayed, actor, Box::new(reaction), Vec::new()));
        }
        // Its webhook may still say who they are.
        let due = patient_until(text);
        let may_be_proved = inbound.act == TextEvent::Created && inbound.permissions.is_none();
        match may_be_proved && self.ctx.now() < due {
            true => Ok(NextStep::Wait(due)),
            false => Ok(NextStep::Note(Ending::Relayed)),
        }
    }
}
