//! A new issue that is a part of an epic, found again by the marker with which its text ends.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use super::issue::find_marked;
use super::label::label_called;
use super::stored_effect::effect_of;
use crate::core::effect::{Effect, LabelScope, MakePart};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::engine::context::Context;
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, Recovery};
use crate::store::outbox::OutboxRow;
use crate::store::{self, backlog, splits};

/// The scope of labels that say what an issue is about.
const AREA: &str = "area";

impl Deliver for MakePart {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        find_marked(to, &self.body).await
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let epic = match to.ctx.gitea.issue(to.name(), to.number()).await {
            Ok(epic) if epic.open => epic,
            Ok(_) => return Err(ApplyError::Refused("this one was closed before")),
            Err(Error::NotFound { .. }) => return Err(ApplyError::Refused("its epic is gone")),
            Err(error) => return Err(error.into()),
        };
        let (repo, title) = (to.repo.id, self.title.clone());
        let is_there = to.ctx.ledger.read(move |conn| backlog::is_titled(conn, repo, &title));
        // A yes to a new issue is none to a second one of its title.
        if is_there.await? {
            return Err(ApplyError::Refused("an open issue has that title by now"));
        }
        let mut labels: Vec<i64> = of_parts(&epic);
        labels.extend(self.size_label(to).await?);
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

/// The labels of an epic that hold for its parts as well: how urgent they are, and what they are about.
fn of_parts(epic: &Issue) -> Vec<i64> {
    let holds = |name: &str| {
        let scope = name.split_once('/').map(|(scope, _)| scope);
        LabelScope::Priority.value_of(name).is_some()
            || scope.is_some_and(|scope| scope.eq_ignore_ascii_case(AREA))
    };
    epic.labels.iter().filter(|label| holds(&label.name)).map(|label| label.id).collect()
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
