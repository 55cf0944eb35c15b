//! Gathers what handlers need to know: from the ledger, and from Gitea only what is needed.

mod backlog;
mod circle_search;
mod dependencies;
mod people;

use std::collections::HashMap;
use std::sync::Arc;

use circle_search::DependencyReads;

use super::accounts::Accounts;
use super::audience::Audiences;
use super::context::Context;
use super::error::EngineError;
use super::permissions::PermissionReader;
use super::planner::Planner;
use crate::core::command::value::IssueRef;
use crate::core::effect::LabelScope;
use crate::core::handlers::{Needs, OtherThread, Snapshot};
use crate::core::model::account::Account;
use crate::core::model::dependency;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::{PastCommand, ThreadState};
use crate::gitea::Error;
use crate::store::{audit, controls, tasks, threads};

/// How many of the latest commands a status shows.
const RECENT: u32 = 5;

/// What handlers look at.
pub(super) struct Snapshots {
    ctx: Context,
    accounts: Arc<Accounts>,
    permissions: Arc<PermissionReader>,
    planner: Arc<Planner>,
}

impl Snapshots {
    pub(super) fn new(
        ctx: Context,
        accounts: Arc<Accounts>,
        permissions: Arc<PermissionReader>,
        planner: Arc<Planner>,
    ) -> Self {
        Self { ctx, accounts, permissions, planner }
    }

    /// All that is needed for the commands of `inbound`.
    pub(super) async fn gather(
        &self,
        inbound: &InboundText,
        needs: &Needs,
        state: ThreadState,
        own: &Account,
    ) -> Result<Snapshot, EngineError> {
        let thread = inbound.thread();
        let now = self.ctx.now();
        let (recent, pending, fleet) = self
            .ctx
            .ledger
            .read(move |conn| {
                let pending = tasks::relabel(conn, thread, LabelScope::Priority.name())?;
                Ok((audit::recent(conn, thread, RECENT)?, pending, controls::at(conn, now)?))
            })
            .await?;
        let name = &inbound.repo.name;
        let item = match needs.item {
            true => Some(self.ctx.gitea.issue(name, inbound.number).await?),
            false => None,
        };
        let assignable = match needs.assignable {
            true => self.ctx.gitea.assignable(name).await?.into_iter().map(|a| a.login).collect(),
            false => Vec::new(),
        };
        let mut reads = DependencyReads::default();
        let blockers = match needs.blockers {
            true => self.visible_blockers(inbound, (name, thread), &mut reads).await?,
            false => None,
        };
        let mut targets = HashMap::new();
        for reference in &needs.targets {
            if let Some(target) = self.target(inbound, reference, &mut reads).await? {
                targets.insert(reference.clone(), target);
            }
        }
        let to_wait_for = needs.circles.iter().filter_map(|reference| targets.get(reference));
        let circles = self.circles(inbound, to_wait_for.collect(), &mut reads).await?;
        let repos = self.pausable(inbound, &needs.repos).await?;
        let backlog = match &needs.backlog {
            Some(look) => self.backlog_facts(inbound, look, &targets, &repos).await?,
            None => None,
        };
        Ok(Snapshot {
            now,
            zone: self.ctx.policy.zone.clone(),
            own: own.login.clone(),
            people: self.accounts.people(),
            agents: self.ctx.policy.agents.clone(),
            fleet,
            item,
            assignable,
            blockers,
            targets,
            circles,
            accounts: self.candidates(&needs.accounts).await?,
            repos,
            backlog,
            digests: self.digests(inbound, &needs.digests, now).await?,
            state,
            recent,
            pending,
        })
    }

    async fn remembered(
        &self,
        thread: ThreadId,
    ) -> Result<(ThreadState, Vec<PastCommand>), EngineError> {
        let both = self.ctx.ledger.read(move |conn| {
            Ok((threads::state(conn, thread)?, audit::recent(conn, thread, RECENT)?))
        });
        Ok(both.await?)
    }

    /// Another thread, if it exists and everybody who reads this one may know of it.
    async fn target(
        &self,
        inbound: &InboundText,
        reference: &IssueRef,
        reads: &mut DependencyReads,
    ) -> Result<Option<OtherThread>, EngineError> {
        let name = reference.repo.as_ref().unwrap_or(&inbound.repo.name);
        let Some(repo) = self.nameable(inbound, name).await? else { return Ok(None) };
        let here = repo.id == inbound.repo.id;
        let same_readers = dependency::same_readers(&inbound.repo, &repo);
        let watched = self.ctx.policy.watch.covers(&repo.name);
        let item = match self.ctx.gitea.issue(&repo.name, reference.number).await {
            Ok(item) => item,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let thread = ThreadId { repo: repo.id, number: reference.number };
        let blockers = self.visible_blockers(inbound, (&repo.name, thread), reads).await?;
        let blockers = blockers.unwrap_or_default();
        let (state, recent) = self.remembered(thread).await?;
        let repo = repo.name;
        let target = OtherThread {
            thread,
            repo,
            here,
            same_readers,
            watched,
            item,
            blockers,
            state,
            recent,
        };
        Ok(Some(target))
    }

    /// A repository, if there is one of that name and everybody who reads this thread may know
    /// of it: this one, and public ones.
    pub(super) async fn nameable(
        &self,
        inbound: &InboundText,
        name: &RepoName,
    ) -> Result<Option<Repo>, EngineError> {
        Audiences::new(&self.ctx).nameable(&inbound.repo, name).await
    }
}
