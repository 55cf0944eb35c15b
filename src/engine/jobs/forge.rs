//! The forge, as jobs need it: what an attempt is asked, and what the forge shows of its result.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::drivers::{ForgeCall, JobEvidence, JobForge, JobOrder, JobResult};
use crate::agents::AgentTask;
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::{
    AgentClaim, AttemptEnd, Job, Leased, NeverRan, Origin, ResultJudgement, State, WorkKind,
};
use crate::core::model::account::Account;
use crate::core::prompt::{JobPrompt, PromptLimits, PromptThread, ToldText, WorkMeans};
use crate::engine::context::{AgentTerms, Context};
use crate::engine::evidence::{EvidenceQuery, gather_evidence};
use crate::engine::identity::Identity;
use crate::gitea::{Error, Visibility};
use crate::store::jobs::StoredAttempt;

/// Jobs read and write here by timmy's own account.
pub(in crate::engine) struct LiveForge {
    ctx: Context,
    identity: Arc<Identity>,
    /// The accounts of agents, by the login of the configuration.
    accounts: Mutex<BTreeMap<String, Account>>,
}

impl LiveForge {
    pub(in crate::engine) fn new(ctx: &Context, identity: Arc<Identity>) -> Self {
        Self { ctx: ctx.for_background(), identity, accounts: Mutex::default() }
    }

    fn terms(&self, agent: &str) -> Option<&AgentTerms> {
        self.ctx.policy.jobs.agents.get(agent)
    }

    /// The account of an agent, by the login of the configuration.
    async fn account(&self, login: &str) -> Result<Option<Account>, Error> {
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

    async fn write_task(&self, order: &JobOrder) -> Result<Result<AgentTask, NeverRan>, Error> {
        let Some(terms) = self.terms(&order.agent) else { return Ok(Err(NeverRan::GatewayDown)) };
        let name = &order.repo.name;
        // Who cannot be asked about may do it: then the push tells.
        if self.ctx.gitea.may_write(name, &terms.account).await? == Visibility::No
            && self.ctx.gitea.teams_of_repo(name).await?.is_empty()
        {
            return Ok(Err(NeverRan::NoAccess));
        }
        let listed = self.ctx.gitea.visible_repo(name).await?.entries.into_iter().next();
        let Some(base_branch) = listed.and_then(|listed| listed.default_branch) else {
            return Ok(Err(NeverRan::Moved));
        };
        let Some(base) = self.ctx.gitea.branch(name, &base_branch).await? else {
            tracing::info!(repository = %name, base_branch, "no commit to begin at");
            return Ok(Err(NeverRan::Moved));
        };
        let clone_url = self.ctx.policy.jobs.forge.join(&format!("{name}.git"));
        let Ok(clone_url) = clone_url else { return Ok(Err(NeverRan::Moved)) };
        let job = &order.job;
        let prompt = JobPrompt {
            purpose: job.spec.purpose,
            role: job.spec.role.clone(),
            repository: name.clone(),
            thread: PromptThread {
                number: order.issue.number,
                title: order.issue.title.clone(),
                body: order.issue.body.clone(),
            },
            base_branch: base_branch.clone(),
            base: base.head.clone(),
            branch: order.branch,
            pull: job.past.pull,
            means: match terms.has_tools {
                true => WorkMeans::Tools,
                false => WorkMeans::Git { clone_url: clone_url.clone() },
            },
            limits: PromptLimits { time: terms.timeouts.total, lines: None },
            faults: faults(job),
            earlier: order.earlier.iter().filter_map(earlier).collect(),
            told: order.texts.iter().map(|text| told(job, text)).collect(),
        };
        Ok(Ok(AgentTask {
            key: order.key.clone(),
            purpose: job.spec.purpose,
            repository: name.clone(),
            clone_url,
            base_branch,
            base: base.head,
            branch: order.branch,
            pull: job.past.pull,
            prompt: prompt.text(),
        }))
    }

    async fn look_at(&self, result: &JobResult) -> Result<Option<JobEvidence>, Error> {
        let job = &result.job;
        let Some(attempt) = result.attempts.iter().rev().find(|attempt| attempt.base.is_some())
        else {
            return Ok(None);
        };
        let (Some((base_branch, base)), Some(own), Some(terms)) =
            (&attempt.base, self.identity.known(), self.terms(&attempt.agent))
        else {
            return Ok(None);
        };
        let Some(agent) = self.account(&terms.account).await? else { return Ok(None) };
        let claim = self.claim(attempt.said.as_deref().unwrap_or_default());
        let is_repair = matches!(&job.past.last, Some(Leased { work: WorkKind::Repair(_), .. }));
        let query = EvidenceQuery {
            repo: &result.repo.name,
            thread: job.spec.thread.number,
            purpose: job.spec.purpose,
            branch: job.branch(),
            base_branch,
            base,
            given: job.past.commit.as_ref().filter(|_| is_repair),
            claim: &claim,
            agent: &agent,
            own,
            since: attempt.started_at.unwrap_or(attempt.leased_at),
        };
        let evidence = gather_evidence(&self.ctx.gitea, query).await?;
        let found = evidence.findings;
        Ok(Some(JobEvidence {
            judgement: ResultJudgement {
                look: job.past.look,
                commit: found.commit,
                pull: found.pull,
                verdict: found.verdict,
                digest: found.digest,
            },
            merged: found.merged,
            findings: found.findings,
            head_push: evidence.head_push,
        }))
    }
}

impl JobForge for LiveForge {
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, NeverRan>> {
        Box::pin(self.write_task(order))
    }

    fn claim(&self, text: &str) -> AgentClaim {
        read_result(text).claim
    }

    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(self.look_at(result))
    }
}

/// What is wrong with what there is, for a repair.
fn faults(job: &Job) -> Vec<String> {
    let is_repair = match &job.state {
        State::Preflight(preflight) => preflight.leased.work != WorkKind::Begin,
        _ => false,
    };
    let last = job.past.outcomes.last().filter(|_| is_repair);
    last.map(|outcome| outcome.digest.0.clone()).into_iter().collect()
}

/// What came of an attempt before, in words; nothing of one that never ran.
fn earlier(attempt: &StoredAttempt) -> Option<String> {
    let (_, end) = attempt.ended?;
    let what = match end {
        AttemptEnd::Ended if attempt.left == Some(false) => {
            "said that it was done and left nothing"
        }
        AttemptEnd::Ended => "brought something that was not good enough",
        AttemptEnd::Failed => "failed",
        AttemptEnd::TimedOut(_) => "took too long",
        AttemptEnd::Stopped | AttemptEnd::CutOff => "was stopped",
        AttemptEnd::Lost | AttemptEnd::Uncertain => "was lost: it may still push to its own branch",
        AttemptEnd::Asked => "needed a person",
        AttemptEnd::NeverRan(_) => return None,
    };
    Some(format!("{} {what}", attempt.agent))
}

/// A text for the agent. Who gave the job speaks for those who may command it.
fn told(job: &Job, text: &str) -> ToldText {
    let by = match &job.spec.origin {
        Origin::Person(login) => login.clone(),
        Origin::Match => "an operator".to_owned(),
    };
    ToldText { by, text: text.to_owned() }
}
