//! Delivers effects: each exactly once, those of one thread in order.
//!
//! One file per effect. Each says how the effect is found on the forge (`find`), and how it is
//! written (`apply`); the rest is the same for all of them. What an earlier try may have written is
//! looked for, the text is finished, the intent is stored, and only then something is sent. After
//! an outcome that nobody knows nothing is sent before the first try can land no more.

mod answer_remarks;
mod approve;
mod assign;
mod bond;
mod close_pulls;
mod comment;
mod delivery;
mod dependency;
mod edit_comment;
mod issue;
mod label;
mod late;
mod make_part;
mod merge;
mod merge_rules;
mod merge_turns;
mod new_labels;
mod pin;
mod post_result;
mod react;
mod scope_question;
mod set_open;
mod shown_issue;
mod split_list;
mod status;
mod stored_effect;
mod withdraw_approval;

use std::sync::Arc;

use serde_json::value::to_raw_value;

use self::delivery::{ApplyError, EffectDelivery};
use self::merge_turns::MergeTurns;
use self::new_labels::NewLabels;
use self::shown_issue::is_epic_over;
use self::stored_effect::{effect_of, in_its_place};
use super::context::Context;
use super::error::EngineError;
use super::identity::Identity;
use super::incidents::Incidents;
use super::planner::Planner;
use super::report::Reporter;
use super::repositories;
use super::repository_policies::RepositoryPolicies;
use super::traces;
use super::try_result::{Applied, TryResult};
use crate::core::effect::{Effect, Source};
use crate::core::jobs::StepTime;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::scope_question::is_question_key;
use crate::crash;
use crate::gitea::{self, Recovery};
use crate::store::outbox::{self, OutboxRow as Row};
use crate::store::{Error, Transaction, ask_scope, repos, splits};

/// An effect will never be delivered: whatever waits for it learns that in the same transaction.
/// `is_over`: nobody waits for the parts of its epic any more.
pub(super) fn give_up(
    tx: &Transaction<'_>,
    row: &Row,
    (reason, is_over): (String, bool),
    now: StepTime,
) -> Result<(), Error> {
    let row = &in_its_place(row);
    outbox::die(tx, row.seq, &reason, now.at)?;
    make_part::gave_up(tx, row, is_over, now.at)?;
    merge::gave_up(tx, row, reason, now)
}

pub(super) struct Outbox {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    policies: Arc<RepositoryPolicies>,
    reporter: Arc<Reporter>,
    planner: Arc<Planner>,
    new_labels: NewLabels,
    merge_turns: MergeTurns,
}

/// Whether it may be there although this ledger never sent it: a ledger that was restored has
/// forgotten it. The keys of the report come again; those of replies are claimed before.
fn may_be_forgotten(effect: &Effect) -> bool {
    match effect {
        Effect::Issue(_) | Effect::MakePart(_) => true,
        Effect::Comment(comment) => matches!(comment.body.source(), Some(Source::Report { .. })),
        _ => false,
    }
}

impl Outbox {
    pub(super) fn new(
        ctx: Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        policies: Arc<RepositoryPolicies>,
        (reporter, planner): (Arc<Reporter>, Arc<Planner>),
    ) -> Self {
        let (new_labels, merge_turns) = Default::default();
        Self { ctx, identity, incidents, policies, reporter, planner, new_labels, merge_turns }
    }

    /// Whoever died left writes behind whose outcome nobody knows.
    pub(super) async fn recover(&self) -> Result<(), Error> {
        let due = self.ctx.now().after(self.ctx.timing.settle);
        let uncertain = self.ctx.ledger.write(move |tx| outbox::recover(tx, due)).await?;
        if uncertain > 0 {
            *self.new_labels.lock().await = due;
            tracing::warn!(
                uncertain,
                "writes of an earlier run are uncertain: looked for before any repeat"
            );
        }
        Ok(())
    }

    /// One try at the first undone effect of a thread.
    pub(super) async fn deliver(&self, row: &Row) -> Result<(), Error> {
        let row = &in_its_place(row);
        let attempt = self.try_once(row).await?;
        let (seq, key, now) = (row.seq, row.key.as_str(), self.ctx.now());
        match attempt {
            TryResult::Done { applied: Applied { id, written }, doubtful } => {
                tracing::info!(effect = key, id, "done");
                if let Some(written) = written {
                    self.incidents.written(row.lane, written).await;
                }
                let recheck = doubtful.then(|| now.after(self.ctx.timing.recheck));
                let is_of_split = make_part::is_of_a_split(row);
                let done = move |tx: &Transaction<'_>| {
                    outbox::done(tx, seq, id, now, recheck)?;
                    if is_of_split { splits::went_on(tx) } else { Ok(()) }
                };
                self.ctx.ledger.write(done).await?;
                crash::point("done");
                self.trace(row, false, now).await;
                Ok(())
            }
            TryResult::Later { due, reason, certain } => {
                tracing::warn!(effect = key, %reason, %due, "put off, will be retried");
                self.ctx
                    .ledger
                    .write(move |tx| outbox::put_back(tx, seq, due, &reason, certain))
                    .await
            }
            TryResult::Redirected { reason } => {
                let found = match row.lane.repo() {
                    Some(repo) => repositories::find_again(&self.ctx, repo).await?,
                    None => false,
                };
                tracing::warn!(effect = key, %reason, found, "redirected");
                // Else all of the forge has moved, or a proxy leads astray: that heals.
                let due = if found { now } else { self.ctx.next_try(row.tries + 1) };
                let certain = !row.is_uncertain();
                self.ctx
                    .ledger
                    .write(move |tx| outbox::put_back(tx, seq, due, &reason, certain))
                    .await
            }
            TryResult::Withdrawn => {
                tracing::info!(effect = key, "not asked after all");
                let row = row.clone();
                self.ctx.ledger.write(move |tx| ask_scope::withdraw(tx, &row)).await
            }
            TryResult::Dead { reason } => {
                tracing::error!(effect = key, %reason, "effect is a dead letter");
                self.die(row, reason).await
            }
        }
    }

    /// It will never be delivered, which whoever waits for it learns with it.
    async fn die(&self, row: &Row, reason: String) -> Result<(), Error> {
        let is_over = match self.repo_of(row).await? {
            Some(repo) if make_part::is_of_a_split(row) => {
                is_epic_over(&self.delivery(row, &repo)).await
            }
            _ => false,
        };
        let (dead, now) = (row.clone(), self.ctx.step_time());
        let ended = now.at;
        self.ctx.ledger.write(move |tx| give_up(tx, &dead, (reason, is_over), now)).await?;
        self.trace(row, true, ended).await;
        self.ctx.stored.notify();
        Ok(())
    }

    /// It is over since then, for a trace.
    async fn trace(&self, row: &Row, is_dead: bool, ended: Timestamp) {
        if !self.ctx.tracer.is_on() {
            return;
        }
        if let Ok(effect) = effect_of(row) {
            traces::effect_over(&self.ctx, row, &effect, (is_dead, ended)).await;
        }
    }

    async fn try_once(&self, row: &Row) -> Result<TryResult, Error> {
        let Some(repo) = self.repo_of(row).await? else {
            return Ok(TryResult::Dead { reason: "its repository was never heard of".to_owned() });
        };
        let effect = match effect_of(row) {
            Ok(effect) => effect,
            Err(reason) => return Ok(TryResult::Dead { reason }),
        };
        let to = self.delivery(row, &repo);
        if row.is_uncertain() || may_be_forgotten(&effect) || is_question_key(&row.key) {
            match to.find(&effect).await {
                Ok(Some(found)) => {
                    let is_old = !row.is_uncertain();
                    return self.applied(row, &effect, found, is_old).await;
                }
                Ok(None) => {}
                Err(error) => return self.not_applied(&to, &effect, error, true).await,
            }
        }
        if let Some(instead) = self.unasked(row, &effect).await? {
            return Ok(instead);
        }
        let effect = match self.finish_text(row, effect).await? {
            Ok(effect) => effect,
            Err(instead) => return Ok(instead),
        };
        if !self.intend(row, &effect).await? {
            let reason = "it is to say something else by now".to_owned();
            return Ok(TryResult::Later { due: self.ctx.now(), reason, certain: true });
        }
        let (before, after) =
            if effect.creates() { ("sending", "sent") } else { ("wishing", "wished") };
        crash::point(before);
        let applied = to.apply(&effect).await;
        crash::point(after);
        match applied {
            Ok(applied) => self.applied(row, &effect, applied, false).await,
            Err(error) => self.not_applied(&to, &effect, error, false).await,
        }
    }

    /// The effect with the text that it is sent with: what it says of other effects and of the day
    /// is known only now. Or how the try ends instead.
    async fn finish_text(
        &self,
        row: &Row,
        effect: Effect,
    ) -> Result<Result<Effect, TryResult>, Error> {
        let Some(body) = effect.body() else { return Ok(Ok(effect)) };
        let body = match body.source() {
            Some(source) => {
                let text = match source {
                    Source::Report { day, may_call, at_once } => {
                        let of_day = (*day, *may_call, *at_once);
                        self.reporter.text(row, &effect, of_day).await?
                    }
                    Source::Split { decision, key } => {
                        split_list::text(&self.ctx, row, (*decision, key.clone())).await?
                    }
                };
                match text {
                    Ok(text) => body.written(text),
                    Err(instead) => return Ok(Err(instead)),
                }
            }
            None => {
                let needed: Vec<String> = body.effects().map(str::to_owned).collect();
                if needed.is_empty() {
                    return Ok(Ok(effect));
                }
                let failed =
                    self.ctx.ledger.read(move |conn| outbox::failures(conn, &needed)).await?;
                body.resolved(|key| failed.get(key).cloned())
            }
        };
        Ok(Ok(effect.saying(body)))
    }

    /// Stores that the effect is about to be written, and what it says: whoever finds that after a
    /// crash waits until the write can no longer land. Not if it was rewritten since `row` was read.
    async fn intend(&self, row: &Row, effect: &Effect) -> Result<bool, Error> {
        let (row, now) = (row.clone(), self.ctx.now());
        let payload = to_raw_value(effect).map_err(Error::Payload)?;
        self.ctx.ledger.write(move |tx| outbox::intend(tx, &row, &payload, now)).await
    }

    /// It is on the forge. `is_old`: it was there before this ledger first sent it.
    async fn applied(
        &self,
        row: &Row,
        effect: &Effect,
        applied: Applied,
        is_old: bool,
    ) -> Result<TryResult, Error> {
        self.reporter.effect_applied(row, effect, applied, is_old).await?;
        if let (Effect::MakePart(part), Some(number)) = (effect, applied.id) {
            make_part::keep(&self.ctx, row, part, number).await?;
        }
        let may_show_late = effect.creates() || late::may_undo_others(effect);
        let doubtful = may_show_late && (row.is_uncertain() || row.tries > 0);
        let is_comment = matches!(effect, Effect::Comment(_) | Effect::PostResult(_));
        let id = applied.id.filter(|_| is_comment);
        Ok(TryResult::Done { applied: Applied { id, ..applied }, doubtful })
    }

    /// It is not, or nobody knows. `unseen`: it could not even be looked for, so that what was
    /// unknown still is.
    async fn not_applied(
        &self,
        to: &EffectDelivery<'_>,
        effect: &Effect,
        error: ApplyError,
        unseen: bool,
    ) -> Result<TryResult, Error> {
        let row = to.row;
        Ok(match error {
            ApplyError::Ledger(error) => return Err(error),
            ApplyError::Gone => match self.reporter.target_gone(row, effect, to.repo).await? {
                Some(then) => then,
                None => {
                    tracing::info!(effect = %row.key, "what it was to change is not there any more");
                    TryResult::NOTHING
                }
            },
            ApplyError::Forge(error @ gitea::Error::NotFound { .. }) => {
                match self.reporter.target_gone(row, effect, to.repo).await? {
                    Some(then) => then,
                    None => self.try_after(row, &error, unseen).await,
                }
            }
            ApplyError::NotBefore(due, reason) => {
                TryResult::Later { due, reason: reason.to_owned(), certain: !row.is_uncertain() }
            }
            ApplyError::Refused(reason) => TryResult::Dead { reason: reason.to_owned() },
            ApplyError::Forge(error) => self.try_after(row, &error, unseen).await,
        })
    }

    async fn try_after(&self, row: &Row, error: &gitea::Error, unseen: bool) -> TryResult {
        match unseen {
            true => TryResult::of_read(&self.ctx, &self.incidents, row, error).await,
            false => TryResult::of_write(&self.ctx, &self.incidents, row, error).await,
        }
    }

    /// Looks once more for what an earlier try at an effect may have written late: a duplicate, or
    /// what undoes a later effect.
    pub(super) async fn recheck(&self, row: &Row) -> Result<(), Error> {
        let row = &in_its_place(row);
        let repo = self.repo_of(row).await?;
        let looked = match (&repo, effect_of(row)) {
            (Some(repo), Ok(effect)) => self.look_again(row, repo, &effect).await,
            _ => Ok(()),
        };
        let again = match looked {
            Ok(()) => None,
            Err(error) => matches!(error.of_forge()?.heals(), Recovery::Later(_))
                .then(|| self.ctx.now().after(self.ctx.timing.recheck)),
        };
        let seq = row.seq;
        self.ctx.ledger.write(move |tx| outbox::rechecked(tx, seq, again)).await
    }

    async fn look_again(&self, row: &Row, repo: &Repo, effect: &Effect) -> Result<(), EngineError> {
        let to = self.delivery(row, repo);
        if late::may_undo_others(effect) {
            return late::redo_what_was_undone(&to, effect).await;
        }
        if effect.creates() {
            late::is_shown(&to, effect).await?;
        }
        Ok(())
    }

    /// The repository where it takes place, as it is called now.
    async fn repo_of(&self, row: &Row) -> Result<Option<Repo>, Error> {
        match row.lane.repo() {
            Some(id) => self.ctx.ledger.read(move |conn| repos::name(conn, id)).await,
            None => Ok(None),
        }
    }

    fn delivery<'a>(&'a self, row: &'a Row, repo: &'a Repo) -> EffectDelivery<'a> {
        let Self { ctx, identity, incidents, policies, new_labels, merge_turns, .. } = self;
        EffectDelivery { ctx, identity, incidents, policies, new_labels, merge_turns, row, repo }
    }
}
