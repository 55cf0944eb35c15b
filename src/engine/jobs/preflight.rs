//! Whether an agent that has a job can begin; then what it is asked is stored, and that it starts.

use super::Jobs;
use super::drivers::JobOrder;
use super::look::{NextLook, SeenJob, told};
use super::trouble::never_ran;
use crate::agents::{Agent, StoredRequest};
use crate::core::jobs::{CancelReason, JobEvent, NeverRan, Progress};
use crate::core::model::incident::AgentProblem;
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::gitea;
use crate::store::jobs::{self, Lease, LeaseRefusal};
use crate::store::{Error, Transaction};

/// What is found of a job before it begins.
enum Finding {
    Order(Box<JobOrder>),
    /// The issue is open no more.
    Gone,
    /// It cannot be found out now.
    Later,
}

impl Jobs {
    /// Looks whether a job can begin with the agent that it has.
    pub(super) async fn preflight(&self, seen: &SeenJob) -> Result<NextLook, Error> {
        let Some(lease) = seen.lease.clone() else { return Ok(NextLook::Idle) };
        if self.drains() {
            return self.did_not_run(seen, NeverRan::NobodyFree).await;
        }
        let Some(agent) = self.fleet.agent(lease.agent()) else {
            return self.did_not_run(seen, NeverRan::GatewayDown).await;
        };
        match self.health(lease.agent(), &*agent).await? {
            Ok(health) if health.refuses.is_some() => {
                return self.did_not_run(seen, NeverRan::GatewayDown).await;
            }
            Ok(_) => {}
            Err(trouble) => {
                return self.did_not_run(seen, never_ran(&trouble, self.ctx.now())).await;
            }
        }
        match self.order(seen, &lease).await? {
            Finding::Order(order) => self.begin(seen, &lease, &*agent, &order).await,
            Finding::Gone => {
                let gone = JobEvent::Cancel(CancelReason::IssueGone);
                Ok(told(self.tell(seen.id(), gone).await?.is_some()))
            }
            Finding::Later => Ok(self.later(seen)),
        }
    }

    /// What is to be done, by the issue as it is now.
    async fn order(&self, seen: &SeenJob, lease: &Lease) -> Result<Finding, Error> {
        let Some(repo) = seen.repo.clone() else { return Ok(Finding::Later) };
        let issue = match self.issue(&repo, seen.job.spec.thread.number).await {
            Ok(issue) if issue.open => issue,
            Ok(_) | Err(gitea::Error::NotFound { .. }) => return Ok(Finding::Gone),
            Err(error) => {
                self.incidents.met(&error, seen.job.spec.thread).await;
                return Ok(Finding::Later);
            }
        };
        let id = seen.id();
        let read = self
            .ctx
            .ledger
            .read(move |conn| Ok((jobs::texts(conn, id)?, jobs::attempts(conn, id)?)));
        let (texts, mut earlier) = read.await?;
        earlier.retain(|attempt| attempt.fence != lease.fence());
        let unheard = seen.job.past.unheard.iter();
        let unheard = unheard.filter_map(|n| texts.get(usize::try_from(*n).ok()?)).cloned();
        Ok(Finding::Order(Box::new(JobOrder {
            job: seen.job.clone(),
            repo,
            issue,
            agent: lease.agent().to_owned(),
            key: lease.key().to_owned(),
            branch: lease.branch(),
            texts: unheard.collect(),
            earlier,
        })))
    }

    async fn issue(&self, repo: &Repo, number: i64) -> Result<Issue, gitea::Error> {
        self.ctx.gitea.issue(&repo.name, number).await
    }

    /// Stores what the agent is asked, and that it is going to be started.
    async fn begin(
        &self,
        seen: &SeenJob,
        lease: &Lease,
        agent: &dyn Agent,
        order: &JobOrder,
    ) -> Result<NextLook, Error> {
        let Some(forge) = &self.forge else { return Ok(NextLook::Idle) };
        let task = match forge.task(order).await {
            Ok(Ok(task)) => task,
            Ok(Err(why)) => {
                if why == NeverRan::NoAccess {
                    let text = format!(
                        "agent {} may not read or push in {}: give its account write access there",
                        order.agent, order.repo.name
                    );
                    self.agent_problem(&order.agent, AgentProblem::NoAccess, Some(text)).await;
                }
                return self.did_not_run(seen, why).await;
            }
            Err(error) => {
                self.incidents.met(&error, seen.job.spec.thread).await;
                return Ok(self.later(seen));
            }
        };
        let request = agent.prepare(&task);
        let now = self.step_time();
        let view = self.view();
        let view = self.ctx.ledger.read(view).await?;
        let Some(bid) = self.request(lease.agent(), view, now.at) else {
            return self.did_not_run(seen, NeverRan::GatewayDown).await;
        };
        let kept = lease.clone();
        let start = self.ctx.ledger.write(move |tx| {
            keep(tx, &kept, &request)?;
            jobs::start(tx, &kept, &bid, now)
        });
        match start.await? {
            Ok(advanced) => {
                // This process knows that it was not sent: nobody has to be asked whether it was.
                self.watches.begin(seen.id(), lease.fence());
                self.moved(&advanced).await;
                crate::crash::point("job_stored");
                Ok(NextLook::Again)
            }
            Err(LeaseRefusal::NotThere) => Ok(NextLook::Again),
            Err(refusal) => {
                tracing::info!(job = %seen.id(), agent = lease.agent(), %refusal, "not started");
                self.did_not_run(seen, refused(&refusal)).await
            }
        }
    }

    /// The attempt does not run, for this reason.
    pub(super) async fn did_not_run(
        &self,
        seen: &SeenJob,
        why: NeverRan,
    ) -> Result<NextLook, Error> {
        let Some(lease) = &seen.lease else { return Ok(NextLook::Idle) };
        let never = JobEvent::Attempt(lease.fence(), Progress::NeverRan(why));
        Ok(told(self.tell(seen.id(), never).await?.is_some()))
    }

    /// When something is tried again that could not be found out.
    pub(super) fn later(&self, seen: &SeenJob) -> NextLook {
        let failures = self.watches.with(seen.id(), |watch| {
            watch.failures = watch.failures.saturating_add(1);
            watch.failures
        });
        NextLook::At(self.ctx.next_try(failures))
    }
}

fn keep(tx: &Transaction<'_>, lease: &Lease, request: &StoredRequest) -> Result<(), Error> {
    let request = serde_json::to_string(request).map_err(Error::Payload)?;
    jobs::prepared(tx, lease.fence(), &request)
}

/// What it means for an attempt that its start is refused in the end.
fn refused(refusal: &LeaseRefusal) -> NeverRan {
    match refusal {
        LeaseRefusal::Unknown | LeaseRefusal::Ineligible(_) | LeaseRefusal::NotThere => {
            NeverRan::Moved
        }
        LeaseRefusal::BreakerOpen => NeverRan::LeftNothing,
        LeaseRefusal::NamedAnother
        | LeaseRefusal::Lacks(_)
        | LeaseRefusal::AgentPaused
        | LeaseRefusal::OverBudget(_)
        | LeaseRefusal::NoLedgerName => NeverRan::NobodyFree,
    }
}
