//! A new issue that is a part of an epic, found again by the number that the ledger keeps, else by the marker
//! with which its text ends.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use super::issue::find_marked;
use super::label::label_called;
use super::shown_issue::{if_in_sight, shown_issue};
use super::stored_effect::effect_of;
use crate::core::effect::{Effect, IssueName, LabelScope, MakePart, is_for_parts};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::{Issue, Label};
use crate::core::model::time::Timestamp;
use crate::engine::context::Context;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::Recovery;
use crate::store::outbox::OutboxRow;
use crate::store::{self, Transaction, backlog, made_issues, splits};

impl Deliver for MakePart {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let key = to.row.key.clone();
        let kept = to.ctx.ledger.read(move |conn| made_issues::number_of(conn, &key)).await?;
        match find_marked(to, &self.body, kept).await {
            Ok(found) => Ok(found),
            Err(error) => Err(if_in_sight(to, error).await),
        }
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let epic = match shown_issue(to, to.number()).await? {
            Some(epic) if epic.open => epic,
            Some(_) => return Err(ApplyError::Refused("this one was closed before")),
            None => return Err(ApplyError::Refused("its epic is gone")),
        };
        let (repo, title) = (to.repo.id, self.title.clone());
        let is_there = to.ctx.ledger.read(move |conn| backlog::is_titled(conn, repo, &title));
        // A yes to a new issue is none to a second one of its title.
        if is_there.await? {
            return Err(ApplyError::Refused("an open issue has that title by now"));
        }
        let (mut labels, mut missing) = match &self.labels {
            Some(names) => called(to, &epic, names).await?,
            None => (of_parts(&epic), Vec::new()),
        };
        match self.size_label(to).await? {
            Some(label) => labels.push(label),
            None => missing.push(format!("{}/{}", LabelScope::Size.name(), self.size)),
        }
        // What an earlier try said of it may be over.
        if !missing.is_empty() || to.row.tries > 0 || to.row.is_uncertain() {
            let key = to.row.key.clone();
            to.ctx.ledger.write(move |tx| splits::made_without(tx, &key, &missing)).await?;
        }
        let text = (self.title.as_str(), self.body.as_str());
        let issue = to.ctx.gitea.open_labelled_issue(to.name(), text, &labels).await?;
        Ok(Applied { id: Some(issue.number), written: Some(WriteKind::Text) })
    }
}

impl MakePart {
    /// The label of its size; none where the account may not make one that is missing.
    async fn size_label(&self, to: &EffectDelivery<'_>) -> Result<Option<i64>, ApplyError> {
        match label_called(to, LabelScope::Size, &self.size).await {
            Ok(label) => Ok(Some(label)),
            Err(ApplyError::Forge(error)) if matches!(error.heals(), Recovery::Never) => {
                tracing::warn!(effect = %to.row.key, %error, "made without a label of its size");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The labels of an epic that hold for its parts as well.
fn of_parts(epic: &Issue) -> Vec<i64> {
    let of_parts = epic.labels.iter().filter(|label| is_for_parts(&label.name));
    of_parts.map(|label| label.id).collect()
}

/// The labels that are called so: of the epic, else of the repository or its organisation; and the names of
/// those that are there no more.
async fn called(
    to: &EffectDelivery<'_>,
    epic: &Issue,
    names: &[String],
) -> Result<(Vec<i64>, Vec<String>), ApplyError> {
    let mut known = epic.labels.clone();
    let is_known = |known: &[Label], name: &String| known.iter().any(|label| label.name == *name);
    if !names.iter().all(|name| is_known(&known, name)) {
        known.extend(to.ctx.gitea.labels(to.name()).await?);
        known.extend(to.ctx.gitea.org_labels(to.name().owner()).await?);
    }
    let missing = names.iter().filter(|name| !is_known(&known, name)).cloned();
    let missing: Vec<String> = missing.collect();
    if !missing.is_empty() {
        tracing::warn!(effect = %to.row.key, ?missing, "made without labels that are there no more");
    }
    let found = names.iter().filter_map(|name| known.iter().find(|label| label.name == *name));
    Ok((found.map(|label| label.id).collect(), missing))
}

/// Keeps which issue it became.
pub(super) async fn keep(
    ctx: &Context,
    row: &OutboxRow,
    part: &MakePart,
    number: i64,
) -> Result<(), store::Error> {
    let Some(epic) = row.lane.thread() else { return Ok(()) };
    let (key, issue, by) = (row.key.clone(), ThreadId { number, ..epic }, part.by.clone());
    ctx.ledger.write(move |tx| splits::made(tx, &key, issue, epic.number, &by)).await?;
    crate::crash::point("part_made");
    Ok(())
}

/// Whether a row makes an issue of an epic, or binds one: as long as it is open, nobody begins them.
pub(super) fn is_of_a_split(row: &OutboxRow) -> bool {
    matches!(effect_of(row), Ok(Effect::MakePart(_) | Effect::Bond(_)))
}

/// A row of a split will never be delivered: what waited for it goes on, but for an issue that was to wait
/// for another. `is_over`: the epic is closed or gone, so that it and what was there before waits for nothing
/// that is to come.
pub(super) fn gave_up(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    is_over: bool,
    now: Timestamp,
) -> Result<(), store::Error> {
    if !is_of_a_split(row) {
        return Ok(());
    }
    if let (Ok(Effect::Bond(bond)), Some(epic)) = (effect_of(row), row.lane.thread())
        && !(is_over && matches!(bond.issue, IssueName::Number(_)))
    {
        splits::not_bound(tx, epic, &bond, now)?;
    }
    splits::went_on(tx)
}
