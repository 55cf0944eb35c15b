//! Whether the author of an issue is still to be asked, looked at right before the question is sent.

use super::Outbox;
use crate::core::effect::Effect;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::reply::scope_question::{asked_by, is_question_key};
use crate::engine::error::EngineError;
use crate::engine::try_result::TryResult;
use crate::gitea;
use crate::store::ask_scope::{self, StillLacks};
use crate::store::outbox::OutboxRow as Row;
use crate::store::{Connection, Error, repos, scope_questions};

impl Outbox {
    /// How the try at a question ends instead, if it is not to be asked, or not yet.
    pub(super) async fn unasked(
        &self,
        row: &Row,
        effect: &Effect,
    ) -> Result<Option<TryResult>, Error> {
        if !matches!(effect, Effect::Comment(_)) || !is_question_key(&row.key) {
            return Ok(None);
        }
        match self.look_at_issue(row).await {
            Ok(StillLacks::Yes) => Ok(None),
            Ok(StillLacks::No) => Ok(Some(TryResult::Withdrawn)),
            Ok(StillLacks::Unknown) => {
                let due = self.ctx.next_try(row.tries + 1);
                let reason = "the issue was edited: what it says is read first".to_owned();
                Ok(Some(TryResult::Later { due, reason, certain: true }))
            }
            Err(error) => {
                let error = error.of_forge()?;
                Ok(Some(TryResult::of_read(&self.ctx, &self.incidents, row, &error).await))
            }
        }
    }

    async fn look_at_issue(&self, row: &Row) -> Result<StillLacks, EngineError> {
        let Some(thread) = row.lane.thread().filter(|_| self.ctx.policy.dispatch.ask_scope) else {
            return Ok(StillLacks::No);
        };
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
        let Some(repo) = repo else { return Ok(StillLacks::No) };
        let issue = match self.ctx.gitea.issue(&repo.name, thread.number).await {
            Ok(issue) if issue.open && !issue.locked => issue,
            Ok(_) | Err(gitea::Error::NotFound { .. }) => return Ok(StillLacks::No),
            Err(error) => return Err(error.into()),
        };
        let (rules, shown, now) = (self.planner.present_rules(), issue.clone(), self.ctx.now());
        let read =
            move |conn: &Connection| ask_scope::still_lacks(conn, (thread, &shown), &rules, now);
        match self.ctx.ledger.read(read).await? {
            StillLacks::Yes => {}
            other => return Ok(other),
        }
        Ok(match self.is_next(thread).await? && !self.was_asked(&repo, &issue).await? {
            true => StillLacks::Yes,
            false => StillLacks::No,
        })
    }

    async fn is_next(&self, thread: ThreadId) -> Result<bool, Error> {
        let read = move |conn: &Connection| {
            let mut terms = scope_questions::terms(conn)?;
            // As if this one had not been thought of yet.
            terms.asked.remove(&thread);
            Ok(terms)
        };
        let terms = self.ctx.ledger.read(read).await?;
        Ok(self.planner.ranking().await?.is_to_be_asked(thread, &terms))
    }

    /// Whether a ledger of this account has asked before: the next look at the issue finds that.
    async fn was_asked(&self, repo: &Repo, issue: &Issue) -> Result<bool, EngineError> {
        let own = self.identity.get().await?;
        let since = issue.created_at;
        let said = self.ctx.gitea.comments_by(&repo.name, issue.number, &own, since).await?;
        Ok(said.iter().any(|one| asked_by(&one.body).is_some()))
    }
}
