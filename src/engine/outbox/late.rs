//! A label or an assignee that lands after its write was given up: it may undo what was asked for
//! since.

use super::delivery::{ApplyError, EffectDelivery};
use super::stored_effect::effect_of;
use crate::core::effect::{Effect, SetAssignees};
use crate::core::model::ids::Lane;
use crate::engine::error::EngineError;
use crate::gitea::{Changed, ThreadChange};
use crate::store::outbox::{self, EffectSeq, EffectState, NewEffect, OutboxRow};
use crate::store::{Connection, Error};

/// Whether a write of this effect that lands late may change back what a later one has set.
pub(super) fn may_undo_others(effect: &Effect) -> bool {
    matches!(effect, Effect::Label(_) | Effect::Assign(_))
}

/// Whether one sets what the other sets.
fn sets_the_same(one: &Effect, other: &Effect) -> bool {
    match (one, other) {
        (Effect::Label(one), Effect::Label(other)) => one.scope == other.scope,
        (Effect::Assign(_), Effect::Assign(_)) => true,
        _ => false,
    }
}

/// Whether a change touches what an effect sets.
fn touches(change: &ThreadChange, effect: &Effect) -> bool {
    match (&change.what, effect) {
        (Changed::Label(name), Effect::Label(label)) => label.scope.value_of(name).is_some(),
        (Changed::Assignee(login), Effect::Assign(assignees)) => match assignees {
            SetAssignees::Add { user, .. } | SetAssignees::Remove { user, .. } => {
                user.eq_ignore_ascii_case(login)
            }
            SetAssignees::Clear => true,
        },
        _ => false,
    }
}

/// Looks whether a try at `effect` that was given up landed behind a later effect that sets the
/// same, and undid it: then that is written again. What people did since is left as it is.
pub(super) async fn redo_what_was_undone(
    to: &EffectDelivery<'_>,
    effect: &Effect,
) -> Result<(), EngineError> {
    let (ctx, lane, seq) = (to.ctx, to.row.lane, to.row.seq);
    let given_up = effect.clone();
    let newest = ctx.ledger.read(move |conn| newest_behind(conn, lane, seq, &given_up)).await?;
    let Some((newest, wish)) = newest.filter(|(row, _)| row.state == EffectState::Done) else {
        return Ok(());
    };
    if is_shown(to, &wish).await? || !was_last_to_change(to, &wish).await? {
        return Ok(());
    }
    let (now, undone) = (ctx.now(), newest.key.clone());
    let write = ctx.ledger.write(move |tx| {
        // Something else may have been asked for since.
        if newest_behind(tx, lane, newest.seq, &wish)?.is_some() {
            return Ok(false);
        }
        let (key, payload) = (format!("{}.again", newest.key), newest.payload);
        outbox::push(tx, &NewEffect { key, lane, payload, due_at: now }, now)?;
        Ok(true)
    });
    if write.await? {
        tracing::warn!(
            effect = to.row.key,
            undone,
            "a write that was given up landed late: what it undid is written again"
        );
    }
    Ok(())
}

/// The newest effect of `lane` behind `seq` that sets what `effect` sets.
fn newest_behind(
    conn: &Connection,
    lane: Lane,
    seq: EffectSeq,
    effect: &Effect,
) -> Result<Option<(OutboxRow, Effect)>, Error> {
    let later = outbox::behind(conn, lane, seq)?;
    Ok(later.into_iter().rev().find_map(|row| {
        let later = effect_of(&row).ok()?;
        let is_here = later.elsewhere().is_none_or(|there| lane == Lane::from(there));
        (is_here && sets_the_same(effect, &later)).then_some((row, later))
    }))
}

/// Whether it was this account that changed last what an effect sets.
async fn was_last_to_change(to: &EffectDelivery<'_>, wish: &Effect) -> Result<bool, EngineError> {
    let since = to.row.created_at.before(to.ctx.timing.settle);
    let changes = to.ctx.gitea.changes_since(to.name(), to.number(), since).await?;
    let last = changes.into_iter().flatten().rfind(|change| touches(change, wish));
    let own = to.identity.get().await?.id;
    Ok(last.and_then(|change| change.by).is_some_and(|by| by.id == own))
}

/// Whether the forge shows what an effect wishes.
pub(super) async fn is_shown(
    to: &EffectDelivery<'_>,
    effect: &Effect,
) -> Result<bool, EngineError> {
    match to.find(effect).await {
        Ok(found) => Ok(found.is_some()),
        Err(ApplyError::Forge(error)) => Err(error.into()),
        Err(ApplyError::Ledger(error)) => Err(error.into()),
        Err(ApplyError::NotBefore(..) | ApplyError::Refused(_) | ApplyError::Gone) => Ok(false),
    }
}
