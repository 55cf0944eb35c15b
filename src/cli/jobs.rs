//! `timmy jobs`: what agents work on, and all about one job; `timmy dead`: what failed for good.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::backlog_view::own_name;
use super::routine_view::RoutineStanding;
use super::{forge, markdown};
use crate::cli::output::{block_on, finish};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::core::command::value::{ArgumentValue as _, JobId};
use crate::core::jobs::{JobRecord, Origin};
use crate::core::model::ids::Lane;
use crate::core::model::time::{Timestamp, said};
use crate::core::reply::jobs::{JobView, place_of};
use crate::core::reply::{Answer, DeadLetter, JobAnswer, RoutineView};
use crate::engine::job_log::job_log;
use crate::store::jobs::AttemptLog;
use crate::store::{Connection, Error, Ledger, OpenError, jobs, outbox, repos};

/// How many jobs that have ended are listed, and how many that were given up.
const MOST: u32 = 20;

/// Show what agents work on, or all about one job
///
/// Says what `status` says in a thread. It reads the ledger alone, beside a running `timmy serve`
/// or without one.
#[derive(Debug, clap::Args)]
pub(super) struct JobsArgs {
    /// The job
    #[arg(value_name = "JOB", value_parser = asked)]
    job: Option<JobId>,
    /// Print what its attempts were asked, did and said
    #[arg(long, requires = "job")]
    log: bool,
    /// Print one JSON object a line
    #[arg(long, conflicts_with = "log")]
    json: bool,
}

/// Show what failed for good: jobs that were given up, messages that were not delivered
///
/// Says what `dead` says in a thread, of all repositories.
#[derive(Debug, clap::Args)]
pub(super) struct DeadArgs {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

fn asked(word: &str) -> Result<JobId, String> {
    JobId::read(word).ok_or_else(|| "write a job such as j42".to_owned())
}

/// Why jobs cannot be shown.
#[derive(Debug, thiserror::Error)]
enum UnknownJob {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Ledger(#[from] Error),
    #[error("there is no job {0}: `timmy jobs` lists those that there are")]
    Job(JobId),
    #[error("{0} was never started: there is nothing to show")]
    NeverStarted(JobId),
}

impl JobsArgs {
    /// Exit code 1 if there is no such job, 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        finish(block_on(self.said(&config)))
    }

    async fn said(&self, config: &Config) -> Result<String, UnknownJob> {
        let asked = self.job.map(|id| (id, self.log));
        let view = JobList::read(config, asked, false).await?;
        match self.job {
            Some(id) if view.jobs.is_empty() => Err(UnknownJob::Job(id)),
            Some(id) if self.log => view.log(id),
            _ if self.json => Ok(view.objects()),
            Some(_) => Ok(view.one()),
            None => Ok(view.list()),
        }
    }
}

impl DeadArgs {
    /// Exit code 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        finish(block_on(async {
            let view = JobList::read(&config, None, true).await?;
            Ok::<_, UnknownJob>(if self.json { view.objects() } else { view.dead() })
        }))
    }
}

/// A job with the names of where it is.
struct ListedJob {
    record: JobRecord,
    /// What it is called by where it is.
    place: String,
    /// Its thread in full, if it has one; and where it works.
    thread: Option<String>,
    repository: String,
}

/// Jobs as the ledger has them.
struct JobList {
    jobs: Vec<ListedJob>,
    /// What the attempts of the one job were asked, did and said.
    logs: Vec<AttemptLog>,
    undelivered: Vec<DeadLetter>,
    routines: Vec<RoutineView>,
    name: String,
    now: Timestamp,
    zone: jiff::tz::TimeZone,
}

impl JobList {
    /// One job, and its logs if those are asked for; or all that have not ended and the last that have; or those that were given up.
    async fn read(
        config: &Config,
        one: Option<(JobId, bool)>,
        dead: bool,
    ) -> Result<Self, UnknownJob> {
        let (now, zone) = (SystemClock.now(), config.people.timezone.clone());
        let in_zone = zone.clone();
        let ledger = Ledger::open_read_only(&config.ledger.path)?;
        let read = ledger.read(move |conn| {
            let ids = match (one, dead) {
                (Some((id, _)), _) => vec![id],
                (None, true) => jobs::dead_ids(conn, MOST)?,
                (None, false) => {
                    let mut ids = jobs::live_ids(conn)?;
                    ids.extend(jobs::ended_ids(conn, MOST)?);
                    ids
                }
            };
            let listed = ids.into_iter().filter_map(|id| listed(conn, id).transpose());
            let listed = listed.collect::<Result<Vec<_>, _>>()?;
            let logs = match one {
                Some((id, true)) => jobs::attempt_logs(conn, id)?,
                _ => Vec::new(),
            };
            let letters = if dead { outbox::dead(conn, MOST)? } else { Vec::new() };
            let mut undelivered = Vec::new();
            for row in letters {
                let place = place(conn, row.lane)?;
                let reason = row.reason.unwrap_or_else(|| "nobody knows why".to_owned());
                let at = said(row.ended_at.unwrap_or(row.due_at), now, &in_zone);
                undelivered.push(DeadLetter { place, at, reason });
            }
            let standing = RoutineStanding::read(conn)?;
            Ok((listed, logs, undelivered, (standing, own_name(conn)?)))
        });
        let (jobs, logs, undelivered, (standing, name)) = read.await?;
        let routines = standing.views(config, now);
        Ok(Self { jobs, logs, undelivered, routines, name, now, zone })
    }

    fn view(&self, listed: &ListedJob) -> JobView {
        let mut view = JobView::of(&listed.record, self.now, &self.zone);
        view.target = Some(listed.place.clone());
        view
    }

    fn one(&self) -> String {
        let view = self.jobs.first().map(|listed| Box::new(self.view(listed)));
        let answer = view.map(|view| Answer::from(JobAnswer::Status { view }));
        answer.map_or_else(String::new, |answer| markdown::shown(&answer.text(&self.name)))
    }

    fn list(&self) -> String {
        let jobs: Vec<JobView> = self.jobs.iter().map(|listed| self.view(listed)).collect();
        let live = jobs.iter().filter(|view| !view.is_over).count();
        let answer = Answer::from(JobAnswer::Jobs { jobs, live, routines: self.routines.clone() });
        markdown::shown(&answer.text(&self.name))
    }

    fn dead(&self) -> String {
        let jobs = self.jobs.iter().map(|listed| self.view(listed)).collect();
        let undelivered = self.undelivered.clone();
        let answer = Answer::from(JobAnswer::Dead { jobs, undelivered });
        markdown::shown(&answer.text(&self.name))
    }

    fn log(&self, id: JobId) -> Result<String, UnknownJob> {
        match self.logs.is_empty() {
            true => Err(UnknownJob::NeverStarted(id)),
            false => Ok(job_log(&self.logs, &self.zone)),
        }
    }

    fn objects(&self) -> String {
        let jobs = self.jobs.iter().map(|listed| self.object(listed));
        let letters = self.undelivered.iter().map(|letter| {
            json!({ "undelivered": letter.place, "at": letter.at, "reason": letter.reason })
        });
        jobs.chain(letters).map(|object| format!("{object}\n")).collect()
    }

    fn object(&self, listed: &ListedJob) -> Value {
        let JobRecord { job, created_at, ended_at, attempts, .. } = &listed.record;
        let asked_by = match &job.spec.origin {
            Origin::Person(login) => Some(login),
            Origin::Match | Origin::Routine => None,
        };
        let attempt = |attempt: &crate::core::jobs::AttemptRecord| {
            json!({
                "agent": attempt.agent,
                "key": attempt.key,
                "started_at": attempt.started_at.map(|at| at.to_string()),
                "ended_at": attempt.ended.map(|(at, _)| at.to_string()),
                "micro_usd": attempt.charge.spent.micro_usd,
                "tokens": attempt.charge.spent.tokens,
                "is_bound": attempt.charge.is_bound,
            })
        };
        json!({
            "job": job.spec.id.to_string(),
            "thread": listed.thread,
            "repository": listed.repository,
            "routine": job.spec.routine().map(|run| &run.routine),
            "state": job.state.kind().name(),
            "role": job.spec.role,
            "agent": listed.record.agent(),
            "asked_by": asked_by,
            "branch": job.branch().to_string(),
            "pull_request": job.past.pull,
            "commit": job.past.commit.as_ref().map(ToString::to_string),
            "created_at": created_at.to_string(),
            "ended_at": ended_at.map(|at| at.to_string()),
            "attempts": attempts.iter().map(attempt).collect::<Vec<_>>(),
        })
    }
}

fn listed(conn: &Connection, id: JobId) -> Result<Option<ListedJob>, Error> {
    let Some(record) = jobs::record(conn, id)? else { return Ok(None) };
    let repository = place(conn, Lane::Repo(record.job.spec.repo()))?;
    let thread = record.job.home().map(|home| format!("{repository}#{}", home.number));
    let place = place_of(&record.job, &repository);
    Ok(Some(ListedJob { record, place, thread, repository }))
}

/// A thread in full, or a repository.
fn place(conn: &Connection, lane: Lane) -> Result<String, Error> {
    let repo = lane.repo().map(|repo| repos::name(conn, repo)).transpose()?.flatten();
    let repo = repo.map_or_else(|| "?".to_owned(), |repo| repo.name.to_string());
    Ok(match lane.thread() {
        Some(thread) => format!("{repo}#{}", thread.number),
        None => repo,
    })
}
