//! The forge, as jobs need it: what an attempt is asked (`task`), and what the forge shows of its
//! result (`result`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::adopted::open_reviews;
use super::drivers::{CannotBegin, ForgeCall, JobEvidence, JobForge, JobOrder, JobResult};
use super::examine::Examiner;
use crate::agents::AgentTask;
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::{AgentClaim, ToldText};
use crate::core::model::account::Account;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::text::TextReader;
use crate::engine::context::{AgentTerms, Context};
use crate::engine::guards::RunningGuards;
use crate::engine::identity::Identity;
use crate::engine::permissions::PermissionReader;
use crate::engine::repository_policies::RepositoryPolicies;
use crate::gitea::Error;

/// Jobs read and write here by timmy's own account.
pub(in crate::engine) struct LiveForge {
    pub(super) ctx: Context,
    pub(super) identity: Arc<Identity>,
    permissions: Arc<PermissionReader>,
    /// The accounts of agents, by the login of the configuration.
    accounts: Mutex<BTreeMap<String, Account>>,
    policies: Arc<RepositoryPolicies>,
    pub(super) examiner: Examiner,
}

impl LiveForge {
    pub(in crate::engine) fn new(
        ctx: &Context,
        (identity, permissions): (Arc<Identity>, Arc<PermissionReader>),
        reader: Arc<TextReader>,
        (running, policies): (Arc<RunningGuards>, Arc<RepositoryPolicies>),
    ) -> Self {
        let ctx = ctx.for_background();
        let examiner = Examiner::new(&ctx, reader, (running, policies.clone()));
        Self { ctx, identity, permissions, policies, accounts: Mutex::default(), examiner }
    }

    pub(super) fn policies(&self) -> &RepositoryPolicies {
        &self.policies
    }

    pub(super) fn terms(&self, agent: &str) -> Option<&AgentTerms> {
        self.ctx.policy.jobs.agents.get(agent)
    }

    /// The account of an agent, by the login of the configuration.
    pub(super) async fn account(&self, login: &str) -> Result<Option<Account>, Error> {
        let known = |accounts: &BTreeMap<String, Account>| accounts.get(login).cloned();
        let known = known(&self.accounts.lock().unwrap_or_else(PoisonError::into_inner));
        if known.is_some() {
            return Ok(known);
        }
        let account = self.ctx.gitea.account(login).await?;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.extend(account.clone().map(|account| (login.to_owned(), account)));
        Ok(account)
    }
}

impl JobForge for LiveForge {
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, CannotBegin>> {
        Box::pin(self.write_task(order))
    }

    fn is_red<'a>(&'a self, repo: &'a Repo) -> ForgeCall<'a, Option<bool>> {
        Box::pin(self.looks_red(repo))
    }

    fn claim(&self, text: &str) -> AgentClaim {
        read_result(text).claim
    }

    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(async {
            match self.examiner.still_waits(result).await? {
                true => Ok(None),
                false => self.look_at(result).await,
            }
        })
    }

    fn reviews<'a>(
        &'a self,
        pull: (&'a Repo, i64),
        until: Timestamp,
    ) -> ForgeCall<'a, Vec<(i64, ToldText)>> {
        Box::pin(open_reviews(&self.ctx, &self.permissions, pull, until))
    }

    fn examine<'a>(
        &'a self,
        result: &'a JobResult,
        evidence: JobEvidence,
    ) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(self.examiner.examine(result, evidence))
    }
}
