//! Makes the jobs of routines, when their dates come. From then on each is a job like any other: who takes
//! it, and when, `jobs/dispatch` finds.

use std::sync::Arc;

use super::context::Context;
use super::incidents::Incidents;
use super::jobs::Jobs;
use super::repository_policies::RepositoryPolicies;
use crate::config::DispatchMode;
use crate::core::jobs::{JobThread, NewJob, Origin, Purpose, RoutineRun};
use crate::core::model::ids::Lane;
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{Routine, RoutineCalendar, RoutineTurn};
use crate::store::jobs::{LeftOpen, RoutineEnd, RoutineStart, begin_routine};
use crate::store::{Connection, Error, Transaction, backlog, repos, routines};

pub(super) struct Routines {
    ctx: Context,
    incidents: Arc<Incidents>,
    policies: Arc<RepositoryPolicies>,
    jobs: Arc<Jobs>,
}

/// A date of a routine.
struct DueDate<'a> {
    routine: &'a Routine,
    calendar: RoutineCalendar,
    date: Timestamp,
    /// Up to when none is due any more.
    settled_at: Timestamp,
}

impl DueDate<'_> {
    /// Whose turn comes first where not all may start today: whoever waits longest since its last date.
    fn turn(&self) -> (Timestamp, Timestamp, &str) {
        (self.settled_at, self.date, &self.routine.name)
    }
}

impl Routines {
    pub(super) fn new(
        ctx: &Context,
        incidents: Arc<Incidents>,
        policies: Arc<RepositoryPolicies>,
        jobs: Arc<Jobs>,
    ) -> Self {
        Self { ctx: ctx.clone(), incidents, policies, jobs }
    }

    /// Makes the jobs that are due; when the next date comes.
    pub(super) async fn look(&self) -> Result<Option<Timestamp>, Error> {
        let (all, now) = (&self.ctx.policy.routines, self.ctx.now());
        let known = self.ctx.ledger.read(routines::all).await?;
        if known.keys().any(|name| all.iter().all(|routine| routine.name != *name)) {
            let names: Vec<String> = all.iter().map(|routine| routine.name.clone()).collect();
            self.ctx.ledger.write(move |tx| routines::forget_others(tx, &names)).await?;
        }
        if all.is_empty() {
            return Ok(None);
        }
        let (mut due, mut next) = (Vec::new(), None);
        for routine in all {
            let zone = self.ctx.policy.zone.clone();
            let calendar = RoutineCalendar { when: routine.when.clone(), zone };
            let kept = known.get(&routine.name).map(|known| &known.state);
            match calendar.turn(kept, now) {
                RoutineTurn::CountAnew => {
                    self.count_anew(routine, &calendar, now).await?;
                    next = sooner(next, calendar.when.around(now, &calendar.zone).1);
                }
                RoutineTurn::Due(date) => {
                    next = sooner(next, calendar.when.around(now, &calendar.zone).1);
                    let settled_at = kept.map_or(date, |kept| kept.settled_at);
                    due.push(DueDate { routine, calendar, date, settled_at });
                }
                RoutineTurn::Rest(until) => next = sooner(next, until),
            }
        }
        due.sort_by(|a, b| a.turn().cmp(&b.turn()));
        let read = |conn: &Connection| {
            let archived = backlog::archived(conn)?;
            let mut names = repos::all(conn)?;
            names.retain(|repo| archived.contains(&repo.id));
            Ok(((backlog::tracked(conn)?, names), backlog::is_complete(conn)?))
        };
        let ((tracked, archived), is_complete) = self.ctx.ledger.read(read).await?;
        if is_complete {
            self.tell_unplaced(&tracked, &archived).await;
        }
        for one in due {
            self.begin(one, &tracked, now).await?;
        }
        Ok(next)
    }

    async fn count_anew(
        &self,
        routine: &Routine,
        calendar: &RoutineCalendar,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (name, calendar) = (routine.name.clone(), calendar.to_string());
        tracing::info!(routine = name, calendar, "its dates are counted from now on");
        self.ctx.ledger.write(move |tx| routines::count_anew(tx, &name, &calendar, now)).await
    }

    /// A routine whose repository is not there makes no jobs: that is told as long as it is so.
    async fn tell_unplaced(&self, tracked: &[Repo], archived: &[Repo]) {
        for Routine { name, repository, .. } in &self.ctx.policy.routines {
            let incident = Incident::RoutineUnplaced { name: name.clone() };
            let is_among = |repos: &[Repo]| repos.iter().any(|repo| repo.name == *repository);
            let text = match (is_among(tracked), is_among(archived)) {
                (true, _) => None,
                (false, true) => Some(format!(
                    "routine {name} makes no jobs: its repository is archived. Bring that back, or \
                     name another repository in the configuration"
                )),
                (false, false) => Some(format!(
                    "routine {name} makes no jobs: its repository is not among those that I look \
                     after. Correct its repository in the configuration, or let my account see it"
                )),
            };
            if text.is_some() || self.incidents.is_open(&incident) {
                self.incidents.set(incident, text).await;
            }
        }
    }

    /// Whether the people of its repository let some agent begin there unasked.
    async fn is_welcome(&self, routine: &Routine, repo: &Repo) -> bool {
        self.policies.refresh(std::slice::from_ref(repo)).await;
        let roles = std::slice::from_ref(&routine.role);
        let mut agents = self.ctx.policy.jobs.agents.keys();
        agents.any(|agent| {
            routine.agent.as_ref().is_none_or(|named| named == agent)
                && self.policies.admits(repo.id, agent, roles, true)
        })
    }

    async fn begin(
        &self,
        DueDate { routine, calendar, date, .. }: DueDate<'_>,
        tracked: &[Repo],
        now: Timestamp,
    ) -> Result<(), Error> {
        let (policy, name) = (&self.ctx.policy, routine.name.clone());
        if policy.dispatch.mode == DispatchMode::Off {
            return self.ctx.ledger.write(move |tx| routines::settle(tx, &name, date)).await;
        }
        let repo = tracked.iter().find(|repo| repo.name == routine.repository);
        let Some(repo) = repo.filter(|_| !self.jobs.drains()) else { return Ok(()) };
        if !self.is_welcome(routine, repo).await {
            tracing::debug!(routine = name, "a routine waits: its repository lets no agent begin");
            return Ok(());
        }
        let run = RoutineRun {
            repo: repo.id,
            routine: name.clone(),
            due: date,
            prompt: routine.prompt.clone(),
        };
        let new = NewJob {
            thread: JobThread::Routine(run.clone()),
            purpose: Purpose::Code,
            role: routine.role.clone(),
            origin: Origin::Routine,
            agent: routine.agent.clone(),
            limits: policy.jobs.limits,
            budget: None,
            adopts: None,
            claims_by_card: false,
            crew: None,
        };
        let start = RoutineStart {
            calendar: calendar.to_string(),
            new,
            starts_per_day: policy.dispatch.starts_per_day,
            day_began: now.day_began(&policy.zone),
            left: None,
        };
        let end = match self.settle(start.clone(), run.clone(), now).await? {
            RoutineEnd::Doubtful { job, branches } => {
                let Some(pulls) = self.open_pulls_of(repo, &branches).await else { return Ok(()) };
                let left = LeftOpen { job, pull: pulls.last().copied() };
                self.settle(RoutineStart { left: Some(left), ..start }, run, now).await?
            }
            end => end,
        };
        self.tell(&name, end);
        Ok(())
    }

    async fn settle(
        &self,
        start: RoutineStart,
        run: RoutineRun,
        now: Timestamp,
    ) -> Result<RoutineEnd, Error> {
        let write = move |tx: &Transaction<'_>| begin_routine(tx, &start, &run, now);
        self.ctx.ledger.write(write).await
    }

    /// The open pull requests of these branches, the latest last; none if they cannot be found out now.
    async fn open_pulls_of(&self, repo: &Repo, branches: &[String]) -> Option<Vec<i64>> {
        match self.ctx.gitea.all_open_pulls_of(&repo.name, branches).await {
            Ok(open) => Some(open),
            Err(error) => {
                self.incidents.met(&error, Lane::Repo(repo.id)).await;
                None
            }
        }
    }

    fn tell(&self, name: &str, end: RoutineEnd) {
        match end {
            RoutineEnd::Made(job) => {
                crate::crash::point("routine_begun");
                tracing::info!(routine = name, %job, "a date of a routine made a job");
                self.ctx.stored.notify();
            }
            RoutineEnd::Passed(other) => {
                let (waits_for, pull) = (other.job, other.pull.map(|pull| pull.number));
                tracing::info!(routine = name, %waits_for, pull, "a date of a routine made no job");
                self.ctx.stored.notify();
            }
            RoutineEnd::Held(why) => tracing::debug!(routine = name, %why, "a routine waits"),
            RoutineEnd::Doubtful { job, .. } => {
                tracing::debug!(routine = name, %job, "a routine waits: what it left is looked for");
            }
            RoutineEnd::Settled => {}
        }
    }
}

fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
