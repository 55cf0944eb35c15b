//! Whether an agent may still get a job, asked in the transaction that gives it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::attempts::ProbeTime;
use super::{attempts, crew, load, quotas};
use crate::core::command::value::Size;
use crate::core::jobs::ask_first::{StartFacts, StartRules, proposal};
use crate::core::jobs::money::{BudgetShortage, Budgets, Ceiling, ChargeTerms};
use crate::core::jobs::start_terms::StartProposal;
use crate::core::jobs::{Fence, Job, JobThread, Purpose, RoutineRun, Timeouts, WorkKind};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::NamedPaths;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::{Controls, PauseScope};
use crate::core::scheduling::{
    AgentRecords, AgentSlot, AutoTerms, Ineligible, IssueFacts, IssueLabels, Limits, Load,
    Rejection, Roster, Rules, SuggestReason, WorkState, lack, obstacles,
};
use crate::store::error::Error;
use crate::store::{automatic, backlog, controls, covered_text};

/// An agent for a job, with all that the ledger does not know.
#[derive(Debug, Clone)]
pub struct LeaseRequest {
    pub agent: String,
    /// Whose model it runs.
    pub family: Option<String>,
    pub timeouts: Timeouts,
    pub terms: ChargeTerms,
    pub can_be_told: bool,
    pub rules: Rules,
    /// The agents, and whether each can be reached and paid, as was found right before.
    pub workers: Vec<AgentSlot>,
    pub limits: Limits,
    pub budgets: Budgets,
    /// What is asked before it begins.
    pub start_rules: StartRules,
    /// When the present day began, in the configured zone.
    pub day_began: Timestamp,
    pub outside: ForgeView,
}

/// What was found on the forge right before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForgeView {
    /// Open pull requests of agents that wait for review.
    pub reviews_waiting: u32,
    /// A question about the issue waits for a person.
    pub is_asked: bool,
}

/// Why an agent does not get a job, or is not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseRefusal {
    /// The job does not wait for this: it was leased, cancelled or given up meanwhile.
    #[error("the job does not wait for an agent any more")]
    NotThere,
    /// A person named another agent.
    #[error("a person named another agent")]
    NamedAnother,
    /// The ledger does not know the issue as open, so nothing about it can be checked.
    #[error("the issue is not known to be open")]
    Unknown,
    #[error("the issue may not be worked on: {0:?}")]
    Ineligible(Vec<Ineligible>),
    #[error("the agent lacks something: {0:?}")]
    Lacks(Rejection),
    /// Its quota has no room; when it has again, as far as that is known.
    #[error("its quota is used up")]
    PoolEmpty(Option<Timestamp>),
    #[error("the agent is paused")]
    AgentPaused,
    /// Nothing that it was given lately left anything.
    #[error("what it was given lately left nothing: it gets one job an hour until something does")]
    BreakerOpen,
    #[error("{0}")]
    OverBudget(BudgetShortage),
    /// Nothing else speaks against it, and a person is asked first.
    #[error("a person is asked first")]
    NeedsYes(Box<StartProposal>),
    /// Nobody asked for the job, and it is only suggested.
    #[error("{}", .0.said())]
    HeldBack(SuggestReason),
    /// The ledger has no name to call attempts by.
    #[error("the ledger has no name yet")]
    NoLedgerName,
}

/// Whether `job` may be given to the agent of `bid` now; `own` is the lease that it has already.
pub(super) fn check(
    conn: &Connection,
    job: &Job,
    work: WorkKind,
    own: Option<Fence>,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Result<(), LeaseRefusal>, Error> {
    if job.past.agent.as_ref().is_some_and(|named| *named != bid.agent) {
        return Ok(Err(LeaseRefusal::NamedAnother));
    }
    let checks = match &job.spec.thread {
        JobThread::Given(thread) => match of_thread(conn, (job, *thread), work, own, bid, now)? {
            Ok(checks) => Vec::from(checks),
            Err(refusal) => return Ok(Err(refusal)),
        },
        JobThread::Routine(run) => Vec::from(of_routine(conn, (job, run), work, own, bid, now)?),
    };
    let others = [breaker(conn, own, bid, now)?, budget(conn, job, own, bid, now)?];
    Ok(checks.into_iter().chain(others).collect())
}

/// What its issue, or pull request, says to it.
fn of_thread(
    conn: &Connection,
    (job, thread): (&Job, ThreadId),
    work: WorkKind,
    own: Option<Fence>,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Result<[Checked; 3], LeaseRefusal>, Error> {
    let machines = &bid.rules.machines;
    // What its own attempts opened is no reason against the next one.
    let is_own = |login: &str| {
        job.past.fence.is_some() && machines.iter().any(|m| m.eq_ignore_ascii_case(login))
    };
    let is_review = job.spec.purpose.is_review();
    let known = match job.spec.adopts.is_some() || is_review {
        false => backlog::issue(conn, thread)?,
        true => backlog::adoptable_pull(conn, thread)?,
    };
    let Some(mut facts) = known else { return Ok(Err(LeaseRefusal::Unknown)) };
    facts.pulls.retain(|pull| !pull.author.as_ref().is_some_and(|author| is_own(&author.login)));
    // Who works on it meanwhile is in no review's way.
    facts.work = match is_review {
        true => WorkState::default(),
        false => load::others_work(conn, thread, Some(job.spec.id))?,
    };
    facts.work.is_asked = bid.outside.is_asked;

    let wanted = (thread.repo, &facts.labels[..]);
    Ok(Ok([
        eligible(conn, job, &facts, bid, now)?,
        capacity(conn, job, work, own, wanted, bid, now)?,
        trial(conn, job, work, &facts, bid)?,
    ]))
}

/// What its repository says to a job that has no issue. The agent has to be as harmless there as one that
/// starts by itself, unless a person wants the job.
fn of_routine(
    conn: &Connection,
    (job, run): (&Job, &RoutineRun),
    work: WorkKind,
    own: Option<Fence>,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<[Checked; 3], Error> {
    let is_watched = backlog::tracked(conn)?.iter().any(|repo| repo.id == run.repo);
    let fleet = controls::at(conn, now)?;
    let known = [
        (!is_watched, Ineligible::RepoNotWatched),
        (fleet.pause_over(run.repo).is_some(), Ineligible::Paused),
    ];
    let known = known.into_iter().filter_map(|(holds, why)| holds.then_some(why));
    let said = said_in_its_pull(conn, job, &fleet, bid, now)?;
    let obstacles = known.chain(said).collect();
    let found = match job.is_asked_for() {
        true => None,
        false => automatic::state(conn)?.keeps_routine_from(&bid.agent, run.repo),
    };
    Ok([
        unhindered(obstacles, &fleet, bid),
        capacity(conn, job, work, own, (run.repo, &[]), bid, now)?,
        found.map_or(Ok(()), |reason| Err(LeaseRefusal::HeldBack(reason))),
    ])
}

/// What people said in the pull request in which a routine's job is talked of, that keeps it from going
/// on.
fn said_in_its_pull(
    conn: &Connection,
    job: &Job,
    fleet: &Controls,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Vec<Ineligible>, Error> {
    let Some(home) = job.home() else { return Ok(Vec::new()) };
    let Some(facts) = backlog::adoptable_pull(conn, home)? else { return Ok(Vec::new()) };
    let mut said = obstacles(&facts, &bid.rules, fleet, now);
    said.retain(|why| matches!(why, Ineligible::Hold | Ineligible::Snoozed | Ineligible::Blocked));
    Ok(said)
}

type Checked = Result<(), LeaseRefusal>;

fn eligible(
    conn: &Connection,
    job: &Job,
    facts: &IssueFacts,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Checked, Error> {
    let fleet = controls::at(conn, now)?;
    let mut obstacles = obstacles(facts, &bid.rules, &fleet, now);
    if job.is_asked_for() {
        obstacles.retain(|obstacle| !obstacle.yields_to_a_person());
    }
    if job.spec.purpose == Purpose::Split {
        obstacles.retain(|obstacle| obstacle.keeps_from_splitting());
    }
    Ok(unhindered(obstacles, &fleet, bid))
}

/// Whether neither a pause of its agent nor `obstacles` stand in the way.
fn unhindered(obstacles: Vec<Ineligible>, fleet: &Controls, bid: &LeaseRequest) -> Checked {
    if fleet.pause_of(&PauseScope::Agent(bid.agent.clone())).is_some() {
        return Err(LeaseRefusal::AgentPaused);
    }
    if obstacles.is_empty() { Ok(()) } else { Err(LeaseRefusal::Ineligible(obstacles)) }
}

fn capacity(
    conn: &Connection,
    job: &Job,
    work: WorkKind,
    own: Option<Fence>,
    wanted: (RepoId, &[String]),
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Checked, Error> {
    // What has one adds no pull request to those that wait, and who reviews one takes it from them.
    let reviews_waiting = match (work, job.past.pull) {
        (WorkKind::Begin, None) if !job.spec.purpose.is_review() => bid.outside.reviews_waiting,
        (WorkKind::Begin, _) | (WorkKind::Repair(_), _) => 0,
    };
    let held = held(conn, own)?;
    let mut workers = bid.workers.clone();
    workers.extend(gone(&held, bid));
    // Whether its issue may cost more is asked below.
    let mut limits = Limits { issue_micro_usd: None, ..bid.limits.clone() };
    quotas::fill(conn, &mut workers, &mut limits, own, now)?;
    let quota_at = workers.iter().find(|one| one.name == bid.agent).and_then(|one| one.quota_at);
    let roster = Roster {
        workers,
        limits,
        load: load(&held, reviews_waiting),
        outcomes: AgentRecords::default(),
        small_handed_out: 0,
        until: None,
        auto: AutoTerms::default(),
    };
    let role = job.past.agent.is_none().then_some(job.spec.role.as_str());
    Ok(match lack(wanted, &bid.agent, role, &roster) {
        None => Ok(()),
        Some(Rejection::PoolEmpty) => Err(LeaseRefusal::PoolEmpty(quota_at)),
        Some(lack) => Err(LeaseRefusal::Lacks(lack)),
    })
}

/// An agent on trial has one job at a time that nobody asked for, and nothing large.
fn trial(
    conn: &Connection,
    job: &Job,
    work: WorkKind,
    facts: &IssueFacts,
    bid: &LeaseRequest,
) -> Result<Checked, Error> {
    if job.is_asked_for() || !job.spec.claims_by_card {
        return Ok(Ok(()));
    }
    let state = automatic::state(conn)?;
    let repo = facts.thread.repo;
    // Where it is not wished any more, what has begun goes on.
    let keeps = state.since.contains_key(&repo).then(|| state.keeps_from(&bid.agent, repo));
    if let Some(reason) = keeps.flatten() {
        return Ok(Err(LeaseRefusal::HeldBack(reason)));
    }
    let trial = automatic::trial(conn, &bid.agent, facts.thread.repo, job.spec.id)?;
    let size = IssueLabels::of(&facts.labels).size;
    let is_large = work == WorkKind::Begin && size.is_some_and(|size| size > Size::M);
    Ok(trial.obstacle(is_large).map_or(Ok(()), |reason| Err(LeaseRefusal::HeldBack(reason))))
}

/// Leases of one agent in one repository.
struct HeldLeases {
    agent: String,
    repo: RepoId,
    host: Option<String>,
    pool: Option<String>,
    count: u32,
}

/// What runs, by its leases; without one of them.
fn held(conn: &Connection, except: Option<Fence>) -> Result<Vec<HeldLeases>, Error> {
    let held = conn
        .prepare_cached(
            "SELECT agent, repo, host, pool, count(*) FROM leases WHERE fence IS NOT ?1
             GROUP BY agent, repo, host, pool ORDER BY agent",
        )?
        .query_map([except], |row| {
            Ok(HeldLeases {
                agent: row.get(0)?,
                repo: row.get(1)?,
                host: row.get(2)?,
                pool: row.get(3)?,
                count: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(held)
}

/// Agents that work and are in the configuration no more: their hosts and quotas bear them still.
fn gone(held: &[HeldLeases], bid: &LeaseRequest) -> Vec<AgentSlot> {
    let mut gone: Vec<AgentSlot> = Vec::new();
    for HeldLeases { agent, host, pool, .. } in held {
        if bid.workers.iter().chain(&gone).any(|slot| slot.name == *agent) {
            continue;
        }
        gone.push(AgentSlot {
            name: agent.clone(),
            roles: Vec::new(),
            skills: Vec::new(),
            host: host.clone(),
            pool: pool.clone(),
            capacity: 0,
            prior: 0,
            is_up: false,
            is_spent: false,
            ..AgentSlot::default()
        });
    }
    gone
}

/// When an agent may get work, as far as its breaker is asked.
pub fn probe_time(conn: &Connection, agent: &str, now: Timestamp) -> Result<ProbeTime, Error> {
    attempts::probe_time(conn, agent, None, now)
}

/// What runs, by its leases.
pub fn present_load(conn: &Connection, reviews_waiting: u32) -> Result<Load, Error> {
    Ok(load(&held(conn, None)?, reviews_waiting))
}

fn load(held: &[HeldLeases], reviews_waiting: u32) -> Load {
    let mut load = Load { agents: BTreeMap::new(), repos: BTreeMap::new(), reviews_waiting };
    for HeldLeases { agent, repo, count, .. } in held {
        *load.agents.entry(agent.clone()).or_default() += count;
        *load.repos.entry(*repo).or_default() += count;
    }
    load
}

fn breaker(
    conn: &Connection,
    own: Option<Fence>,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Checked, Error> {
    Ok(match attempts::probe_time(conn, &bid.agent, own, now)? {
        ProbeTime::Now => Ok(()),
        ProbeTime::At(_) => Err(LeaseRefusal::BreakerOpen),
    })
}

fn budget(
    conn: &Connection,
    job: &Job,
    own: Option<Fence>,
    bid: &LeaseRequest,
    now: Timestamp,
) -> Result<Checked, Error> {
    let spending = attempts::spending(conn, &job.spec, &bid.agent, bid.day_began, own)?;
    // A day that is spent is waited for; of the issue, a person decides.
    let today = bid.budgets.today(&controls::at(conn, now)?, &bid.agent);
    let of_day = Budgets { issue: Ceiling::default(), ..today };
    if let Some(over) = of_day.exceeded(&spending, bid.terms.bound) {
        return Ok(Err(LeaseRefusal::OverBudget(over)));
    }
    // What a routine is to do, whoever runs the fleet wrote: nothing of it is asked about.
    let (text, named) = match job.spec.given() {
        Some(thread) => {
            (covered_text::digest(conn, thread)?, covered_text::named_paths(conn, thread)?)
        }
        None => (None, NamedPaths::default()),
    };
    let is_own = |slot: &&AgentSlot| slot.name == bid.agent;
    let facts = StartFacts {
        agent: &bid.agent,
        cannot_ask: bid.workers.iter().find(is_own).is_some_and(|slot| slot.cannot_ask),
        text,
        is_beside_its_plan: crew::is_beside_its_plan(conn, job, text)?,
        named: &named,
        spent: spending.issue,
        bound: bid.terms.bound,
        configured: bid.budgets.issue,
        raised: controls::raised(conn, job.spec.id)?,
    };
    Ok(match proposal(job, &facts, &bid.start_rules) {
        Some(proposal) if proposal.terms.cannot_ask && !is_known_to_people(job, &bid.agent) => {
            Err(LeaseRefusal::Lacks(Rejection::CannotAsk))
        }
        Some(proposal) => Err(LeaseRefusal::NeedsYes(Box::new(proposal))),
        None => Ok(()),
    })
}

/// Whether a person wants the job, or spoke of this agent for it: nobody else is asked whether an agent
/// may work that timmy would not have chosen.
fn is_known_to_people(job: &Job, agent: &str) -> bool {
    let past = &job.past;
    job.is_asked_for()
        || past.agent.is_some()
        || past.allowed.as_ref().is_some_and(|terms| terms.agent == agent)
}
