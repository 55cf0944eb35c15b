//! A comment in an issue whose author was asked what its text does not say: by its author it may be the
//! answer; by somebody who may write there, if it fills in a line that was proposed.
//!
//! What it says is told to an agent, so only a new comment counts that was read back, and that nobody
//! else can have put words into.

use super::Inbox;
use crate::core::command::verb::Right;
use crate::core::model::account::Account;
use crate::core::model::ids::Subject;
use crate::core::model::text::{InboundText, TextEvent};
use crate::core::policy::authorship::is_authors_own;
use crate::core::reply::scope_question::fills_in_a_line;
use crate::engine::error::EngineError;
use crate::gitea::TextLookup;
use crate::store::inbox::StoredVersion;
use crate::store::scope_answers::{self, ScopeAnswer};
use crate::store::scope_questions::{self, AwaitedAnswer};

impl Inbox {
    /// Keeps what a text without commands says of what was asked, if it answers anything.
    pub(super) async fn hear_scope_answer(
        &self,
        inbound: &InboundText,
        versions: &[StoredVersion],
        actor: &Account,
    ) -> Result<(), EngineError> {
        let (thread, Subject::Comment(comment)) = (inbound.thread(), inbound.subject) else {
            return Ok(());
        };
        if inbound.act == TextEvent::Edited {
            let body = inbound.body.clone();
            let write =
                self.ctx.ledger.write(move |tx| scope_answers::edited(tx, thread, comment, &body));
            write.await?;
            return Ok(());
        }
        let read = self.ctx.ledger.read(move |conn| scope_questions::awaited(conn, thread));
        let Some(awaited) = read.await? else { return Ok(()) };
        // What was said before the question answers nothing.
        if awaited.question.is_some_and(|question| comment < question) || !is_by(inbound, actor) {
            return Ok(());
        }
        let found = self.reader.read(thread.repo, "", &inbound.body);
        let says = found.readiness;
        if awaited.known.or(says) == awaited.known
            || !self.may_answer(inbound, &awaited, actor).await?
        {
            return Ok(());
        }
        let looked_up =
            self.ctx.gitea.look_up(&inbound.repo.name, inbound.number, inbound.subject).await?;
        let TextLookup::Shown(shown, None) = looked_up else { return Ok(()) };
        if !is_authors_own(inbound, versions.iter().map(|version| &version.inbound), &shown) {
            return Ok(());
        }
        let answer = ScopeAnswer::new(comment, says, &shown.written.body, found.paths);
        let write = self.ctx.ledger.write(move |tx| scope_questions::answered(tx, thread, &answer));
        if write.await? {
            tracing::info!(issue = thread.number, "question about an issue answered");
        }
        Ok(())
    }

    async fn may_answer(
        &self,
        inbound: &InboundText,
        awaited: &AwaitedAnswer,
        actor: &Account,
    ) -> Result<bool, EngineError> {
        if awaited.author.as_ref().is_some_and(|author| author.id == actor.id) {
            return Ok(true);
        }
        let needed = Right::Operator;
        Ok(fills_in_a_line(&inbound.body)
            && self.permissions.right_of(inbound, actor, needed).await? >= Some(needed))
    }
}

/// Whether the account both wrote the text and sent it.
fn is_by(inbound: &InboundText, actor: &Account) -> bool {
    let is_theirs = |by: &Option<Account>| by.as_ref().is_some_and(|by| by.id == actor.id);
    is_theirs(&inbound.author) && is_theirs(&inbound.sender)
}
