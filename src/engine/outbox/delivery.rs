//! What each kind of outward write has to say: how it is found on the forge, and how it is written.

use std::pin::Pin;

use super::merge_turns::MergeTurns;
use super::new_labels::NewLabels;
use crate::core::effect::Effect;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::identity::Identity;
use crate::engine::incidents::Incidents;
use crate::engine::repository_policies::RepositoryPolicies;
use crate::engine::try_result::Applied;
use crate::gitea;
use crate::store::Error;
use crate::store::outbox::OutboxRow as Row;

/// Why an effect could not be looked for, or written.
pub(super) enum ApplyError {
    Forge(gitea::Error),
    Ledger(Error),
    /// It has to wait until then, for this reason.
    NotBefore(Timestamp, &'static str),
    /// It must not be written, for this reason.
    Refused(&'static str),
    /// What it is to change is not there any more.
    Gone,
}

impl From<gitea::Error> for ApplyError {
    fn from(error: gitea::Error) -> Self {
        Self::Forge(error)
    }
}

impl From<Error> for ApplyError {
    fn from(error: Error) -> Self {
        Self::Ledger(error)
    }
}

impl From<EngineError> for ApplyError {
    fn from(error: EngineError) -> Self {
        match error.of_forge() {
            Ok(error) => Self::Forge(error),
            Err(error) => Self::Ledger(error),
        }
    }
}

type Outcome<T> = Result<T, ApplyError>;

/// An effect that is being delivered: what, where, and by what means.
#[derive(Clone, Copy)]
pub(super) struct EffectDelivery<'a> {
    pub(super) ctx: &'a Context,
    pub(super) identity: &'a Identity,
    pub(super) incidents: &'a Incidents,
    pub(super) policies: &'a RepositoryPolicies,
    pub(super) new_labels: &'a NewLabels,
    pub(super) merge_turns: &'a MergeTurns,
    pub(super) row: &'a Row,
    pub(super) repo: &'a Repo,
}

/// How one kind of effect is delivered.
pub(super) trait Deliver: Sync {
    /// Whether the forge shows it already, so that nothing is left to write. Takes back what an
    /// earlier try has written twice.
    fn find(
        &self,
        to: &EffectDelivery<'_>,
    ) -> impl Future<Output = Outcome<Option<Applied>>> + Send;

    fn apply(&self, to: &EffectDelivery<'_>) -> impl Future<Output = Outcome<Applied>> + Send;
}

impl EffectDelivery<'_> {
    pub(super) fn name(&self) -> &RepoName {
        &self.repo.name
    }

    /// The thread; one numbered 0 stands for the repository.
    pub(super) fn thread(&self) -> ThreadId {
        self.row.lane.thread().unwrap_or(ThreadId { repo: self.repo.id, number: 0 })
    }

    pub(super) fn number(&self) -> i64 {
        self.thread().number
    }

    pub(super) async fn find(&self, effect: &Effect) -> Outcome<Option<Applied>> {
        any(effect).find(self).await
    }

    pub(super) async fn apply(&self, effect: &Effect) -> Outcome<Applied> {
        any(effect).apply(self).await
    }
}

/// The code that delivers this effect.
fn any(effect: &Effect) -> &dyn AnyDeliver {
    match effect {
        Effect::Comment(effect) => effect,
        Effect::EditComment(effect) => effect,
        Effect::React(effect) => effect,
        Effect::Label(effect) => effect,
        Effect::Assign(effect) => effect,
        Effect::Dependency(effect) => effect,
        Effect::Issue(effect) => effect,
        Effect::MakePart(effect) => effect,
        Effect::Bond(effect) => effect,
        Effect::SetOpen(effect) => effect,
        Effect::Pin(effect) => effect,
        Effect::ClosePulls(effect) => effect,
        Effect::Status(effect) => effect,
        Effect::AnswerRemarks(effect) => effect,
        Effect::Approve(effect) => effect,
        Effect::WithdrawApproval(effect) => effect,
        Effect::Merge(effect) => effect,
        Effect::PostResult(effect) => effect,
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Outcome<T>> + Send + 'a>>;

trait AnyDeliver: Sync {
    fn find<'a>(&'a self, to: &'a EffectDelivery<'_>) -> Boxed<'a, Option<Applied>>;
    fn apply<'a>(&'a self, to: &'a EffectDelivery<'_>) -> Boxed<'a, Applied>;
}

impl<E: Deliver> AnyDeliver for E {
    fn find<'a>(&'a self, to: &'a EffectDelivery<'_>) -> Boxed<'a, Option<Applied>> {
        Box::pin(Deliver::find(self, to))
    }

    fn apply<'a>(&'a self, to: &'a EffectDelivery<'_>) -> Boxed<'a, Applied> {
        Box::pin(Deliver::apply(self, to))
    }
}
