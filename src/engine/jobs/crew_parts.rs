//! What a crew adds to the work of its jobs: what an attempt is told of the plan, and what comes of a
//! plan that was made.

use super::drivers::{JobEvidence, JobOrder, JobResult, Proposed};
use super::forge::LiveForge;
use crate::core::crew::{
    Artifact, CrewAgent, CrewPlan, MANAGER, PlanFault, artifacts, assigned, fixed_plan, held_roles,
    read_plan,
};
use crate::core::jobs::evidence::{Finding, read_result};
use crate::core::jobs::{AgentClaim, CrewPlace, Job, JobId, Purpose, Verdict};
use crate::core::model::issue::Issue;
use crate::core::prompt::{PromptPart, PromptPlan};
use crate::core::scheduling::Depth;
use crate::engine::context::Context;
use crate::engine::repository_policies::RepositoryPolicies;
use crate::store::jobs::{self, StoredAttempt};
use crate::store::{self, Connection};

/// The agents that may work for a crew in the repository of `job`.
///
/// # Errors
/// If the ledger cannot be read.
async fn agents_of(
    ctx: &Context,
    policies: &RepositoryPolicies,
    (job, repo): (&Job, &crate::core::model::repository::Repo),
) -> Result<Vec<CrewAgent>, store::Error> {
    let now = ctx.now();
    let records = ctx.ledger.read(move |conn| jobs::outcomes(conn, now)).await?;
    let agents = ctx.policy.workers.iter().filter_map(|slot| {
        let terms = ctx.policy.jobs.agents.get(&slot.name)?;
        ctx.policy.crew.admits(&slot.name).then_some(())?;
        let admits = |role: &String| {
            policies.admits(repo.id, &slot.name, std::slice::from_ref(role), !job.is_asked_for())
        };
        terms.repositories.covers(&repo.name, !repo.private).then(|| CrewAgent {
            name: slot.name.clone(),
            roles: slot.roles.iter().filter(|role| admits(role)).cloned().collect(),
            family: slot.family.clone(),
            micro_usd: slot.micro_usd,
            fit: records.fit(&slot.name, slot.prior, Depth::Repo(MANAGER, repo.id)).lower,
        })
    });
    Ok(agents.collect())
}

impl LiveForge {
    /// What an attempt that plans is told of what a plan is made of; none if it does not plan.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub(super) async fn plan_to_make(
        &self,
        order: &JobOrder,
    ) -> Result<Option<PromptPlan>, store::Error> {
        let Some(terms) = order.job.spec.crew_terms() else { return Ok(None) };
        let agents = agents_of(&self.ctx, self.policies(), (&order.job, &order.repo)).await?;
        let roles = held_roles(&agents, &terms.roles).into_iter().collect();
        let id = order.job.spec.id;
        let crew = self.ctx.ledger.read(move |conn| store::crews::get(conn, id)).await?;
        let before = crew.and_then(|crew| crew.plan).map(|plan| {
            let told = serde_json::to_string_pretty(&plan.tasks);
            told.unwrap_or_default()
        });
        Ok(Some(PromptPlan { roles, before }))
    }

    /// What an attempt is told of its part in a plan, and of what earlier tasks brought; none if it has
    /// none.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub(super) async fn part_of(
        &self,
        order: &JobOrder,
    ) -> Result<Option<PromptPart>, store::Error> {
        let Some(CrewPlace { crew, task }) = order.job.spec.crew_place() else { return Ok(None) };
        let found = self.ctx.ledger.read(move |conn| part(conn, crew, task)).await?;
        Ok(found.map(|mut part| {
            for one in &mut part.brought {
                one.text = self.ctx.policy.jobs.redactor.redact(&one.text);
            }
            PromptPart { brought: artifacts(part.brought), ..part }
        }))
    }

    /// What comes of a plan that was made for `issue`; `is_edited`: that says something else by now. None
    /// if that cannot be told now.
    pub(super) async fn look_at_plan(
        &self,
        result: &JobResult,
        attempt: &StoredAttempt,
        (issue, is_edited): (Issue, bool),
    ) -> Option<JobEvidence> {
        let job = &result.job;
        let terms = job.spec.crew_terms()?;
        let agents = agents_of(&self.ctx, self.policies(), (job, &result.repo)).await;
        let agents = agents.inspect_err(|error| tracing::warn!(%error, "nothing can be judged"));
        let agents = agents.ok()?;
        let said = attempt.said.as_deref().unwrap_or_default();
        let (verdict, mut findings, plan) = if read_result(said).claim == AgentClaim::Blocked {
            (Verdict::Stuck, vec![Finding::Blocked], None)
        } else {
            judged(said, job, &agents, &terms.roles)
        };
        findings.extend(is_edited.then_some(Finding::IssueEdited));
        let issue = Box::new(issue);
        let proposed = plan.map(|plan| Proposed::Plan { plan: Box::new(plan), issue });
        Some(JobEvidence::of_proposal(job, "plan", (verdict, findings), proposed))
    }
}

type JudgedPlan = (Verdict, Vec<Finding>, Option<CrewPlan>);

/// A plan by which a crew can work; else one more round, and after all of them the usual plan.
fn judged(said: &str, job: &Job, agents: &[CrewAgent], only: &[String]) -> JudgedPlan {
    let roles = held_roles(agents, only);
    let made = read_plan(said, &roles).and_then(|drafts| assigned(drafts, agents));
    let why = match made {
        Ok(plan) => return (Verdict::Pass { ask: false }, Vec::new(), Some(plan)),
        Err(fault) => fault.to_string(),
    };
    if job.past.rounds < job.past.rounds_allowed {
        return (Verdict::Block, vec![Finding::PlanUnfit { why }], None);
    }
    let usual = |without: Option<&str>| -> Result<CrewPlan, PlanFault> {
        let mut roles = roles.clone();
        roles.retain(|role| Some(role.as_str()) != without);
        let drafts = fixed_plan(&roles);
        match drafts.is_empty() {
            true => Err(PlanFault::Empty),
            false => assigned(drafts, agents),
        }
    };
    // Where nobody but the author could review, people do.
    match usual(None).or_else(|_| usual(Some("reviewer"))) {
        Ok(plan) => {
            let plan = CrewPlan { is_fixed: true, ..plan };
            (Verdict::Pass { ask: false }, vec![Finding::FixedPlan { why }], Some(plan))
        }
        Err(_) => (Verdict::Block, vec![Finding::PlanUnfit { why }], None),
    }
}

/// The part of a task, with all that earlier ones brought.
fn part(conn: &Connection, id: JobId, task: u32) -> Result<Option<PromptPart>, store::Error> {
    let Some(crew) = store::crews::get(conn, id)? else { return Ok(None) };
    let Some((planned, _)) = crew.task(task) else { return Ok(None) };
    let mut brought = Vec::new();
    for number in crew.gives_to(task) {
        let Some((before, progress)) = crew.task(number) else { continue };
        let Some(job) = progress.jobs.last().copied() else { continue };
        let Some(record) = jobs::record(conn, job)? else { continue };
        let said = jobs::attempts(conn, job)?.into_iter().rev().find_map(|attempt| attempt.said);
        let words = said.map(|said| read_result(&said).words).unwrap_or_default();
        let text = match (before.purpose(), record.job.past.pull) {
            (Purpose::Code, Some(pull)) => {
                let size = record.change_size().map(|size| format!(", {}", size.said()));
                format!("Pull request #{pull}{}.\n\n{words}", size.unwrap_or_default())
            }
            _ => words,
        };
        if !text.trim().is_empty() {
            let (role, title) = (before.role.clone(), before.title.clone());
            brought.push(Artifact { task: number, role, title, text, is_cut: false });
        }
    }
    let (title, acceptance) = (planned.title.clone(), planned.acceptance.clone());
    Ok(Some(PromptPart { title, acceptance, brought }))
}
