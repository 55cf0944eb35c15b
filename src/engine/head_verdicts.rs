//! What timmy says of the heads of pull requests that no job at work judges: once on each head, and
//! again where somebody else spoke in its name.
//!
//! Deliveries and polls of a pull request lead here. It is asked for only where agents may work and
//! timmy may write; the forge tells what stands there, so nothing of it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::error::EngineError;
use super::identity::Identity;
use super::incidents::Incidents;
use super::jobs::{Jobs, JudgedAgain};
use crate::core::effect::{Effect, SetStatus};
use crate::core::jobs::{Branch, Done, Job, Purpose, State};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::head_status::{HeadJudgement, StandingVerdict, head_status, said_again};
use crate::gitea::{PullRequest, PullState};
use crate::store::outbox::{self, NewEffect};
use crate::store::tasks::{self, TaskId};
use crate::store::{Connection, Error, jobs, repos};

/// How long it is believed that timmy may write somewhere, or may not.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Of how many repositories that is kept.
const MOST: usize = 1000;

pub(super) struct HeadVerdicts {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    jobs: Arc<Jobs>,
    /// Where timmy may write, and when it was asked.
    may_write: Mutex<HashMap<RepoId, (bool, Timestamp)>>,
}

/// What came of a look at a pull request.
enum HeadLook {
    /// Nothing is to be said.
    Nothing,
    Say(SetStatus),
    /// It cannot be told before then.
    Later(Timestamp),
}

impl HeadVerdicts {
    pub(super) fn new(
        ctx: &Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        jobs: Arc<Jobs>,
    ) -> Self {
        let may_write = Mutex::default();
        Self { ctx: ctx.for_background(), identity, incidents, jobs, may_write }
    }

    /// One try at a task to look at the head of a pull request, which moved at `since`.
    pub(super) async fn run_task(
        &self,
        id: TaskId,
        thread: ThreadId,
        since: Timestamp,
    ) -> Result<(), EngineError> {
        let later = self.look(thread, since).await?;
        let write = self.ctx.ledger.write(move |tx| match later {
            Some(due) => tasks::check_later(tx, id, due),
            None => tasks::take(tx, id).map(drop),
        });
        Ok(write.await?)
    }

    /// Looks at a pull request, and when it is to be looked at again, if at all.
    async fn look(
        &self,
        thread: ThreadId,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, EngineError> {
        let read = self.ctx.ledger.read(move |conn| {
            Ok((repos::name(conn, thread.repo)?, jobs::is_thread_open(conn, thread)?))
        });
        let (repo, is_open) = read.await?;
        let forged = Incident::VerdictForged { thread };
        if !is_open && self.incidents.is_open(&forged) {
            self.incidents.set(forged, None).await;
        }
        let Some(repo) = repo.filter(|repo| is_open && self.is_managed(repo)) else {
            return Ok(None);
        };
        if !self.may_write(&repo).await? {
            return Ok(None);
        }
        let Some(pull) = self.ctx.gitea.pull(&repo.name, thread.number).await? else {
            return Ok(None);
        };
        if pull.state != PullState::Open {
            return Ok(None);
        }
        let own = self.identity.get().await?;
        let said = self.ctx.gitea.statuses(&repo.name, &pull.head).await?;
        let standing = StandingVerdict::of(said, own.id);
        self.tell_forged(thread, &repo, &pull, &standing).await;
        match self.to_say(thread, &repo, &pull, &standing, (&own, since)).await? {
            HeadLook::Nothing => Ok(None),
            HeadLook::Later(due) => Ok(Some(due)),
            HeadLook::Say(status) => {
                self.say(thread, status, &standing).await?;
                Ok(None)
            }
        }
    }

    /// Whether agents may work there.
    fn is_managed(&self, repo: &Repo) -> bool {
        let policy = &self.ctx.policy;
        let mut agents = policy.jobs.agents.values();
        policy.watch.covers(&repo.name)
            && agents.any(|terms| terms.repositories.covers(&repo.name, !repo.private))
    }

    async fn may_write(&self, repo: &Repo) -> Result<bool, EngineError> {
        let now = self.ctx.now();
        let known = self.written().get(&repo.id).copied();
        if let Some((may, _)) = known.filter(|(_, asked)| !asked.is_over(KEPT, now)) {
            return Ok(may);
        }
        let listed = self.ctx.gitea.visible_repo(&repo.name).await?.entries.into_iter().next();
        let may = listed.is_some_and(|repo| repo.permissions.push && !repo.is_archived)
            && self.ctx.gitea.may_write_code().await?;
        let mut written = self.written();
        if written.len() >= MOST {
            written.clear();
        }
        written.insert(repo.id, (may, now));
        Ok(may)
    }

    fn written(&self) -> std::sync::MutexGuard<'_, HashMap<RepoId, (bool, Timestamp)>> {
        self.may_write.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody spoke in timmy's name: that is told once, as long as the pull request is open.
    async fn tell_forged(
        &self,
        thread: ThreadId,
        repo: &Repo,
        pull: &PullRequest,
        standing: &StandingVerdict,
    ) {
        let StandingVerdict::Forged { by, .. } = standing else { return };
        let by = by.as_deref().unwrap_or("a deleted account");
        let text = format!(
            "{by} posted a status in my name, timmy/verify, on {} in {}#{}: I say my own word \
             again; ask {by} to stop, or take away its write access",
            pull.head, repo.name, pull.number
        );
        self.incidents.set(Incident::VerdictForged { thread }, Some(text)).await;
    }

    async fn to_say(
        &self,
        thread: ThreadId,
        repo: &Repo,
        pull: &PullRequest,
        standing: &StandingVerdict,
        (own, since): (&Account, Timestamp),
    ) -> Result<HeadLook, EngineError> {
        match standing {
            StandingVerdict::Own => return Ok(HeadLook::Nothing),
            StandingVerdict::Forged { own: Some(said), .. } => {
                return Ok(HeadLook::Say(said_again(pull.head.clone(), said)));
            }
            StandingVerdict::Forged { own: None, .. } | StandingVerdict::Nothing => {}
        }
        let branch = own_branch(repo.id, pull);
        let job = self.ctx.ledger.read(move |conn| job_of(conn, thread, branch)).await?;
        let judgement = match job {
            None if self.is_agents(pull, own) => HeadJudgement::WithoutJob,
            None => HeadJudgement::Persons,
            // It says so itself, once it has judged.
            Some(job) if !job.state.kind().is_end() => return Ok(HeadLook::Nothing),
            Some(job) if is_untouched(&job) && !self.is_agents(pull, own) => HeadJudgement::Persons,
            Some(job) if !may_be_judged(&job, pull) => HeadJudgement::JobOver(job.spec.id),
            Some(job) => match self.jobs.judge_again(&job, repo, since).await? {
                JudgedAgain::Later(due) => return Ok(HeadLook::Later(due)),
                JudgedAgain::Merged => return Ok(HeadLook::Nothing),
                JudgedAgain::Found { commit, .. } if commit != pull.head => {
                    return Ok(HeadLook::Later(self.ctx.next_try(1)));
                }
                JudgedAgain::Found { verdict, found, .. } => {
                    HeadJudgement::Again { job: job.spec.id, verdict, found }
                }
                JudgedAgain::Nothing => HeadJudgement::JobOver(job.spec.id),
            },
        };
        Ok(HeadLook::Say(head_status(pull.head.clone(), &judgement, &own.login)))
    }

    /// Whether an agent opened it, or timmy for one.
    fn is_agents(&self, pull: &PullRequest, own: &Account) -> bool {
        let Some(author) = &pull.author else { return false };
        let mut agents = self.ctx.policy.jobs.agents.values();
        author.id == own.id || agents.any(|terms| author.is(&terms.account))
    }

    /// Says it once after what stands there now.
    async fn say(
        &self,
        thread: ThreadId,
        status: SetStatus,
        standing: &StandingVerdict,
    ) -> Result<(), Error> {
        let after = match standing {
            StandingVerdict::Forged { newest, .. } => *newest,
            StandingVerdict::Own | StandingVerdict::Nothing => 0,
        };
        let ThreadId { repo, number } = thread;
        let key = format!("verdict.{}.{number}.{}.{after}", repo.0, status.commit);
        let now = self.ctx.now();
        let effect = NewEffect::new(key, thread, &Effect::Status(status), now)?;
        self.ctx.ledger.write(move |tx| outbox::push(tx, &effect, now).map(drop)).await?;
        self.ctx.stored.notify();
        Ok(())
    }
}

/// The branch of a job that it asks to be merged, by its name: a fork's is no job's.
fn own_branch(repo: RepoId, pull: &PullRequest) -> Option<Branch> {
    let is_here = pull.head_repo.as_ref().is_some_and(|head| head.id == repo);
    pull.head_branch.parse().ok().filter(|_| is_here)
}

/// The job whose work it is.
fn job_of(conn: &Connection, pull: ThreadId, branch: Option<Branch>) -> Result<Option<Job>, Error> {
    let by_branch = match branch {
        Some(branch) => jobs::get(conn, branch.job)?
            .map(|stored| stored.job)
            .filter(|job| job.spec.thread == ThreadId { repo: pull.repo, number: branch.thread }),
        None => None,
    };
    // Who went on with it later knows more of it.
    let latest = match jobs::latest_in(conn, pull)? {
        Some(id) => jobs::get(conn, id)?.map(|stored| stored.job),
        None => None,
    };
    let latest = latest.filter(|job| matches!(job.spec.purpose, Purpose::Code | Purpose::Repair));
    Ok(latest.or(by_branch))
}

/// Whether the job was to go on with it, and is over without that any agent ever began.
fn is_untouched(job: &Job) -> bool {
    job.spec.adopts.is_some() && job.past.ran.is_empty()
}

/// Whether it is a result that was verified, in the branch where that is.
fn may_be_judged(job: &Job, pull: &PullRequest) -> bool {
    let is_done = matches!(job.state, State::Done(Done::Verified | Done::Accepted));
    is_done && job.past.pull == Some(pull.number) && pull.head_branch == job.branch().to_string()
}
