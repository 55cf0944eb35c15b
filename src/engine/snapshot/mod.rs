//! Gathers what handlers need to know: from the ledger, and from Gitea only what is needed.

mod adoptable;
mod agents;
mod backlog;
mod closed_threads;
mod decisions;
mod dependencies;
mod jobs;
mod people;
mod review;

use std::collections::HashMap;
use std::sync::Arc;

use super::accounts::Accounts;
use super::audience::Audiences;
use super::circle_search::DependencyReads;
use super::context::Context;
use super::deleted;
use super::error::EngineError;
use super::jobs::Fleet;
use super::permissions::PermissionReader;
use super::planner::Planner;
use crate::core::command::value::IssueRef;
use crate::core::effect::LabelScope;
use crate::core::handlers::{Needs, OtherThread, Quotes, Snapshot};
use crate::core::model::account::Account;
use crate::core::model::dependency;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::{PastCommand, ThreadState};
use crate::core::scheduling::Ineligible;
use crate::gitea::Error;
use crate::store::{self, Connection, audit, controls, tasks, threads};

/// How many of the latest commands a status shows.
const RECENT: u32 = 5;

/// How many threads are asked for in search of circles, for all lines of a text together. Of one that is
/// longer than this search whoever asked is told.
const MOST_READS: usize = 50;

/// What handlers look at.
pub(super) struct Snapshots {
    ctx: Context,
    accounts: Arc<Accounts>,
    permissions: Arc<PermissionReader>,
    planner: Arc<Planner>,
    fleet: Arc<Fleet>,
}

impl Snapshots {
    pub(super) fn new(
        ctx: Context,
        accounts: Arc<Accounts>,
        permissions: Arc<PermissionReader>,
        (planner, fleet): (Arc<Planner>, Arc<Fleet>),
    ) -> Self {
        Self { ctx, accounts, permissions, planner, fleet }
    }

    /// All that is needed for the commands of `inbound`, which `actor` gave.
    pub(super) async fn gather(
        &self,
        inbound: &InboundText,
        needs: &Needs,
        (own, actor): (&Account, &Account),
    ) -> Result<Snapshot, EngineError> {
        let thread = inbound.thread();
        let now = self.ctx.now();
        let name = &inbound.repo.name;
        let item = match needs.item {
            true => Some(self.ctx.gitea.issue(name, inbound.number).await?),
            false => None,
        };
        self.look_before_quoting(needs.quotes, name, thread).await?;
        let (state, recent, pending, fleet) = self
            .ctx
            .ledger
            .read(move |conn| {
                let pending = tasks::relabel(conn, thread, LabelScope::Priority.name())?;
                let (state, recent) = remembered(conn, thread)?;
                Ok((state, recent, pending, controls::at(conn, now)?))
            })
            .await?;
        let assignable = self.assignable_here(inbound, needs).await?;
        let mut reads = DependencyReads::at_most(MOST_READS);
        let blockers = match needs.blockers {
            true => self.visible_blockers(inbound, (name, thread), &mut reads).await?,
            false => None,
        };
        let mut targets = HashMap::new();
        for reference in &needs.targets {
            if let Some(target) = self.target(inbound, reference, needs.quotes, &mut reads).await? {
                targets.insert(reference.clone(), target);
            }
        }
        self.assignable_there(inbound, needs, &mut targets).await?;
        let to_wait_for = needs.circles.iter().filter_map(|reference| targets.get(reference));
        let circles = self.circles(inbound, to_wait_for.collect(), &mut reads).await?;
        let repos = self.pausable(inbound, &needs.repos).await?;
        let backlog = match &needs.backlog {
            Some(look) => self.backlog_facts(inbound, look, &targets, &repos).await?,
            None => None,
        };
        let mut jobs = self.job_facts(inbound, &needs.jobs, &targets, actor).await?;
        let decisions =
            self.decision_facts(inbound, &needs.decisions, &mut jobs, (own, actor)).await?;
        let scripts = &self.ctx.policy.guards.scripts;
        Ok(Snapshot {
            now,
            zone: self.ctx.policy.zone.clone(),
            own: own.login.clone(),
            people: self.accounts.people(),
            agents: self.ctx.policy.agents.clone(),
            scripts: scripts.iter().map(|script| script.name.to_string()).collect(),
            views: match needs.agents {
                true => self.agent_views(name, &own.login).await?,
                false => HashMap::new(),
            },
            fleet,
            item,
            assignable,
            blockers,
            targets,
            circles,
            accounts: self.candidates(&needs.accounts).await?,
            repos,
            backlog,
            jobs,
            decisions,
            review: self.review_facts(inbound, needs.review.as_ref(), actor).await?,
            digests: self.digests(inbound, &needs.digests, now).await?,
            state,
            recent,
            pending,
        })
    }

    /// What an answer tells again was not deleted meanwhile, or is forgotten.
    async fn look_before_quoting(
        &self,
        quotes: Quotes,
        repo: &RepoName,
        thread: ThreadId,
    ) -> Result<(), EngineError> {
        match quotes {
            Quotes::Nothing => Ok(()),
            Quotes::Reason => deleted::look_before_quoting(&self.ctx, repo, thread, 0).await,
            Quotes::Commands => deleted::look_before_quoting(&self.ctx, repo, thread, RECENT).await,
        }
    }

    /// Another thread, if it exists and everybody who reads this one may know of it.
    async fn target(
        &self,
        inbound: &InboundText,
        reference: &IssueRef,
        quotes: Quotes,
        reads: &mut DependencyReads,
    ) -> Result<Option<OtherThread>, EngineError> {
        let name = reference.repo.as_ref().unwrap_or(&inbound.repo.name);
        let Some(repo) = self.nameable(inbound, name).await? else { return Ok(None) };
        let here = repo.id == inbound.repo.id;
        let same_readers = dependency::same_readers(&inbound.repo, &repo);
        let left_out = self.left_out(&repo).await?;
        let item = match self.ctx.gitea.issue(&repo.name, reference.number).await {
            Ok(item) => item,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let thread = ThreadId { repo: repo.id, number: reference.number };
        let blockers = self.visible_blockers(inbound, (&repo.name, thread), reads).await?;
        let blockers = blockers.unwrap_or_default();
        self.look_before_quoting(quotes, &repo.name, thread).await?;
        let (state, recent) = self.ctx.ledger.read(move |conn| remembered(conn, thread)).await?;
        let repo = repo.name;
        let target = OtherThread {
            thread,
            repo,
            here,
            same_readers,
            left_out,
            item,
            assignable: Vec::new(),
            blockers,
            state,
            recent,
        };
        Ok(Some(target))
    }

    /// Why nothing is handed out in a repository, if so.
    async fn left_out(&self, repo: &Repo) -> Result<Option<Ineligible>, EngineError> {
        if !self.ctx.policy.watch.covers(&repo.name) {
            return Ok(Some(Ineligible::RepoNotWatched));
        }
        let archived = self.ctx.ledger.read(store::backlog::archived).await?;
        Ok(archived.contains(&repo.id).then_some(Ineligible::RepoArchived))
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

/// What people said about a thread as a whole, and its latest commands.
fn remembered(
    conn: &Connection,
    thread: ThreadId,
) -> Result<(ThreadState, Vec<PastCommand>), store::Error> {
    Ok((threads::state(conn, thread)?, audit::recent(conn, thread, RECENT)?))
}
