//! What an attempt is asked, and on which terms it begins, unless anything on the forge speaks against it.

use super::access::{AgentAccess, by_rights, by_token};
use super::adopted::{AdoptedPull, adopted_pull};
use super::base::{Base, base_of, health_of};
use super::drivers::{CannotBegin, JobOrder, OrderSubject};
use super::forge::LiveForge;
use super::review_task::{ReviewTask, review_task};
use super::task_parts::{begin_of, earlier, faults, permission, red_checks, told_subject};
use crate::agents::AgentTask;
use crate::config::EffectivePolicy;
use crate::core::command::value::Level;
use crate::core::jobs::NeverRan;
use crate::core::model::commit_status::BranchHealth;
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::prompt::{JobPrompt, PromptLimits, WorkMeans};
use crate::core::scheduling::IssueLabels;
use crate::engine::context::{AgentTerms, WorksBy};
use crate::gitea::{Error, PullState, VisibleRepo};

impl LiveForge {
    pub(super) async fn write_task(
        &self,
        order: &JobOrder,
    ) -> Result<Result<AgentTask, CannotBegin>, Error> {
        let (begin, terms) = match self.preflight(order).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let adopted = match order.branch.is_adopted() {
            true => match adopted_pull(&self.ctx, order, &begin).await? {
                Ok(adopted) => Some(adopted),
                Err(why) => return Ok(Err(why)),
            },
            false => None,
        };
        let review = match order.job.spec.purpose.is_review() {
            true => match review_task(&self.ctx, order, terms.works_by).await? {
                Ok(review) => Some(review),
                Err(why) => return Ok(Err(why)),
            },
            false => None,
        };
        let target = adopted.as_ref().map_or(&begin.head, |adopted| &adopted.target.head);
        let target = review.as_ref().and_then(|review| review.target.as_ref()).unwrap_or(target);
        let own = self.policies().at(&order.repo, target).await?;
        if let Some(words) = own.refusal(&order.agent, &order.job.spec.role, is_by_itself(order)) {
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let begins_by_itself = order.job.spec.claims_by_card && order.job.past.ran.is_empty();
        if begins_by_itself && is_by_itself(order) && own.only_suggests() {
            let words = ".timmy.toml there wants nothing to start by itself".to_owned();
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let EffectivePolicy { instructions, .. } = own.tightened(&self.ctx.policy);
        let (review, at_review) = match review {
            Some(ReviewTask { begin, told, .. }) => (Some(told), Some(begin)),
            None => (None, None),
        };
        let (begin, wrong, checks) = match (adopted, at_review) {
            (Some(AdoptedPull { begin, faults, checks, .. }), _) => (begin, faults, checks),
            (None, Some(begin)) => (begin, Vec::new(), Vec::new()),
            (None, None) => {
                let begin = begin_of(&order.job, begin, terms.works_by);
                (begin, Vec::new(), red_checks(order))
            }
        };
        let Base { branch: base_branch, head: base } = begin;
        let name = &order.repo.name;
        let clone_url = self.ctx.policy.jobs.forge.join(&format!("{name}.git"));
        let Ok(clone_url) = clone_url else { return Ok(Err(NeverRan::Moved.into())) };
        let job = &order.job;
        let known = async {
            let split = self.split_to_make(order).await?;
            Ok((self.plan_to_make(order).await?, self.part_of(order).await?, split))
        };
        let known: Result<_, crate::store::Error> = known.await;
        let Ok((plan, part, split)) = known else { return Ok(Err(NeverRan::Moved.into())) };
        let prompt = JobPrompt {
            purpose: job.spec.purpose,
            role: job.spec.role.clone(),
            repository: name.clone(),
            about: told_subject(&order.about),
            answers: order.answers.clone(),
            base_branch: base_branch.clone(),
            base: base.clone(),
            branch: order.branch.clone(),
            pull: job.past.pull,
            means: match terms.works_by {
                WorksBy::Tools => WorkMeans::Tools,
                WorksBy::Clone => WorkMeans::Clone,
                WorksBy::Pushing => WorkMeans::Git { clone_url: clone_url.clone() },
            },
            limits: PromptLimits { time: terms.timeouts.total, lines: None },
            faults: faults(order).into_iter().chain(wrong).collect(),
            red_checks: checks,
            permissions: order.permissions.iter().map(permission).collect(),
            earlier: earlier(order),
            told: order.texts.clone(),
            instructions,
            review,
            plan,
            split,
            part,
        };
        Ok(Ok(AgentTask {
            key: order.key.clone(),
            purpose: job.spec.purpose,
            repository: name.clone(),
            clone_url,
            base_branch,
            base,
            branch: order.branch.clone(),
            pull: job.past.pull,
            prompt: prompt.text(),
        }))
    }

    /// What the work begins at and on which terms, unless anything on the forge speaks against it.
    async fn preflight(
        &self,
        order: &JobOrder,
    ) -> Result<Result<(Base, &AgentTerms), CannotBegin>, Error> {
        let Some(terms) = self.terms(&order.agent) else {
            return Ok(Err(NeverRan::GatewayDown.into()));
        };
        if let Some(merged) = self.merged(order).await? {
            return Ok(Err(merged));
        }
        let name = &order.repo.name;
        let listed = self.ctx.gitea.visible_repo(name).await?.entries.into_iter().next();
        let Some(listed) = listed else { return Ok(Err(NeverRan::Moved.into())) };
        let (access, base) = tokio::try_join!(
            self.access(order, terms, &listed),
            base_of(&self.ctx.gitea, name, &listed)
        )?;
        let access = match access {
            AgentAccess::Unknown
                if order.left_before == Some(false) && !self.is_listed(name, terms).await? =>
            {
                AgentAccess::No(format!(
                    "nobody can tell whether {} may work in {name}, and what it was given there \
                     left nothing: look at its rights there",
                    terms.account
                ))
            }
            access => access,
        };
        if let AgentAccess::No(words) = access {
            return Ok(Err(CannotBegin::NoAccess(words)));
        }
        let base = match base {
            Ok(base) => base,
            Err(words) => return Ok(Err(CannotBegin::NoDefaultBranch(words))),
        };
        if !order.job.is_asked_for()
            && !is_p0(&order.about)
            && health_of(&self.ctx.gitea, name, &base).await == BranchHealth::Red
        {
            return Ok(Err(NeverRan::RedBranch.into()));
        }
        Ok(Ok((base, terms)))
    }

    /// Whether the agent is among those who can be assigned there. Some servers list readers as
    /// well: what that costs is an attempt, and no right comes of it.
    async fn is_listed(&self, name: &RepoName, terms: &AgentTerms) -> Result<bool, Error> {
        let listed = self.ctx.gitea.assignable(name).await?;
        Ok(listed.iter().any(|account| account.login.eq_ignore_ascii_case(&terms.account)))
    }

    /// Whether the job's pull request, or one that closes its issue, was merged meanwhile.
    async fn merged(&self, order: &JobOrder) -> Result<Option<CannotBegin>, Error> {
        let own = order.job.past.pull;
        let linked = order.linked.iter().copied().filter(|number| Some(*number) != own);
        for number in own.into_iter().chain(linked) {
            let Some(pull) = self.ctx.gitea.pull(&order.repo.name, number).await? else { continue };
            let PullState::Merged { commit, by } = pull.state else { continue };
            return Ok(Some(match own == Some(number) {
                true => {
                    let commit = commit.unwrap_or(pull.head);
                    let into = &pull.base_branch;
                    CannotBegin::Merged(self.ctx.policy.merge(commit, by.as_ref(), into))
                }
                false => NeverRan::Moved.into(),
            }));
        }
        Ok(None)
    }

    /// Whether the account that does the work may do it there.
    async fn access(
        &self,
        order: &JobOrder,
        terms: &AgentTerms,
        seen_by_timmy: &VisibleRepo,
    ) -> Result<AgentAccess, Error> {
        let at = (terms.account.as_str(), &order.repo.name);
        let purpose = order.job.spec.purpose;
        match (&terms.own, self.identity.known()) {
            (Some(own), _) => by_token(own, purpose, at).await,
            // Without a token of its own, timmy writes for it.
            (None, Some(timmy)) if terms.works_by != WorksBy::Pushing => {
                let timmy = (timmy.login.as_str(), &order.repo.name);
                Ok(AgentAccess::of(seen_by_timmy.permissions, purpose, timmy))
            }
            (None, Some(timmy)) => by_rights(&self.ctx.gitea, purpose, at, &timmy.login).await,
            (None, None) => Ok(AgentAccess::Unknown),
        }
    }

    pub(super) async fn looks_red(&self, repo: &Repo) -> Result<Option<bool>, Error> {
        let name = &repo.name;
        let listed = self.ctx.gitea.visible_repo(name).await?.entries.into_iter().next();
        let Some(listed) = listed else { return Ok(None) };
        let Ok(base) = base_of(&self.ctx.gitea, name, &listed).await? else { return Ok(None) };
        Ok(match health_of(&self.ctx.gitea, name, &base).await {
            BranchHealth::Red => Some(true),
            BranchHealth::Good => Some(false),
            BranchHealth::CouldNotTell => None,
        })
    }
}

fn is_by_itself(order: &JobOrder) -> bool {
    !order.job.is_asked_for()
}

fn is_p0(about: &OrderSubject) -> bool {
    let OrderSubject::Issue(issue) = about else { return false };
    IssueLabels::of_issue(issue).priority == Some(Level::P0)
}
