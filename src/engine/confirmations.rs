//! Checks whether somebody who was asked "is this yours?" has put a 👍 on the question.
//!
//! A text can be put into somebody's mouth by everybody who may write to the repository; a
//! reaction cannot. Gitea sends no webhook for it, so it is looked for: at each poll for an hour,
//! then every ten minutes, within a day.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::error::EngineError;
use super::identity::Identity;
use super::incidents::Incidents;
use super::permissions::{FoundRight, PermissionReader};
use super::retry::{is_hopeless, is_hopeless_for_one};
use super::snapshot::Snapshots;
use crate::core::command::grammar::{self, Reading};
use crate::core::effect::Effect;
use crate::core::handlers::{self, CONFIRM_WITHIN, ChangeSet, CommandRequest};
use crate::core::model::account::Account;
use crate::core::model::ids::Subject;
use crate::core::model::text::PostedText;
use crate::core::policy::authorship::{Authorship, lines_still_present};
use crate::core::reply::Answer;
use crate::gitea::{Error, Recovery};
use crate::store::outbox::{self, EffectState, OutboxRow as Row};
use crate::store::tasks::{self, Confirmation, TaskId};
use crate::store::{self, handled, repos};

/// For so long it is looked for at each poll.
const FREQUENT_FOR: Duration = Duration::from_secs(3600);

/// Later it is looked for after so long.
const INFREQUENT: Duration = Duration::from_secs(600);

/// The reaction that says yes.
const YES: &str = "+1";

pub(super) struct Confirmations {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    permissions: Arc<PermissionReader>,
    snapshots: Arc<Snapshots>,
}

impl Confirmations {
    pub(super) fn new(
        ctx: Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        permissions: Arc<PermissionReader>,
        snapshots: Arc<Snapshots>,
    ) -> Self {
        Self { ctx, identity, incidents, permissions, snapshots }
    }

    /// Reads the reactions to one question.
    pub(super) async fn check(
        &self,
        id: TaskId,
        asked: Confirmation,
        tries: u32,
    ) -> Result<(), EngineError> {
        let is_late = asked.asked_at.is_over(CONFIRM_WITHIN, self.ctx.now());
        match self.read_answer(id, asked.clone(), tries).await {
            // Else it would be looked for for ever.
            Err(EngineError::Forge(error))
                if is_late && is_hopeless(&self.ctx.gitea, &error, tries).await =>
            {
                self.incidents.met(&error, asked.inbound.thread()).await;
                self.drop_confirmation(id, &asked, "the answer cannot be read").await
            }
            looked => looked,
        }
    }

    async fn read_answer(
        &self,
        id: TaskId,
        mut asked: Confirmation,
        tries: u32,
    ) -> Result<(), EngineError> {
        let (repo, question) = (asked.inbound.repo.id, asked.question.clone());
        let known = self
            .ctx
            .ledger
            .read(move |conn| Ok((repos::name(conn, repo)?, outbox::get(conn, &question)?)));
        let (present, question) = known.await?;
        asked.inbound.repo = present.unwrap_or(asked.inbound.repo);
        let Some(question) = question.filter(|row| row.state != EffectState::Dead) else {
            return self.drop_confirmation(id, &asked, "the question could not be asked").await;
        };
        let name = &asked.inbound.repo.name;
        let Some(comment) = question.comment else { return self.check_later(id, &asked).await };
        let given = match self.ctx.gitea.reactions(name, comment).await {
            Err(Error::NotFound { .. }) => {
                return self.drop_confirmation(id, &asked, "the question was deleted").await;
            }
            given => given?,
        };
        let yes =
            given.into_iter().find(|one| one.content == YES && one.account.id == asked.actor.id);
        let Some(yes) = yes else {
            return match asked.asked_at.is_over(CONFIRM_WITHIN, self.ctx.now()) {
                true => self.drop_confirmation(id, &asked, "nobody answered").await,
                false => self.check_later(id, &asked).await,
            };
        };
        let (number, subject) = (asked.inbound.number, Subject::Comment(comment));
        let Some(posted) = self.ctx.gitea.read_back(name, number, subject).await? else {
            return self.drop_confirmation(id, &asked, "the question was deleted").await;
        };
        let posted = posted.written;
        if yes.created_at > posted.created_at.after(CONFIRM_WITHIN) {
            return self.drop_confirmation(id, &asked, "the answer came too late").await;
        }
        let own = self.identity.get().await?;
        let is_as_posted = posted.author.as_ref().is_some_and(|author| author.id == own.id)
            && posted.updated_at == posted.created_at
            && says(&question, &posted.body);
        // They may be called otherwise by now, and somebody else as they were.
        asked.actor = yes.account;
        self.run_confirmed(id, asked, is_as_posted, &own, tries).await
    }

    async fn check_later(&self, id: TaskId, asked: &Confirmation) -> Result<(), EngineError> {
        let now = self.ctx.now();
        let wait = match now.since(asked.asked_at) < FREQUENT_FOR {
            true => self.ctx.policy.poll.every,
            false => self.ctx.policy.poll.every.max(INFREQUENT),
        };
        // The last look is when the time is over.
        let due = now
            .after(wait)
            .min(asked.asked_at.after(CONFIRM_WITHIN).max(now.after(self.ctx.policy.poll.every)));
        Ok(self.ctx.ledger.write(move |tx| tasks::check_later(tx, id, due)).await?)
    }

    async fn drop_confirmation(
        &self,
        id: TaskId,
        asked: &Confirmation,
        why: &str,
    ) -> Result<(), EngineError> {
        tracing::info!(question = %asked.question, "not confirmed: {why}");
        Ok(self.ctx.ledger.write(move |tx| tasks::take(tx, id).map(drop)).await?)
    }

    /// Does what was confirmed, as far as it still stands there; answers in a reply of its own.
    async fn run_confirmed(
        &self,
        id: TaskId,
        asked: Confirmation,
        is_as_posted: bool,
        own: &Account,
        tries: u32,
    ) -> Result<(), EngineError> {
        let key = format!("{}.yes", asked.question);
        let reading = grammar::read(&own.login, &asked.lines.join("\n\n"));
        let decided = self.decide_confirmed(&asked, is_as_posted, &key, &reading, own).await;
        let changes = match decided {
            // Somebody waits for an answer.
            Err(EngineError::Forge(error))
                if error.heals() == Recovery::Never
                    || is_hopeless_for_one(&self.ctx.gitea, &error, tries).await =>
            {
                self.incidents.met(&error, asked.inbound.thread()).await;
                self.incidents.gave_up(&error, asked.inbound.thread()).await;
                let answer = Answer::Failed { reason: error.to_string() };
                ChangeSet::single_answer(&own.login, &asked.inbound, &key, &reading, answer)
            }
            decided => match decided? {
                Some(changes) => changes,
                // To ask for it again would tell it again.
                None => return self.drop_confirmation(id, &asked, "the text was deleted").await,
            },
        };
        let (now, later) = (self.ctx.now(), asked.clone());
        let store =
            self.ctx.ledger.write(move |tx| handled::confirmation(tx, id, &asked, &changes, now));
        match store.await {
            // It is looked at again, as things are then.
            Err(store::Error::JobMoved) => self.check_later(id, &later).await,
            stored => Ok(stored?),
        }
    }

    async fn decide_confirmed(
        &self,
        asked: &Confirmation,
        is_as_posted: bool,
        key: &str,
        reading: &Reading,
        own: &Account,
    ) -> Result<Option<ChangeSet>, EngineError> {
        let (inbound, actor) = (&asked.inbound, &asked.actor);
        let (name, number) = (&inbound.repo.name, inbound.number);
        let shown = self.ctx.gitea.read_back(name, number, inbound.subject).await?;
        let Some(shown) = shown else { return Ok(None) };
        if !is_as_posted || !still_says(shown.written, asked, reading, own) {
            let repeat =
                ChangeSet::single_answer(&own.login, inbound, key, reading, Answer::Repeat);
            return Ok(Some(repeat));
        }
        let needed = handlers::needed_right(reading);
        let FoundRight { right, is_lent } =
            self.permissions.found_right(inbound, actor, needed).await?;
        let snapshot =
            self.snapshots.gather(inbound, &handlers::needs(reading, None), (own, actor)).await?;
        let authorship = Authorship::Author;
        let verdict = None;
        let asked = CommandRequest { inbound, key, actor, right, is_lent, authorship, verdict };
        Ok(Some(self.ctx.policy.with_quotas(handlers::handle(asked, reading, &snapshot))))
    }
}

/// Whether the text still is the actor's and still holds all that was asked about.
fn still_says(now: PostedText, asked: &Confirmation, reading: &Reading, own: &Account) -> bool {
    let present = grammar::read(&own.login, &now.body);
    let is_theirs = now.author.is_some_and(|author| author.id == asked.actor.id);
    is_theirs && lines_still_present(reading.clone(), &present) == *reading
}

/// Whether the comment of `row` says what it said when it was posted.
fn says(row: &Row, body: &str) -> bool {
    let posted = serde_json::from_str::<Effect>(row.payload.get());
    posted.is_ok_and(|effect| effect.body().is_some_and(|posted| posted.text() == body))
}
