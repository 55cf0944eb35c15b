//! A text for which the forge does not say what an answer takes, however often it is asked: somebody
//! waits, and what is said later in the thread waits behind it. So that is the answer.

use super::claim::{Claim, claim};
use super::{Inbox, NextStep};
use crate::core::command::grammar::Reading;
use crate::core::command::verb::Right;
use crate::core::handlers::{self, ChangeSet, Response};
use crate::core::model::account::Account;
use crate::core::model::thread::{ThreadChange, ThreadState};
use crate::core::reply::Answer;
use crate::engine::error::EngineError;
use crate::engine::retry::{is_hopeless_for_one, is_unreadable};
use crate::gitea;
use crate::store::inbox::{Ending, InboxText};
use crate::store::threads;

impl Inbox {
    /// The answer of the forge that cannot be understood, if it was asked often enough.
    pub(super) async fn given_up(
        &self,
        error: EngineError,
        tries: u32,
    ) -> Result<gitea::Error, EngineError> {
        match error {
            EngineError::Forge(error) if is_unreadable(&error) => {
                let error = EngineError::Forge(error);
                match error.recovery(&self.ctx.gitea, tries).await {
                    gitea::Recovery::Never => Ok(error.of_forge()?),
                    _ => Err(error),
                }
            }
            error => Err(error),
        }
    }

    /// Whether what an answer takes is not to be had, in whatever way.
    pub(super) async fn is_denied(&self, error: &gitea::Error, tries: u32) -> bool {
        error.heals() == gitea::Recovery::Never
            || is_hopeless_for_one(&self.ctx.gitea, error, tries).await
    }

    /// Answers `text` with what could not be found out, as far as its actor may hope for an answer:
    /// somebody whose right cannot be found out is a stranger.
    pub(super) async fn answer_with_failure(
        &self,
        text: &InboxText,
        reading: &Reading,
        actor: Account,
        error: gitea::Error,
        own: &Account,
    ) -> Result<NextStep, EngineError> {
        let inbound = &text.inbound;
        let thread = inbound.thread();
        self.incidents.gave_up(&error, thread).await;
        let right = match self.permissions.right_of(inbound, &actor, Right::Reader).await {
            Err(EngineError::Ledger(error)) => return Err(error.into()),
            right => right.ok().flatten(),
        };
        let state: ThreadState =
            self.ctx.ledger.read(move |conn| threads::state(conn, thread)).await?;
        let today = self.today();
        let is_refused = state.refused_on == Some(today);
        if !matches!(handlers::response_to(right, reading, is_refused), Response::Answer) {
            return Ok(NextStep::Note(Ending::Silent));
        }
        let mut inbound = inbound.clone();
        match claim(&self.ctx, &self.reactions, text).await {
            Ok(Claim::Theirs) => return Ok(NextStep::Note(Ending::ClaimedElsewhere)),
            Ok(Claim::Gone) => return Ok(NextStep::Note(Ending::Deleted)),
            Ok(Claim::Blocked) if right.is_none() => return Ok(NextStep::Note(Ending::Silent)),
            Err(EngineError::Ledger(error)) => return Err(error.into()),
            // On a line Gitea would let the account speak all the same.
            Ok(Claim::Blocked) => inbound.on_line = false,
            // The ledger alone claims it: that may be what could not be understood.
            Ok(Claim::Ours | Claim::Alone) | Err(_) => {}
        }
        let answer = Answer::Failed { reason: error.to_string() };
        let mut changes =
            ChangeSet::single_answer(&own.login, &inbound, &text.key(), reading, answer);
        if right.is_none() {
            let unchanged = ThreadChange { from: state.clone(), to: state };
            changes.state = Some(unchanged.refused(today));
        }
        let ran = reading.commands.iter().map(|line| line.text.clone()).collect();
        Ok(NextStep::Store(Ending::Answered, actor, Box::new(changes), ran))
    }
}
