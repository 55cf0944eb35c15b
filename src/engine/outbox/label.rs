//! At most one label of a scope: what the forge shows is read, and only the difference is written.

use super::delivery::{ApplyError, Deliver, EffectDelivery};
use crate::core::effect::{Condition, LabelScope, SetLabel};
use crate::core::model::issue::{Issue, Label};
use crate::engine::incidents::WriteKind;
use crate::engine::try_result::Applied;
use crate::gitea::{Error, NewLabel, WriteOutcome};

/// The labels to add and to remove.
struct Difference<'a> {
    /// The value for which the thread needs a label.
    add: Option<&'a str>,
    /// The ids of the labels that it loses.
    remove: Vec<i64>,
}

impl SetLabel {
    fn difference(&self, item: &Issue) -> Difference<'_> {
        let held = || item.labels.iter().filter(|label| self.scope.value_of(&label.name).is_some());
        if let Condition::Still(value) = &self.condition
            && self.scope.value_among(held().map(|l| l.name.as_str())) != value.as_deref()
        {
            return Difference { add: None, remove: Vec::new() };
        }
        let is_wanted = |label: &&Label| self.scope.value_of(&label.name) == self.value.as_deref();
        Difference {
            add: self.value.as_deref().filter(|_| !held().any(|label| is_wanted(&label))),
            remove: held().filter(|label| !is_wanted(label)).map(|label| label.id).collect(),
        }
    }
}

impl Deliver for SetLabel {
    async fn find(&self, to: &EffectDelivery<'_>) -> Result<Option<Applied>, ApplyError> {
        let item = to.ctx.gitea.issue(to.name(), to.number()).await?;
        let Difference { add, remove } = self.difference(&item);
        Ok((add.is_none() && remove.is_empty()).then(|| Applied::written(WriteKind::Setting)))
    }

    async fn apply(&self, to: &EffectDelivery<'_>) -> Result<Applied, ApplyError> {
        let gitea = &to.ctx.gitea;
        let item = gitea.issue(to.name(), to.number()).await?;
        let Difference { add, remove } = self.difference(&item);
        if let Some(value) = add {
            let label = label_called(to, self.scope, value).await?;
            gitea.add_label(to.name(), to.number(), label).await?;
        }
        for label in remove {
            match gitea.remove_label(to.name(), to.number(), label).await {
                // An exclusive label has pushed it out already.
                Ok(()) | Err(Error::NotFound { .. } | Error::Unprocessable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Applied::written(WriteKind::Setting))
    }
}

/// The id of a label, of the repository or its organisation; made if missing.
///
/// Gitea makes a second label of the same name without complaint, so only one search at a time may
/// end in making one, and none as long as one of an earlier request may appear.
pub(super) async fn label_called(
    to: &EffectDelivery<'_>,
    scope: LabelScope,
    value: &str,
) -> Result<i64, ApplyError> {
    let (ctx, name) = (to.ctx, to.name());
    let mut none_before = to.new_labels.lock().await;
    let is_it = |label: &Label| scope.value_of(&label.name) == Some(value);
    if let Some(label) = ctx.gitea.labels(name).await?.into_iter().find(is_it) {
        return Ok(label.id);
    }
    if let Some(label) = ctx.gitea.org_labels(name.owner()).await?.into_iter().find(is_it) {
        return Ok(label.id);
    }
    if ctx.now() < *none_before {
        let reason = "a label of that name may be about to appear";
        return Err(ApplyError::NotBefore(*none_before, reason));
    }
    let new = NewLabel {
        name: format!("{}/{value}", scope.name()),
        color: format!("#{}", scope.colour(value)),
        description: String::new(),
        exclusive: true,
    };
    match ctx.gitea.create_label(name, &new).await {
        Ok(label) => Ok(label.id),
        Err(error) => {
            if error.fate() == WriteOutcome::Open {
                *none_before = ctx.now().after(ctx.timing.settle);
            }
            Err(error.into())
        }
    }
}
