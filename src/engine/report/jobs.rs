//! The jobs that there are to tell of a day, as the ledger has them.

use std::time::Duration;

use super::scope::ReportScope;
use crate::core::command::value::{self, Amount};
use crate::core::decisions::{expected_effort, verbs_for};
use crate::core::jobs::{Done, JobId, JobRecord, Purpose, State, StateKind, Verdict};
use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::audience::Visible;
use crate::core::policy::controls::{BudgetPart, Controls, PauseScope};
use crate::core::reply::Paused;
use crate::core::reply::decisions::asked_in_short;
use crate::core::reply::jobs::{JobStanding, JobView, keeps_from_merging, place_of, sentences_of};
use crate::core::report::{
    AgentActivity, AgentDay, AgentResults, ClaimedJob, DayJobs, DayMoney, EndedJob, OpenQuestion,
    is_brought_up,
};
use crate::core::scheduling::Depth;
use crate::store::decisions::{self, StoredDecision};
use crate::store::{Connection, Error, backlog, incidents, jobs, repos};

/// How many jobs of a kind are counted: the day's comment shows far fewer. Those that may not be
/// named to its readers are among them.
const MOST: u32 = 1000;

/// So far back it is counted what merged work costs.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// So far back results tell of an agent.
const LATELY: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many seconds it takes to do something on the forge by hand.
const BY_HAND: u32 = 120;

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
        found.retain(|record| visible.may_name(record.job.spec.repo()));
        Ok(found)
    };
    let live = records(jobs::live_ids(conn)?)?;
    let (since, until) = (of.period.since, of.period.until);
    let ended = records(jobs::ended_between(conn, (since, until), MOST)?)?;
    let views = |records: &[JobRecord]| -> Result<Vec<JobView>, Error> {
        records.iter().map(|record| view(conn, of, record, now)).collect()
    };
    let (mut shipped, rest): (Vec<JobRecord>, Vec<JobRecord>) =
        ended.into_iter().partition(|record| {
            matches!(record.job.state.kind(), StateKind::Done | StateKind::NoChange)
                && record.job.state != State::Done(Done::Reverted)
        });
    let dead: Vec<JobRecord> =
        rest.into_iter().filter(|r| r.job.state.kind() == StateKind::Dead).collect();
    // What agents said of others' work is none that was shipped, nor is a plan.
    let is_result = |purpose: Purpose| !purpose.is_review() && !purpose.is_said();
    shipped.retain(|record| is_result(record.job.spec.purpose) && !is_silent(record));
    let mut reverted = records(jobs::reverted_between(conn, (since, until), MOST)?)?;
    // What was merged stays told, also of jobs that began once more.
    let mut before = jobs::merged_jobs_before(conn, now.before(LATELY))?;
    before.retain(|record| visible.may_name(record.job.spec.repo()));
    let is_of_the_day = |at: Timestamp| at >= since && at < until;
    for record in before {
        match record.reverted().map(|(_, at)| at) {
            Some(at) if is_of_the_day(at) => reverted.push(record),
            None if record.ended_at.is_some_and(is_of_the_day) => shipped.push(record),
            Some(_) | None => {}
        }
    }
    let mut asks = open_decisions(conn, &live, of, now)?;
    let (claimed, in_flight): (Vec<JobRecord>, Vec<JobRecord>) =
        live.iter().filter(|record| !is_silent(record)).cloned().partition(is_doubted);
    let (claimed, in_flight) = (claimed_views(&claimed, &views(&claimed)?), views(&in_flight)?);
    let is_asked = |view: &&JobView| {
        view.asked.is_some()
            || asks.iter().any(|ask: &OpenQuestion| Some(&ask.thread) == view.target.as_ref())
    };
    let doubted = claimed.iter().map(|claim: &ClaimedJob| &claim.view);
    let others = in_flight.iter().chain(doubted).filter(|view| !is_asked(view)).filter_map(ask);
    let others: Vec<OpenQuestion> = others.collect();
    asks.extend(others);
    asks.extend(unmerged(conn, &records(jobs::refused_ids(conn, MOST)?)?)?);
    asks.sort_by_key(|ask| ask.effort);
    let results = jobs::results(conn, now.before(LATELY))?;
    let midnight = value::Date(now.zoned(&of.zone).date()).begins(&of.zone);
    let agents = Agents { of, visible, fleet, results: &results, live: &live, now };
    let jobs = DayJobs {
        claimed,
        in_flight,
        dead: views(&dead)?,
        shipped: views(&shipped)?,
        reverted: views(&reverted)?,
        money: DayMoney {
            spent: jobs::spent_since(conn, midnight)?.micro_usd,
            cap: day_cap(of, fleet),
            per_merged: DayMoney::per_merged(&results, now.before(WEEK)),
        },
        touches: jobs::touches(conn, now.before(WEEK))?,
        agents: agents.told(conn)?,
    };
    Ok((jobs, asks))
}

/// What may be spent today, in millionths of a US dollar.
fn day_cap(of: &ReportScope, fleet: &Controls) -> Option<u64> {
    let said = fleet.budgets(&BudgetPart::All).find_map(|amount| match amount {
        Amount::MicroUsd(micro_usd) => Some(micro_usd),
        Amount::Tokens(_) | Amount::Runs(_) => None,
    });
    said.or(of.day_cap)
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
        let proved = jobs::outcomes(conn, self.now)?;
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
                fit: proved.fit(name, agent.prior, Depth::Everything).lower,
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
            let job = record.map(|record| &record.job);
            let job = job.filter(|job| self.visible.may_name(job.spec.repo()));
            threads.push(match job {
                Some(job) => Some(place_of(job, &repo_name(conn, job.spec.repo())?)),
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

/// Nobody is told of a routine that found nothing, nor as long as it looks.
fn is_silent(record: &JobRecord) -> bool {
    let needs_somebody = match record.job.state.kind() {
        StateKind::Deciding | StateKind::Waiting | StateKind::Uncertain | StateKind::Dead => true,
        StateKind::Queued
        | StateKind::Preflight
        | StateKind::Running
        | StateKind::Verifying
        | StateKind::BackingOff
        | StateKind::Done
        | StateKind::NoChange
        | StateKind::Cancelled => false,
    };
    record.job.home().is_none() && !needs_somebody
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
    let job = &record.job;
    let mut view = JobView::of(record, now, &of.zone);
    view.target = Some(place_of(job, &repo_name(conn, job.spec.repo())?));
    view.title = match job.home() {
        Some(home) => backlog::titles(conn, &[home])?.remove(&home).map(|known| known.title),
        None => None,
    };
    Ok(view)
}

fn repo_name(conn: &Connection, repo: RepoId) -> Result<String, Error> {
    Ok(repos::name(conn, repo)?.map_or_else(|| "?".to_owned(), |repo| repo.name.to_string()))
}

fn claimed_views(records: &[JobRecord], views: &[JobView]) -> Vec<ClaimedJob> {
    let claimed = records.iter().zip(views).map(|(record, view)| ClaimedJob {
        view: view.clone(),
        found: sentences_of(record).into_iter().next(),
    });
    claimed.collect()
}

/// What people are asked, the oldest first; of `live` jobs that may be named.
fn open_decisions(
    conn: &Connection,
    live: &[JobRecord],
    of: &ReportScope,
    now: Timestamp,
) -> Result<Vec<OpenQuestion>, Error> {
    let mut asks = Vec::new();
    for StoredDecision { decision, .. } in decisions::open(conn)? {
        let (thread, verb) = (decision.thread, verbs_for(decision.question).first());
        let record = live.iter().find(|record| record.job.spec.id == decision.job);
        let (Some(record), Some(verb)) = (record, verb) else { continue };
        let repo = repo_name(conn, thread.repo)?;
        asks.push(OpenQuestion {
            thread: format!("{repo}#{}", thread.number),
            question: asked_in_short(&decision, record, |number| format!("{repo}#{number}")),
            due: record.job.state.due_at().map(|due| said(due, now, &of.zone)),
            answer: Some(format!("{verb} {}", decision.id)),
            effort: expected_effort(&decision, record.change_size().map(|size| size.look_seconds)),
            is_brought_up: is_brought_up(decision.asked_at, of.remind, of.period),
            is_folded: decision.question.only_closes(decision.pull),
        });
    }
    Ok(asks)
}

/// What a person accepted and timmy could not merge: somebody has to do something about it.
fn unmerged(conn: &Connection, records: &[JobRecord]) -> Result<Vec<OpenQuestion>, Error> {
    let mut asks = Vec::new();
    for record in records {
        let (Some(why), Some(pull)) = (record.waits_to_be_merged(), record.job.past.pull) else {
            continue;
        };
        asks.push(OpenQuestion {
            thread: format!("{}#{pull}", repo_name(conn, record.job.spec.repo())?),
            question: format!("Accepted, and not merged: {}.", keeps_from_merging(why)).into(),
            due: None,
            answer: None,
            effort: BY_HAND,
            is_brought_up: true,
            is_folded: false,
        });
    }
    Ok(asks)
}

fn ask(view: &JobView) -> Option<OpenQuestion> {
    match &view.standing {
        JobStanding::NeedsPerson { question } => Some(OpenQuestion {
            thread: view.target.clone()?,
            question: question.said().to_owned().into(),
            due: None,
            answer: Some(format!("retry {}", view.id)),
            effort: BY_HAND,
            is_brought_up: true,
            is_folded: false,
        }),
        _ => None,
    }
}
