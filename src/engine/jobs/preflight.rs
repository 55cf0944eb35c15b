//! Whether an agent that has a job can begin; then what it is asked is stored, and that it starts.

use std::time::Duration;

use super::Jobs;
use super::drivers::{CannotBegin, JobOrder, OrderSubject};
use super::fresh_issue::FreshIssue;
use super::look::{NextLook, SeenJob, told};
use super::trouble::never_ran;
use crate::agents::{Agent, StoredRequest};
use crate::core::jobs::{
    Commit, Course, JobEvent, JobThread, NeverRan, Past, Progress, Spec, ToldText,
};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::{AgentProblem, Incident};
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::gitea;
use crate::store::jobs::{self, Lease, LeaseRefusal};
use crate::store::permissions::permissions;
use crate::store::{Error, Transaction, automatic, scope_answers};

/// Of how many linked pull requests it is asked whether they were merged.
const MOST_LINKED: usize = 3;

/// How far the clock of the forge may be from ours.
const SKEW: Duration = Duration::from_secs(120);

/// How many texts of people an attempt is told: the newest ones.
const MOST_TEXTS: usize = 50;

/// What is found of a job before it begins.
enum PreflightFinding {
    /// What it is asked, and the issue as it is now.
    Order(Box<JobOrder>, Option<Box<FreshIssue>>),
    /// Its agent is to be told something first, which it is now.
    Again,
    /// The issue is open no more, which means this.
    Gone(Box<JobEvent>),
    /// What is to be done is not what it was.
    Moved,
    /// It cannot be found out now.
    Later,
}

/// What was answered to the question about an issue, as the forge shows it.
enum AnswersNow {
    Same(Vec<String>),
    /// One is gone, or says something else.
    Moved,
    Unknown,
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
        if let Some(next) = self.claim(seen).await? {
            return Ok(next);
        }
        if let Some(next) = self.forget_dismissed(seen).await? {
            return Ok(next);
        }
        // At once: the agent waits for work, and a forge may be far away.
        let (health, order) =
            tokio::try_join!(self.health(lease.agent(), &*agent), self.order(seen, &lease))?;
        match health {
            Ok(health) if health.refuses.is_some() => {
                return self.did_not_run(seen, NeverRan::GatewayDown).await;
            }
            Ok(_) => {}
            Err(trouble) => {
                return self.did_not_run(seen, never_ran(&trouble, self.ctx.now())).await;
            }
        }
        match order {
            PreflightFinding::Order(order, fresh) => {
                self.begin(seen, &lease, &*agent, (&order, fresh)).await
            }
            PreflightFinding::Again => Ok(NextLook::Again),
            PreflightFinding::Gone(event) => {
                Ok(told(self.tell(seen.id(), *event).await?.is_some()))
            }
            PreflightFinding::Moved => self.did_not_run(seen, NeverRan::Moved).await,
            PreflightFinding::Later => Ok(self.later(seen)),
        }
    }

    /// Tells a job that goes on with a pull request what reviews asked for before there was the job.
    /// Whether that was news to it; none if it cannot be found out now.
    async fn hear_reviews(&self, seen: &SeenJob, repo: &Repo) -> Result<Option<bool>, Error> {
        let (id, Spec { adopts, thread, .. }) = (seen.id(), &seen.job.spec);
        let Some(thread) = thread.given().filter(|_| adopts.is_some()) else {
            return Ok(Some(false));
        };
        if seen.job.past.last.is_some() {
            return Ok(Some(false));
        }
        let begun = self.ctx.ledger.read(move |conn| jobs::get(conn, id)).await?;
        let Some(begun) = begun.map(|stored| stored.created_at) else { return Ok(None) };
        let reviews = match self.forge.reviews((repo, thread.number), begun.after(SKEW)).await {
            Ok(reviews) => reviews,
            Err(error) => {
                self.incidents.met(&error, thread).await;
                return Ok(None);
            }
        };
        let now = self.step_time();
        let write = self.ctx.ledger.write(move |tx| {
            // Around that moment the inbox may have heard them.
            let heard = jobs::texts(tx, id)?;
            let mut is_news = false;
            for (review, text) in reviews.into_iter().filter(|(_, text)| !heard.contains(text)) {
                let (key, event) = (format!("review.{review}"), JobEvent::Told(text));
                let told = jobs::advance(tx, id, Some(&key), event, now)?;
                is_news |= told.is_ok_and(|told| !told.is_known);
            }
            Ok(is_news)
        });
        write.await.map(Some)
    }

    /// What is to be done, by the issue as it is now.
    async fn order(&self, seen: &SeenJob, lease: &Lease) -> Result<PreflightFinding, Error> {
        let Some(repo) = seen.repo.clone() else { return Ok(PreflightFinding::Later) };
        let (about, fresh) = match &seen.job.spec.thread {
            JobThread::Given(thread) => match self.issue(seen, &repo, *thread).await? {
                Ok((issue, fresh)) => (OrderSubject::Issue(Box::new(issue)), Some(fresh)),
                Err(finding) => return Ok(finding),
            },
            JobThread::Routine(run) => (OrderSubject::Routine(run.clone()), None),
        };
        match self.hear_reviews(seen, &repo).await? {
            Some(false) => {}
            Some(true) => return Ok(PreflightFinding::Again),
            None => return Ok(PreflightFinding::Later),
        }
        let (id, spec, agent) = (seen.id(), &seen.job.spec, lease.agent().to_owned());
        let (thread, in_repo) = (spec.given(), spec.repo());
        let read = self.ctx.ledger.read(move |conn| {
            let linked = match thread {
                Some(thread) => jobs::linked_pulls(conn, thread)?,
                None => Vec::new(),
            };
            let left_before = jobs::left_in(conn, &agent, in_repo)?;
            let (attempts, permissions) = (jobs::attempts(conn, id)?, permissions(conn, id)?);
            let course = jobs::record(conn, id)?.as_ref().map(Course::of).unwrap_or_default();
            Ok((jobs::texts(conn, id)?, attempts, course, linked, left_before, permissions))
        });
        let (texts, mut earlier, course, linked, left_before, permissions) = read.await?;
        let answers = match self.scope_answers(seen, &repo).await? {
            AnswersNow::Same(answers) => answers,
            AnswersNow::Moved => return Ok(PreflightFinding::Moved),
            AnswersNow::Unknown => return Ok(PreflightFinding::Later),
        };
        earlier.retain(|attempt| attempt.fence != lease.fence());
        let texts = to_tell(&seen.job.past, texts);
        let order = JobOrder {
            job: seen.job.clone(),
            repo,
            about,
            answers,
            agent: lease.agent().to_owned(),
            key: lease.key().to_owned(),
            branch: lease.branch().clone(),
            texts,
            earlier,
            course,
            linked: linked.into_iter().take(MOST_LINKED).collect(),
            left_before,
            permissions,
        };
        Ok(PreflightFinding::Order(Box::new(order), fresh))
    }

    /// The issue as it is now, of which the backlog is to know before the agent is called; or what it
    /// means that there is none any more.
    async fn issue(
        &self,
        seen: &SeenJob,
        repo: &Repo,
        thread: ThreadId,
    ) -> Result<Result<(Issue, Box<FreshIssue>), PreflightFinding>, Error> {
        let (gitea, number) = (&self.ctx.gitea, thread.number);
        let (issue, waits) =
            tokio::join!(gitea.issue(&repo.name, number), gitea.blockers(&repo.name, number));
        match issue {
            Ok(issue) if issue.open => {
                let fresh = self.fresh(repo, &issue, waits.ok());
                Ok(Ok((issue, Box::new(fresh))))
            }
            Ok(_) | Err(gitea::Error::NotFound { .. }) => {
                Ok(Err(match self.why_gone(seen, repo).await {
                    Ok(event) => event.map_or(PreflightFinding::Later, |event| {
                        PreflightFinding::Gone(Box::new(event))
                    }),
                    Err(error) => {
                        self.incidents.met(&error, thread).await;
                        PreflightFinding::Later
                    }
                }))
            }
            Err(error) => {
                self.incidents.met(&error, thread).await;
                Ok(Err(PreflightFinding::Later))
            }
        }
    }

    /// What was answered when the author of the issue was asked what it does not say. What is not any
    /// more as it was read answers nothing: whether the issue says enough, and who has to say yes, is
    /// judged again without it.
    async fn scope_answers(&self, seen: &SeenJob, repo: &Repo) -> Result<AnswersNow, Error> {
        let Some(thread) = seen.job.spec.given() else { return Ok(AnswersNow::Same(Vec::new())) };
        let known = self.ctx.ledger.read(move |conn| scope_answers::of(conn, thread));
        let (mut answers, mut has_moved) = (Vec::new(), false);
        for answer in known.await? {
            let shown = match self.ctx.gitea.comment(&repo.name, answer.comment).await {
                Ok(shown) => shown,
                Err(gitea::Error::NotFound { .. }) => None,
                Err(error) => {
                    self.incidents.met(&error, thread).await;
                    return Ok(AnswersNow::Unknown);
                }
            };
            match shown.filter(|comment| answer.is(&comment.body)) {
                Some(comment) => answers.push(comment.body),
                None => {
                    has_moved = true;
                    let comment = answer.comment;
                    let forget =
                        self.ctx.ledger.write(move |tx| scope_answers::forget(tx, thread, comment));
                    forget.await?;
                }
            }
        }
        Ok(if has_moved { AnswersNow::Moved } else { AnswersNow::Same(answers) })
    }

    /// Stores what the agent is asked, and that it is going to be started.
    async fn begin(
        &self,
        seen: &SeenJob,
        lease: &Lease,
        agent: &dyn Agent,
        (order, fresh): (&JobOrder, Option<Box<FreshIssue>>),
    ) -> Result<NextLook, Error> {
        let task = match self.forge.task(order).await {
            Ok(Ok(task)) => task,
            Ok(Err(why)) => return self.cannot_begin(seen, order, why).await,
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                return Ok(self.later(seen));
            }
        };
        self.can_begin(order).await;
        let request = agent.prepare(&task);
        let now = self.step_time();
        let view = self.view();
        let view = self.ctx.ledger.read(view).await?;
        let Some(bid) = self.request(lease.agent(), order.repo.id, view, now.at) else {
            return self.did_not_run(seen, NeverRan::GatewayDown).await;
        };
        let kept = lease.clone();
        let base = (task.base_branch.clone(), task.base.clone());
        let start = self.ctx.ledger.write(move |tx| {
            // Whether it may still be worked on is asked of the ledger, in the act.
            fresh.iter().try_for_each(|fresh| fresh.keep(tx))?;
            keep(tx, &kept, &request, &base)?;
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

    /// Says why an attempt cannot begin, where somebody has to do something about it.
    async fn cannot_begin(
        &self,
        seen: &SeenJob,
        order: &JobOrder,
        why: CannotBegin,
    ) -> Result<NextLook, Error> {
        let repo = order.repo.id;
        let why = match why {
            CannotBegin::NeverRan(why) => {
                if why == NeverRan::RedBranch {
                    self.note_branch(repo, true).await?;
                }
                why
            }
            CannotBegin::Merged(merge) => {
                let merged = self.tell(seen.id(), JobEvent::Merged(merge)).await?;
                return Ok(told(merged.is_some()));
            }
            CannotBegin::NoAccess(words) => {
                self.fleet.bar(&order.agent, repo, self.ctx.now());
                let text = format!("agent {}: {words}", order.agent);
                self.agent_problem(&order.agent, AgentProblem::NoAccess, Some(text)).await;
                NeverRan::NoAccess
            }
            CannotBegin::NoDefaultBranch(words) => {
                self.incidents.set(Incident::NoDefaultBranch { repo }, Some(words)).await;
                NeverRan::Moved
            }
        };
        self.did_not_run(seen, why).await
    }

    /// What was found of a default branch: what starts by itself there goes by it.
    pub(super) async fn note_branch(&self, repo: RepoId, is_red: bool) -> Result<(), Error> {
        self.ctx.ledger.write(move |tx| automatic::note_branch(tx, repo, is_red)).await
    }

    /// What kept attempts from beginning there is over.
    async fn can_begin(&self, order: &JobOrder) {
        let empty = Incident::NoDefaultBranch { repo: order.repo.id };
        if self.incidents.is_open(&empty) {
            self.incidents.set(empty, None).await;
        }
        self.agent_problem(&order.agent, AgentProblem::NoAccess, None).await;
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

/// What an attempt is told of what people said: all that was said of the job, whichever attempt heard
/// it, but of reviews only those that nobody dealt with yet.
fn to_tell(past: &Past, texts: Vec<ToldText>) -> Vec<ToldText> {
    let is_open = |number: &u32| past.unheard.contains(number) || past.reviews.contains(number);
    let is_told = |(number, text): &(u32, ToldText)| text.review.is_none() || is_open(number);
    let told: Vec<(u32, ToldText)> = (0..).zip(texts).filter(is_told).collect();
    let older = told.len().saturating_sub(MOST_TEXTS);
    told.into_iter().skip(older).map(|(_, text)| text).collect()
}

fn keep(
    tx: &Transaction<'_>,
    lease: &Lease,
    request: &StoredRequest,
    (branch, base): &(String, Commit),
) -> Result<(), Error> {
    let request = serde_json::to_string(request).map_err(Error::Payload)?;
    jobs::prepared(tx, lease.fence(), &request, branch, base)
}

/// What it means for an attempt that its start is refused in the end.
fn refused(refusal: &LeaseRefusal) -> NeverRan {
    match refusal {
        // What is asked of people is asked before the next lease.
        LeaseRefusal::Unknown
        | LeaseRefusal::Ineligible(_)
        | LeaseRefusal::NotThere
        | LeaseRefusal::NeedsYes(_) => NeverRan::Moved,
        LeaseRefusal::BreakerOpen => NeverRan::LeftNothing,
        LeaseRefusal::PoolEmpty(Some(until)) => NeverRan::PoolSpent { until: *until },
        LeaseRefusal::NamedAnother
        | LeaseRefusal::PoolEmpty(None)
        | LeaseRefusal::Lacks(_)
        | LeaseRefusal::AgentPaused
        | LeaseRefusal::OverBudget(_)
        | LeaseRefusal::HeldBack(_)
        | LeaseRefusal::NoLedgerName => NeverRan::NobodyFree,
    }
}
