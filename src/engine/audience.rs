//! Gathers what the readers of a thread may know: the ledger says who could read a repository when
//! it was last heard of, the forge who can now. What follows from it, [`core::policy::audience`]
//! decides.
//!
//! [`core::policy::audience`]: crate::core::policy::audience

use std::collections::BTreeSet;

use super::context::Context;
use super::error::EngineError;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::policy::audience::{Audience, Visible};
use crate::gitea::{Error, Gitea};
use crate::store::{self, Ledger, repos};

/// Asks who reads, and what they may know.
pub(super) struct Audiences<'a> {
    ledger: &'a Ledger,
    gitea: &'a Gitea,
    /// Where the report stands.
    report: Option<&'a RepoName>,
}

impl<'a> Audiences<'a> {
    pub(super) fn new(ctx: &'a Context) -> Self {
        let report = ctx.policy.report.as_ref().map(|report| &report.repository);
        Self { ledger: &ctx.ledger, gitea: &ctx.gitea, report }
    }

    /// Who reads the threads of a repository.
    pub(super) async fn of(&self, here: &Repo) -> Result<Audience, EngineError> {
        let has_report = self.report == Some(&here.name);
        match Audience::of(here, has_report) {
            // Only the forge can tell whether it still is so private.
            Audience::Everything => {
                let private = !self.is_public(here.id).await?;
                Ok(Audience::of(&Repo { private, ..here.clone() }, has_report))
            }
            few => Ok(few),
        }
    }

    /// What may be named to them, as far as the ledger knows.
    pub(super) async fn visible(&self, audience: Audience) -> Result<Visible, store::Error> {
        self.ledger.read(move |conn| repos::visible(conn, audience)).await
    }

    /// Makes sure of those of `repos` of which that is not certain.
    pub(super) async fn ask(
        &self,
        visible: &mut Visible,
        repos: impl IntoIterator<Item = RepoId>,
    ) -> Result<(), EngineError> {
        for repo in visible.unsure(repos) {
            visible.learn(repo, self.is_public(repo).await?);
        }
        Ok(())
    }

    /// The threads that are `wanted` of what may be named, all of them sure.
    pub(super) async fn sure_of(
        &self,
        visible: &mut Visible,
        wanted: impl Fn(&Visible) -> BTreeSet<ThreadId>,
    ) -> Result<BTreeSet<ThreadId>, EngineError> {
        loop {
            let wanted = wanted(visible);
            let unsure = visible.unsure(wanted.iter().map(|thread| thread.repo));
            if unsure.is_empty() {
                return Ok(wanted);
            }
            self.ask(visible, unsure).await?;
        }
    }

    /// The repository called `name`, if there is one that may be named to all who read in `here`.
    pub(super) async fn nameable(
        &self,
        here: &Repo,
        name: &RepoName,
    ) -> Result<Option<Repo>, EngineError> {
        if *name == here.name {
            return Ok(Some(here.clone()));
        }
        match self.gitea.repo(name).await {
            Ok(repo) => Ok(Some(repo).filter(|repo| Audience::Of(here.id).may_name(repo))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn is_public(&self, repo: RepoId) -> Result<bool, EngineError> {
        match self.gitea.repo_by_id(repo).await {
            Ok(repo) => Ok(!repo.private),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
