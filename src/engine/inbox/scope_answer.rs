//! A comment in an issue whose author was asked what its text does not say: by its author, or by
//! somebody who may write there, it may be the answer.

use super::Inbox;
use crate::core::command::verb::Right;
use crate::core::model::account::Account;
use crate::core::model::ids::Subject;
use crate::core::model::text::InboundText;
use crate::core::scheduling::Readiness;
use crate::engine::error::EngineError;
use crate::store::scope_questions::{self, AwaitedAnswer};

impl Inbox {
    /// Keeps what a text says of what was asked, if it answers anything.
    pub(super) async fn hear_scope_answer(
        &self,
        inbound: &InboundText,
        actor: &Account,
    ) -> Result<(), EngineError> {
        let (thread, Subject::Comment(comment)) = (inbound.thread(), inbound.subject) else {
            return Ok(());
        };
        let read = self.ctx.ledger.read(move |conn| scope_questions::awaited(conn, thread));
        let Some(AwaitedAnswer { author, question }) = read.await? else { return Ok(()) };
        // What somebody else wrote does not become the word of whoever edits it.
        let is_own_word = (inbound.author.as_ref()).is_some_and(|author| author.id == actor.id);
        if !is_own_word {
            return Ok(());
        }
        // What was said before the question answers nothing.
        if question.is_some_and(|question| comment < question) {
            return Ok(());
        }
        let says = self.reader.read(thread.repo, "", &inbound.body).readiness;
        let is_author = author.is_some_and(|author| author.id == actor.id);
        if says == Readiness::default() {
            return Ok(());
        }
        let needed = Right::Operator;
        if !is_author && self.permissions.right_of(inbound, actor, needed).await? < Some(needed) {
            return Ok(());
        }
        let answered =
            self.ctx.ledger.write(move |tx| scope_questions::answered(tx, thread, comment, says));
        answered.await?;
        tracing::info!(issue = thread.number, "question about an issue answered");
        Ok(())
    }
}
