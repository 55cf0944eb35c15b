//! What somebody did in the forge's own page: does it still stand, might they do it, and what follows.

use super::claim::{Claim, claim};
use super::{Inbox, NextStep};
use crate::core::command::grammar::Reading;
use crate::core::command::verb::Right;
use crate::core::handlers::{self, ChangeSet, CommandRequest};
use crate::core::model::account::Account;
use crate::core::model::gesture::Gesture;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Permissions;
use crate::core::model::text::InboundText;
use crate::core::model::thread::ThreadChange;
use crate::core::policy::authorship::Authorship;
use crate::core::policy::code_owners;
use crate::core::reply::Answer;
use crate::crash;
use crate::engine::error::EngineError;
use crate::gitea::{Error, ListedReview, PullState};
use crate::store::inbox::{Ending, InboxText};
use crate::store::threads;

/// The largest file `CODEOWNERS` that is read.
const MOST: usize = 1 << 20;

impl Inbox {
    /// What is left to do with a gesture of `actor`'s.
    pub(super) async fn consider_gesture(
        &self,
        text: &InboxText,
        gesture: &Gesture,
        actor: Account,
        own: &Account,
    ) -> Result<NextStep, EngineError> {
        match self.heed(text, gesture, actor, own).await {
            Err(error) => {
                let error = self.given_up(error, text.tries).await?;
                self.incidents.gave_up(&error, text.inbound.thread()).await;
                Ok(NextStep::Note(Ending::RefusedByForge))
            }
            heeded => heeded,
        }
    }

    async fn heed(
        &self,
        text: &InboxText,
        gesture: &Gesture,
        actor: Account,
        own: &Account,
    ) -> Result<NextStep, EngineError> {
        let inbound = &text.inbound;
        let item = match self.ctx.gitea.issue(&inbound.repo.name, inbound.number).await {
            Err(Error::NotFound { .. }) => return Ok(NextStep::Note(Ending::Deleted)),
            item => item?,
        };
        if !self.still_stands(inbound, gesture, &item).await? {
            return Ok(NextStep::Note(Ending::Superseded));
        }
        let is_posters = item.author.as_ref().is_some_and(|author| author.id == actor.id);
        if let Gesture::ReviewAsked { account } = gesture
            && is_posters
            && self.owns_code(inbound, account).await?
        {
            return Ok(NextStep::Note(Ending::Pseudo));
        }
        self.accounts.confirm(&actor).await?;
        let shown =
            InboundText { permissions: proved(gesture, &item, is_posters), ..inbound.clone() };
        let right = self.permissions.right_of(&shown, &actor, Right::Operator).await?;
        let thread = inbound.thread();
        let state = self.ctx.ledger.read(move |conn| threads::state(conn, thread)).await?;
        let today = self.today();
        if right.is_none() && state.refused_on == Some(today) {
            return Ok(NextStep::Note(Ending::Silent));
        }
        match claim(&self.ctx, &self.reactions, text).await? {
            // Who wants nothing of this account takes nothing back by that.
            Claim::Ours | Claim::Alone | Claim::Blocked => {}
            Claim::Theirs => {
                tracing::warn!(
                    gesture = %inbound.subject.key(),
                    "claimed by another ledger of this account: do two timmys run?"
                );
                return Ok(NextStep::Note(Ending::ClaimedElsewhere));
            }
            Claim::Gone => return Ok(NextStep::Note(Ending::Deleted)),
        }
        crash::point("claimed");
        let needs = handlers::needs_of_gesture(gesture);
        let mut changes = match self.snapshots.gather(inbound, &needs, (own, &actor)).await {
            Ok(snapshot) => {
                self.incidents.answered(thread).await;
                let (key, authorship, verdict) = (&text.key(), Authorship::Author, None);
                let actor = &actor;
                let asked = CommandRequest {
                    inbound,
                    key,
                    actor,
                    right,
                    is_lent: false,
                    authorship,
                    verdict,
                };
                handlers::handle_gesture(asked, gesture, &snapshot)
            }
            Err(EngineError::Forge(error)) if self.is_denied(&error, text.tries).await => {
                self.incidents.met(&error, thread).await;
                self.incidents.gave_up(&error, thread).await;
                let failed = Answer::Failed { reason: error.to_string() };
                let nothing = Reading::default();
                ChangeSet::single_answer(&own.login, inbound, &text.key(), &nothing, failed)
            }
            Err(error) => return Err(error),
        };
        if changes.refused_stranger {
            let unchanged = ThreadChange { from: state.clone(), to: state };
            changes.state = Some(unchanged.refused(today));
        }
        crash::point("decided");
        Ok(NextStep::Store(Ending::Answered, actor, Box::new(changes), Vec::new()))
    }

    /// Whether nobody has done the opposite since: of two gestures at once the last one counts.
    async fn still_stands(
        &self,
        inbound: &InboundText,
        gesture: &Gesture,
        item: &Issue,
    ) -> Result<bool, EngineError> {
        let is_assigned = |account: &Account| item.assignees.iter().any(|it| it.id == account.id);
        Ok(match gesture {
            Gesture::Assigned { account } => item.open && is_assigned(account),
            Gesture::Unassigned { account } => !is_assigned(account),
            Gesture::ReviewAsked { account } => {
                item.open && self.is_asked(inbound, account).await?
            }
            Gesture::ReviewUnasked { account } => !self.is_asked(inbound, account).await?,
            Gesture::Closed => !item.open && !self.is_merged(inbound).await?,
        })
    }

    /// One that was reopened and merged since was closed for no reason that still counts.
    async fn is_merged(&self, inbound: &InboundText) -> Result<bool, EngineError> {
        let pull = self.ctx.gitea.pull(&inbound.repo.name, inbound.number).await?;
        Ok(pull.is_some_and(|pull| matches!(pull.state, PullState::Merged { .. })))
    }

    async fn is_asked(
        &self,
        inbound: &InboundText,
        account: &Account,
    ) -> Result<bool, EngineError> {
        let (name, number) = (&inbound.repo.name, inbound.number);
        let mut pages = self.ctx.gitea.reviews_and_requests(name, number);
        while let Some(page) = pages.next().await? {
            let mut asked = page.entries.iter().filter_map(|line| match line {
                ListedReview::Asked(asked) => Some(asked.id),
                ListedReview::Given(_) => None,
            });
            if asked.any(|id| id == account.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the forge itself may have asked an account for a review.
    async fn owns_code(
        &self,
        inbound: &InboundText,
        account: &Account,
    ) -> Result<bool, EngineError> {
        let name = &inbound.repo.name;
        for place in code_owners::PLACES {
            let file = self.ctx.gitea.file_on_default_branch(name, place, MOST).await?;
            let file = file.unwrap_or_default();
            if code_owners::names(&String::from_utf8_lossy(&file), &account.login) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What a gesture proves by itself: the forge lets only writers assign and take off, and, but for the
/// poster, close. Who opens a pull request may assign anybody with it, though a stranger.
fn proved(gesture: &Gesture, item: &Issue, is_posters: bool) -> Option<Permissions> {
    let writes = match gesture {
        Gesture::Assigned { .. } | Gesture::Unassigned { .. } => !(item.is_pull && is_posters),
        Gesture::Closed => !is_posters,
        Gesture::ReviewAsked { .. } | Gesture::ReviewUnasked { .. } => false,
    };
    writes.then_some(Permissions { push: true, pull: true, admin: false })
}
