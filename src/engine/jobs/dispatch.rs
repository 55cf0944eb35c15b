//! Jobs that wait for an agent get one: the first of the ladder that nothing speaks against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use super::Jobs;
use super::refusal::{RefusalWords, agent_day, is_about_agent, nobody};
use crate::core::jobs::ladder::{Rung, preferred};
use crate::core::jobs::money::{BudgetScope, BudgetShortage};
use crate::core::jobs::start_terms::StartProposal;
use crate::core::jobs::{Job, JobId, StepTime};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AgentRecords, AgentSlot, Depth};
use crate::store::jobs::{self, Advanced, ForgeView, LeaseRefusal, LeaseRequest, StoredJob};
use crate::store::{Connection, Error, Transaction, backlog, controls, repos};

/// How many jobs are looked at in one round.
const MOST: u32 = 256;

/// A job that waits, with what its place on the ladder depends on.
struct WaitingJob {
    job: Job,
    is_small: bool,
    /// Of a review: the agents that worked on what is reviewed, and the account that opened it.
    made_by: BTreeSet<String>,
    opened_by: Option<String>,
    /// Its repository, as it is called now.
    repo: Option<crate::core::model::repository::Repo>,
}

impl WaitingJob {
    /// Whether this agent made what it would review.
    fn is_by(&self, agent: &str, account: Option<&str>) -> bool {
        let opened = self.opened_by.as_deref().zip(account);
        self.made_by.contains(agent)
            || opened.is_some_and(|(by, account)| by.eq_ignore_ascii_case(account))
    }
}

/// What came of a try to give a job away.
enum LeaseTry {
    Leased(Box<Advanced>),
    /// A person is asked first.
    Asks(Box<Advanced>),
    /// Why nobody got it: of each agent that was tried.
    Refused(Vec<(String, LeaseRefusal)>),
}

/// What a round showed of the budget of the day. That it has no room outweighs that it had some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DayBudget {
    /// Other reasons came first.
    Unknown,
    HasRoom,
    Spent(BudgetShortage),
}

/// What a round showed of agents.
#[derive(Default)]
struct SeenAgents {
    /// They take nothing at all now.
    full: BTreeSet<String>,
    /// Their own day has no room for what they were to get.
    spent: BTreeMap<String, BudgetShortage>,
}

impl Jobs {
    /// Gives agents to the jobs that wait for one, the oldest first.
    pub(in crate::engine) async fn give_out(&self) -> Result<(), Error> {
        if self.drains() {
            return Ok(());
        }
        self.has_moved.store(false, Ordering::SeqCst);
        let now = self.ctx.now();
        let view = self.view();
        let read = self.ctx.ledger.read(move |conn| {
            let waiting = jobs::queued(conn, MOST)?;
            let waiting = waiting.into_iter().map(|stored| waiting_job(conn, stored));
            let waiting = waiting.collect::<Result<Vec<_>, Error>>()?;
            let outcomes = jobs::outcomes(conn, now)?;
            Ok((waiting, outcomes, view(conn)?, backlog::version(conn)?))
        });
        let (waiting, outcomes, view, version) = read.await?;
        let (at_version, at) = &self.given_out;
        at_version.store(version, Ordering::SeqCst);
        at.store(now.micros(), Ordering::SeqCst);
        let mut agents = SeenAgents::default();
        let mut budget = (!waiting.is_empty()).then_some(DayBudget::Unknown);
        for waiting in waiting {
            if self.drains() {
                return Ok(());
            }
            let ladder = self.ladder(&waiting, &agents.full, &outcomes);
            let seen = self.give(&waiting, ladder, view, &mut agents, now).await?;
            budget = budget.max(Some(seen));
        }
        let is_any = budget.is_some();
        self.tell_day_budget(budget.unwrap_or(DayBudget::HasRoom)).await;
        self.tell_agent_days(agents.spent, is_any).await
    }

    /// One incident for each agent whose own day is spent, as long as it is and anything waits.
    async fn tell_agent_days(
        &self,
        spent: BTreeMap<String, BudgetShortage>,
        is_any: bool,
    ) -> Result<(), Error> {
        for incident in self.incidents.all_open() {
            let Incident::AgentDaySpent { name } = &incident else { continue };
            let waits = is_any && (spent.contains_key(name) || !self.has_room_today(name).await?);
            if !waits {
                self.incidents.set(incident, None).await;
            }
        }
        for (name, over) in spent {
            let text = format!("{name}: {}", over.told_of(&name));
            self.incidents.set(Incident::AgentDaySpent { name }, Some(text)).await;
        }
        Ok(())
    }

    /// Whether an agent may spend what an attempt may cost today, as far as that is its own budget. One
    /// that is there no more is waited for by nobody.
    async fn has_room_today(&self, agent: &str) -> Result<bool, Error> {
        let policy = &self.ctx.policy;
        let Some(terms) = policy.jobs.agents.get(agent) else { return Ok(true) };
        let (bound, budgets, now) = (terms.terms.bound, policy.jobs.budgets, self.ctx.now());
        let (name, day_began) = (agent.to_owned(), now.day_began(&policy.zone));
        let read = self.ctx.ledger.read(move |conn| {
            let today = budgets.today(&controls::at(conn, now)?, &name);
            Ok(today.agent_day.has_room(jobs::spent_by(conn, &name, day_began)?, bound))
        });
        read.await
    }

    /// One incident for all jobs for which the budget of the day has no room.
    async fn tell_day_budget(&self, seen: DayBudget) {
        match seen {
            DayBudget::Spent(over) => {
                self.incidents.set(Incident::DayBudgetSpent, Some(over.to_string())).await;
            }
            DayBudget::HasRoom if self.incidents.is_open(&Incident::DayBudgetSpent) => {
                self.incidents.set(Incident::DayBudgetSpent, None).await;
            }
            DayBudget::HasRoom | DayBudget::Unknown => {}
        }
    }

    /// Tries to give one job away. What is seen of agents goes to `agents`.
    async fn give(
        &self,
        waiting: &WaitingJob,
        ladder: Vec<Rung>,
        view: ForgeView,
        agents: &mut SeenAgents,
        now: Timestamp,
    ) -> Result<DayBudget, Error> {
        // Whether or not there is an agent for it: nobody is asked about a round that is none.
        if self.is_any_dismissed(&waiting.job, waiting.repo.as_ref()).await? {
            return Ok(DayBudget::Unknown);
        }
        let (id, repo) = (waiting.job.spec.id, waiting.job.spec.repo());
        let nobody = nobody(&waiting.job, &ladder);
        let requests: Vec<LeaseRequest> =
            ladder.iter().filter_map(|rung| self.request(&rung.agent, repo, view, now)).collect();
        let (step, zone) = (self.step_time(), self.ctx.policy.zone.clone());
        let what = if waiting.job.spec.given().is_some() { "the issue" } else { "it" };
        let named = waiting.job.past.agent.clone();
        let words = RefusalWords { nobody, what, named, zone };
        let tried = self.ctx.ledger.write(move |tx| try_all(tx, id, &requests, step, &words));
        match tried.await? {
            LeaseTry::Leased(advanced) => {
                if let Some(fence) = advanced.after.past.fence {
                    self.watches.begin(id, fence);
                }
                self.moved(&advanced).await;
                Ok(DayBudget::HasRoom)
            }
            LeaseTry::Asks(advanced) => {
                self.moved(&advanced).await;
                Ok(DayBudget::HasRoom)
            }
            LeaseTry::Refused(refusals) => {
                let seen = day_budget(&refusals);
                agents.spent.extend(refusals.iter().filter_map(agent_day));
                let takes_nothing = refusals.into_iter().filter(|(_, why)| is_about_agent(why));
                agents.full.extend(takes_nothing.map(|(agent, _)| agent));
                Ok(seen)
            }
        }
    }

    /// The agents that may take a job, the preferred one first.
    fn ladder(
        &self,
        waiting: &WaitingJob,
        full: &BTreeSet<String>,
        outcomes: &AgentRecords,
    ) -> Vec<Rung> {
        let policy = &self.ctx.policy;
        let is_named = waiting.job.past.agent.is_some();
        let is_asked_for = waiting.job.is_asked_for();
        let roles = [waiting.job.spec.role.clone()];
        let now = self.ctx.now();
        let has_thread = waiting.job.spec.given().is_some();
        let may_work = |name: &String| {
            let covers = |repo: &crate::core::model::repository::Repo| {
                let terms = policy.jobs.agents.get(name);
                terms.is_some_and(|terms| terms.repositories.covers(&repo.name, !repo.private))
                    && !waiting.is_by(name, terms.map(|terms| terms.account.as_str()))
                    && terms.is_some_and(|terms| has_thread || !terms.needs_thread)
                    && self.policies.admits(repo.id, name, &roles, !is_asked_for)
                    && (is_named || !self.fleet.is_barred(name, repo.id, now))
            };
            waiting.repo.as_ref().is_some_and(covers)
        };
        let (role, repo) = (&waiting.job.spec.role, waiting.job.spec.repo());
        let fit =
            |slot: &AgentSlot| outcomes.fit(&slot.name, slot.prior, Depth::Repo(role, repo)).lower;
        // Whoever reviews should not run the model that made it.
        let of_agents = policy.jobs.agents.iter();
        let kin: BTreeSet<&String> = of_agents
            .filter(|(name, terms)| waiting.is_by(name, Some(&terms.account)))
            .filter_map(|(_, terms)| terms.family.as_ref())
            .collect();
        let is_kin = |family: Option<&String>| family.is_some_and(|family| kin.contains(family));
        let rung = |slot: &AgentSlot| {
            let terms = policy.jobs.agents.get(&slot.name)?;
            Some(Rung {
                agent: slot.name.clone(),
                family: terms.family.clone(),
                micro_usd: slot.micro_usd,
                fit: fit(slot),
                is_kin: is_kin(terms.family.as_ref()),
            })
        };
        let allowed = allowed(&waiting.job).filter(|agent| {
            policy.workers.iter().any(|slot| slot.name == **agent) && may_work(agent)
        });
        let can = policy.workers.iter().filter(|slot| {
            self.fleet.agent(&slot.name).is_some()
                && !full.contains(&slot.name)
                && allowed.is_none_or(|agent| *agent == slot.name)
                && may_work(&slot.name)
        });
        preferred(&waiting.job, waiting.is_small, can.filter_map(rung).collect())
    }
}

/// The agent with which a person allowed it to begin: it is waited for, so that nobody has to be asked
/// about another one.
fn allowed(job: &Job) -> Option<&String> {
    let agent = &job.past.allowed.as_ref()?.agent;
    job.past.agent.as_ref().is_none_or(|named| named == agent).then_some(agent)
}

fn waiting_job(conn: &Connection, stored: StoredJob) -> Result<WaitingJob, Error> {
    let job = stored.job;
    let (made_by, opened_by) = match job.spec.given() {
        Some(pull) if job.spec.purpose.is_review() => {
            (jobs::worked_on(conn, pull)?, backlog::author_of(conn, pull)?)
        }
        _ => (BTreeSet::new(), None),
    };
    let is_small = match job.spec.given() {
        Some(thread) => jobs::is_small(conn, thread)?,
        None => false,
    };
    Ok(WaitingJob { made_by, opened_by, is_small, repo: repos::name(conn, job.spec.repo())?, job })
}

fn try_all(
    tx: &Transaction<'_>,
    id: JobId,
    requests: &[LeaseRequest],
    now: StepTime,
    how: &RefusalWords,
) -> Result<LeaseTry, Error> {
    let mut refusals = Vec::new();
    let mut unasking = None;
    for request in requests {
        match jobs::lease(tx, id, request, now)? {
            Ok((_, advanced)) => {
                jobs::note_waiting(tx, id, None, now.at)?;
                return Ok(LeaseTry::Leased(Box::new(advanced)));
            }
            // Rather one that asks.
            Err(LeaseRefusal::NeedsYes(proposal)) if proposal.terms.cannot_ask => {
                unasking.get_or_insert(proposal);
            }
            // The agent that would get it is the one that is asked about.
            Err(LeaseRefusal::NeedsYes(proposal)) => {
                if let Some(asks) = propose(tx, id, &proposal, now)? {
                    return Ok(asks);
                }
            }
            Err(refusal) => refusals.push((request.agent.clone(), refusal)),
        }
    }
    if let Some(proposal) = unasking
        && let Some(asks) = propose(tx, id, &proposal, now)?
    {
        return Ok(asks);
    }
    let words = how.told(&refusals, now.at);
    let words = if words.is_empty() { how.nobody } else { &words };
    jobs::note_waiting(tx, id, Some(words), now.at)?;
    Ok(LeaseTry::Refused(refusals))
}

/// Asks a person, if the job still waits for an agent.
fn propose(
    tx: &Transaction<'_>,
    id: JobId,
    proposal: &StartProposal,
    now: StepTime,
) -> Result<Option<LeaseTry>, Error> {
    let Some(advanced) = jobs::propose(tx, id, proposal, now)? else { return Ok(None) };
    jobs::note_waiting(tx, id, None, now.at)?;
    Ok(Some(LeaseTry::Asks(Box::new(advanced))))
}

fn day_budget(refusals: &[(String, LeaseRefusal)]) -> DayBudget {
    let over = refusals.iter().find_map(|(_, why)| match why {
        LeaseRefusal::OverBudget(over) if over.scope == BudgetScope::Day => Some(*over),
        _ => None,
    });
    over.map_or(DayBudget::Unknown, DayBudget::Spent)
}
