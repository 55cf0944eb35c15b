//! What timmy says of the heads of pull requests that no job at work judges: once on each head, and
//! again where somebody else spoke in its name.
//!
//! Deliveries and polls of a pull request lead here, and once an hour all that are open, since no
//! event tells of a status (`poll/heads`). It is asked for only where agents may work and timmy may
//! write; the forge tells what stands there, so nothing of it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::error::EngineError;
use super::head_pushers::{PushedBy, pushed_by};
use super::identity::Identity;
use super::incidents::Incidents;
use super::jobs::{Jobs, JudgedAgain};
use crate::core::effect::{Effect, SetStatus};
use crate::core::guards::change_actions;
use crate::core::jobs::{Branch, Done, Job, Purpose, State};
use crate::core::model::account::Account;
use crate::core::model::commit_status::CommitStatus;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::head_status::{HeadJudgement, StandingVerdict, head_status, said_again};
use crate::gitea::{ChangedFile, PullRequest, PullState, Recovery};
use crate::store::outbox::{self, NewEffect};
use crate::store::tasks::{self, TaskId};
use crate::store::{Connection, Error, Transaction, agent_heads, jobs, repos};

/// How long it is believed that timmy may write somewhere, or may not.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How long the forge may take to tell of a push that it shows.
const SETTLES: Duration = Duration::from_secs(30);

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
        let Some(repo) = repo.filter(|repo| is_open && self.ctx.policy.lets_agents_work(repo))
        else {
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
        let standing = self.standing(&repo, &pull, &own).await?;
        self.tell_forged(thread, &repo, &pull, &standing).await;
        self.look_at_workflows(thread, &repo, &pull, &own).await?;
        match self.to_say(thread, &repo, &pull, &standing, (&own, since)).await? {
            HeadLook::Nothing => Ok(None),
            HeadLook::Later(due) => Ok(Some(due)),
            HeadLook::Say(status) => {
                self.say(thread, status, &standing).await?;
                Ok(None)
            }
        }
    }

    /// Notes once of each head that an agent may have pushed whether it changes what Actions run: what
    /// these say there is no proof then. What cannot be read may.
    async fn look_at_workflows(
        &self,
        thread: ThreadId,
        repo: &Repo,
        pull: &PullRequest,
        own: &Account,
    ) -> Result<(), Error> {
        let (branch, head) = (own_branch(repo.id, pull), pull.head.clone());
        let read = self.ctx.ledger.read(move |conn| {
            let is_known = agent_heads::changes_actions(conn, thread, &head)?.is_some();
            Ok((is_known, job_of(conn, thread, branch)?.is_some()))
        });
        let (is_known, is_jobs) = read.await?;
        if is_known || !(is_jobs || self.is_agents(pull, own)) {
            return Ok(());
        }
        let changes = match self.ctx.gitea.pull_files(&repo.name, pull.number).await {
            Ok(files) => change_actions(files.entries.iter().flat_map(ChangedFile::changed_paths)),
            Err(error) if error.heals() == Recovery::Never => true,
            Err(error) => {
                tracing::debug!(%error, "what a head changes is looked at later");
                return Ok(());
            }
        };
        let (head, now) = (pull.head.clone(), self.ctx.now());
        let agent = pull.author.as_ref().filter(|author| self.ctx.policy.is_agents(author));
        let agent = agent.map(|author| author.login.clone());
        let branch = pull.head_branch.clone();
        let note = move |tx: &Transaction<'_>| {
            let from = (branch.as_str(), agent.as_deref());
            agent_heads::note(tx, thread, (&head, changes), from, now)
        };
        self.ctx.ledger.write(note).await
    }

    /// What stands on the head under timmy's name. Whoever may push can say so much of a commit that
    /// it is not found among the newest; then the newest of each context are looked at.
    async fn standing(
        &self,
        repo: &Repo,
        pull: &PullRequest,
        own: &Account,
    ) -> Result<StandingVerdict, EngineError> {
        let (gitea, head) = (&self.ctx.gitea, &pull.head);
        let is_seen = |said: &[CommitStatus]| StandingVerdict::is_seen(said, own.id);
        let newest = gitea.newest_statuses(&repo.name, head, is_seen).await?;
        let last = newest.said.iter().map(|said| said.id).max().unwrap_or_default();
        let standing = StandingVerdict::of(newest.said, own.id);
        if !newest.is_cut || standing != StandingVerdict::Nothing {
            return Ok(standing);
        }
        let is_there = |said: &[CommitStatus]| {
            StandingVerdict::of(said.to_vec(), own.id) != StandingVerdict::Nothing
        };
        let newest = gitea.newest_of_contexts(&repo.name, head, is_there).await?;
        Ok(match StandingVerdict::of(newest.said, own.id) {
            StandingVerdict::Nothing if newest.is_cut => StandingVerdict::Flooded { newest: last },
            standing => standing,
        })
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

    /// Somebody spoke in timmy's name, or so that nobody can tell: that is told once, as long as the
    /// pull request is open.
    async fn tell_forged(
        &self,
        thread: ThreadId,
        repo: &Repo,
        pull: &PullRequest,
        standing: &StandingVerdict,
    ) {
        let place = format!("{} in {}#{}", pull.head, repo.name, pull.number);
        let text = match standing {
            StandingVerdict::Own | StandingVerdict::OwnWaits(_) | StandingVerdict::Nothing => {
                return;
            }
            StandingVerdict::Forged { by, .. } => {
                let by = by.as_deref().unwrap_or("a deleted account");
                format!(
                    "{by} posted a status in my name, timmy/verify, on {place}: I say my own word \
                     again; ask {by} to stop, or take away its write access"
                )
            }
            StandingVerdict::Flooded { .. } => format!(
                "so many statuses stand on {place} that I cannot tell whether timmy/verify is my \
                 own word: I say it again; look who posts them"
            ),
        };
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
            StandingVerdict::Forged { own: None, .. }
            | StandingVerdict::OwnWaits(_)
            | StandingVerdict::Flooded { .. }
            | StandingVerdict::Nothing => {}
        }
        let branch = own_branch(repo.id, pull);
        let job = self.ctx.ledger.read(move |conn| job_of(conn, thread, branch)).await?;
        let judgement = match job {
            None if self.is_agents(pull, own) => HeadJudgement::WithoutJob,
            None => match self.persons(repo, pull, since).await? {
                Ok(judgement) => judgement,
                Err(due) => return Ok(HeadLook::Later(due)),
            },
            Some(job) if !job.state.kind().is_end() => match standing {
                // It says so itself, once it has judged.
                StandingVerdict::Own | StandingVerdict::OwnWaits(_) | StandingVerdict::Nothing => {
                    return Ok(HeadLook::Nothing);
                }
                StandingVerdict::Forged { .. } | StandingVerdict::Flooded { .. } => {
                    HeadJudgement::AtWork(job.spec.id)
                }
            },
            Some(job) if is_untouched(&job) && !self.is_agents(pull, own) => {
                match self.persons(repo, pull, since).await? {
                    Ok(judgement) => judgement,
                    Err(due) => return Ok(HeadLook::Later(due)),
                }
            }
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

    /// Whose the head of a pull request is that no agent opened; or when that can be told.
    async fn persons(
        &self,
        repo: &Repo,
        pull: &PullRequest,
        since: Timestamp,
    ) -> Result<Result<HeadJudgement, Timestamp>, EngineError> {
        let is_agents = |account: &Account| self.ctx.policy.is_agents(account);
        let by = pushed_by(&self.ctx.gitea, &repo.name, pull, is_agents).await?;
        Ok(Ok(match by {
            PushedBy::People => HeadJudgement::Persons,
            PushedBy::Agent(login) => HeadJudgement::PushedTo(login),
            PushedBy::Nobody => HeadJudgement::Unknown,
            PushedBy::Untold { .. } if !since.is_over(SETTLES, self.ctx.now()) => {
                return Ok(Err(since.after(SETTLES)));
            }
            PushedBy::Untold { has_moved: false } if pull.author.is_some() => {
                HeadJudgement::Persons
            }
            PushedBy::Untold { .. } => HeadJudgement::Unknown,
        }))
    }

    /// Whether an agent opened it, or timmy for one.
    fn is_agents(&self, pull: &PullRequest, own: &Account) -> bool {
        let Some(author) = &pull.author else { return false };
        author.id == own.id || self.ctx.policy.is_agents(author)
    }

    /// Says it once after what stands there now.
    async fn say(
        &self,
        thread: ThreadId,
        status: SetStatus,
        standing: &StandingVerdict,
    ) -> Result<(), Error> {
        let after = match standing {
            StandingVerdict::Forged { newest, .. } | StandingVerdict::Flooded { newest } => *newest,
            StandingVerdict::OwnWaits(newest) => *newest,
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
        Some(branch) => jobs::get(conn, branch.job)?.map(|stored| stored.job).filter(|job| {
            let given = job.spec.given().map(|thread| thread.number);
            job.spec.repo() == pull.repo && given == branch.thread
        }),
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
