//! Wishes: what the forge shows is read, and only the difference is written.

use super::Engine;
use crate::core::effect::{Condition, LabelScope, SetAssignees, SetLabel};
use crate::core::model::ids::RepoName;
use crate::core::model::issue::Label;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, NewLabel, WriteOutcome};

/// Why a wish did not come true.
pub(super) enum ApplyError {
    /// The forge.
    Forge(Error),
    /// It takes a new label, and none is to be made before this moment.
    NotBefore(Timestamp),
    /// It would show a title to people who may not read it.
    ReadersDiffer,
}

impl From<Error> for ApplyError {
    fn from(error: Error) -> Self {
        Self::Forge(error)
    }
}

impl Engine {
    /// Sees to it that a thread holds exactly the wished label of a scope.
    pub(super) async fn label(
        &self,
        name: &RepoName,
        number: i64,
        wish: &SetLabel,
    ) -> Result<(), ApplyError> {
        let item = self.gitea.issue(name, number).await?;
        let scope = wish.scope;
        let held: Vec<&Label> =
            item.labels.iter().filter(|label| scope.value_of(&label.name).is_some()).collect();
        if let Condition::Still(value) = &wish.condition
            && scope.value_among(held.iter().map(|l| l.name.as_str())) != value.as_deref()
        {
            return Ok(());
        }
        let is_wanted = |label: &Label| scope.value_of(&label.name) == wish.value.as_deref();
        if let Some(value) = &wish.value
            && !held.iter().any(|label| is_wanted(label))
        {
            let label = self.label_called(name, scope, value).await?;
            self.gitea.add_label(name, number, label).await?;
        }
        for label in held.iter().filter(|label| !is_wanted(label)) {
            match self.gitea.remove_label(name, number, label.id).await {
                // An exclusive label has pushed it out already.
                Ok(()) | Err(Error::NotFound { .. } | Error::Unprocessable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The id of a label, of the repository or its organisation; made if missing.
    ///
    /// Gitea makes a second label of the same name without complaint, so only one search at a
    /// time may end in making one, and none as long as one of an earlier request may appear.
    async fn label_called(
        &self,
        name: &RepoName,
        scope: LabelScope,
        value: &str,
    ) -> Result<i64, ApplyError> {
        let mut none_before = self.labels_not_before.lock().await;
        let is_it = |label: &Label| scope.value_of(&label.name) == Some(value);
        if let Some(label) = self.gitea.labels(name).await?.into_iter().find(is_it) {
            return Ok(label.id);
        }
        if let Some(label) = self.gitea.org_labels(name.owner()).await?.into_iter().find(is_it) {
            return Ok(label.id);
        }
        if self.clock.now() < *none_before {
            return Err(ApplyError::NotBefore(*none_before));
        }
        let new = NewLabel {
            name: format!("{}/{value}", scope.name()),
            color: format!("#{}", scope.colour(value)),
            description: String::new(),
            exclusive: true,
        };
        match self.gitea.create_label(name, &new).await {
            Ok(label) => Ok(label.id),
            Err(error) => {
                if error.fate() == WriteOutcome::Open {
                    *none_before = self.clock.now().after(self.settle);
                }
                Err(error.into())
            }
        }
    }

    /// Sees to it that the wished people are assigned, and nobody is lost on the way.
    pub(super) async fn assign(
        &self,
        name: &RepoName,
        number: i64,
        wish: &SetAssignees,
    ) -> Result<(), ApplyError> {
        let item = self.gitea.issue(name, number).await?;
        let present: Vec<String> = item.assignees.into_iter().map(|a| a.login).collect();
        let wanted = wish.wanted(&present);
        if wanted == present {
            return Ok(());
        }
        let logins: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let then = self.gitea.set_assignees(name, number, &logins).await?;
        // Gitea takes the request and leaves everything as it was if the account may not write.
        if then.assignees.len() == wanted.len() {
            Ok(())
        } else {
            let message = "my account may not change assignees".to_owned();
            Err(Error::Forbidden { message }.into())
        }
    }
}
