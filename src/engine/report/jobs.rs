//! The jobs that there are to tell of a day, as the ledger has them.

use std::time::Duration;

use super::scope::ReportScope;
use crate::core::command::value;
use crate::core::decisions::verbs_for;
use crate::core::jobs::{JobId, JobRecord, StateKind, Verdict};
use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::audience::Visible;
use crate::core::policy::controls::{Controls, PauseScope};
use crate::core::reply::Paused;
use crate::core::reply::decisions::asked_in_short;
use crate::core::reply::jobs::{JobStanding, JobView};
use crate::core::report::{
    AgentActivity, AgentDay, AgentResults, DayJobs, DayMoney, EndedJob, OpenQuestion,
};
use crate::store::decisions::{self, StoredDecision};
use crate::store::{Connection, Error, backlog, incidents, jobs, repos};

/// How many jobs of a kind are told.
const MOST: u32 = 20;

/// So far back it is counted what merged work costs.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// So far back results tell of an agent.
const LATELY: Duration = Duration::from_secs(30 * 24 * 3600);

/// The jobs of a day, and which of them wait for a person.
pub(super) fn day_jobs(
    conn: &Connection,
    of: &ReportScope,
    visible: &Visible,
    fleet: &Controls,
    now: Timestamp,
) -> Result<(DayJobs, Vec<OpenQuestion>), Error> {
    let records = |ids: Vec<JobId>| -> Result<Vec<JobRecord>, Error> {
        let found = ids.into_iter().filter_map(|id| jobs::record(conn, id).transpose());
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        found.retain(|record| visible.may_name(record.job.spec.thread.repo));
        Ok(found)
    };
    let live = records(jobs::live_ids(conn)?)?;
    let (since, until) = (of.period.since, of.period.until);
    let ended = records(jobs::ended_between(conn, (since, until), MOST)?)?;
    let views = |records: &[JobRecord]| -> Result<Vec<JobView>, Error> {
        records.iter().map(|record| view(conn, of, record, now)).collect()
    };
    let (shipped, rest): (Vec<JobRecord>, Vec<JobRecord>) = ended.into_iter().partition(|record| {
        matches!(record.job.state.kind(), StateKind::Done | StateKind::NoChange)
    });
    let dead: Vec<JobRecord> =
        rest.into_iter().filter(|r| r.job.state.kind() == StateKind::Dead).collect();
    let in_flight = views(&live)?;
    let mut asks = open_decisions(conn, visible, now, of)?;
    let of_none =
        |view: &&JobView| !asks.iter().any(|ask| Some(&ask.thread) == view.target.as_ref());
    let others: Vec<OpenQuestion> = in_flight.iter().filter(of_none).filter_map(ask).collect();
    asks.extend(others);
    let results = jobs::results(conn, now.before(LATELY))?;
    let midnight = value::Date(now.zoned(&of.zone).date()).begins(&of.zone);
    let agents = Agents { of, visible, fleet, results: &results, live: &live, now };
    let jobs = DayJobs {
        claimed: live.iter().filter(|record| is_doubted(record)).count(),
        in_flight,
        dead: views(&dead)?,
        shipped: views(&shipped)?,
        money: DayMoney {
            spent: jobs::spent_since(conn, midnight)?.micro_usd,
            cap: of.day_cap,
            per_merged: DayMoney::per_merged(&results, now.before(WEEK)),
        },
        agents: agents.told(conn)?,
    };
    Ok((jobs, asks))
}

/// What there is to tell of agents.
struct Agents<'a> {
    of: &'a ReportScope,
    visible: &'a Visible,
    fleet: &'a Controls,
    results: &'a [EndedJob],
    live: &'a [JobRecord],
    now: Timestamp,
}

impl Agents<'_> {
    fn told(&self, conn: &Connection) -> Result<Vec<AgentDay>, Error> {
        let wrong = incidents::all(conn)?;
        let problem = |agent: &str| {
            let of_it = wrong.iter().filter_map(|open| match &open.incident {
                Incident::Agent { name, problem } if name == agent => Some(*problem),
                _ => None,
            });
            of_it.min()
        };
        let agents = self.of.agents.iter().map(|agent| {
            let name = agent.name.as_str();
            let threads = self.threads(conn, name)?;
            Ok(AgentDay {
                agent: name.to_owned(),
                results: AgentResults::of(name, self.results),
                now: AgentActivity::of(problem(name), self.pause(name), &threads),
            })
        });
        agents.collect()
    }

    /// What it works on, as far as that may be named.
    fn threads(&self, conn: &Connection, agent: &str) -> Result<Vec<Option<String>>, Error> {
        let leases = jobs::leases(conn)?;
        let mut threads = Vec::new();
        for lease in leases.iter().filter(|lease| lease.agent() == agent) {
            // What may not be named is not among them.
            let record = self.live.iter().find(|record| record.job.spec.id == lease.job());
            let thread = record.map(|record| record.job.spec.thread);
            threads.push(match thread.filter(|thread| self.visible.may_name(thread.repo)) {
                Some(thread) => {
                    Some(format!("{}#{}", repo_name(conn, thread.repo)?, thread.number))
                }
                None => None,
            });
        }
        Ok(threads)
    }

    fn pause(&self, agent: &str) -> Option<Paused> {
        let pause = self.fleet.pause_of(&PauseScope::Agent(agent.to_owned()))?;
        Some(Paused {
            what: agent.to_owned(),
            since: said(pause.since, self.now, &self.of.zone),
            by: pause.by.login.clone(),
        })
    }
}

/// What was claimed last was not seen.
fn is_doubted(record: &JobRecord) -> bool {
    record.last_verdict() == Some(Verdict::Nothing)
}

fn view(
    conn: &Connection,
    of: &ReportScope,
    record: &JobRecord,
    now: Timestamp,
) -> Result<JobView, Error> {
    let thread = record.job.spec.thread;
    let mut view = JobView::of(record, now, &of.zone);
    view.target = Some(format!("{}#{}", repo_name(conn, thread.repo)?, thread.number));
    view.title = backlog::titles(conn, &[thread])?.remove(&thread).map(|known| known.title);
    Ok(view)
}

fn repo_name(conn: &Connection, repo: RepoId) -> Result<String, Error> {
    Ok(repos::name(conn, repo)?.map_or_else(|| "?".to_owned(), |repo| repo.name.to_string()))
}

/// What people are asked, the oldest first.
fn open_decisions(
    conn: &Connection,
    visible: &Visible,
    now: Timestamp,
    of: &ReportScope,
) -> Result<Vec<OpenQuestion>, Error> {
    let mut asks = Vec::new();
    for StoredDecision { decision, .. } in decisions::open(conn)? {
        let (thread, verb) = (decision.thread, verbs_for(decision.question).first());
        let (true, Some(verb)) = (visible.may_name(thread.repo), verb) else { continue };
        let due = jobs::get(conn, decision.job)?.and_then(|stored| stored.job.state.due_at());
        asks.push(OpenQuestion {
            thread: format!("{}#{}", repo_name(conn, thread.repo)?, thread.number),
            question: asked_in_short(&decision),
            due: due.map(|due| said(due, now, &of.zone)),
            answer: format!("{verb} {}", decision.id),
        });
    }
    Ok(asks)
}

fn ask(view: &JobView) -> Option<OpenQuestion> {
    match &view.standing {
        JobStanding::NeedsPerson { question } => Some(OpenQuestion {
            thread: view.target.clone()?,
            question: question.said().to_owned(),
            due: None,
            answer: format!("retry {}", view.id),
        }),
        _ => None,
    }
}
