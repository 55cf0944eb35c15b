//! assign of an issue, or of a pull request that is there, to an agent: what is asked, what stands in the way, and what waits.

use std::collections::HashSet;

use super::facts::JobQuery;
use crate::core::command::value::{Amount, IssueRef, StatusTarget};
use crate::core::command::verb::Verb;
use crate::core::handlers::backlog::BacklogQuery;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::handlers::status::{StatusFacts, a_thread};
use crate::core::jobs::money::Ceiling;
use crate::core::jobs::{AdoptedBranch, NewJob, Origin, Purpose};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::is_dangerous;
use crate::core::policy::controls::AgentProfile;
use crate::core::reply::{Answer, JobAnswer, JobRefusal, JobWait, Why};
use crate::core::scheduling::{AgentSlot, Ineligible, IssueLabels, Rejection, lack};

/// The role of those to whom no label gives another.
const USUAL: &str = "coder";

/// The role of those who look at pull requests, and push nothing.
pub(in crate::core::handlers) const REVIEWER: &str = "reviewer";

/// Who is to get an issue.
#[derive(Debug, Clone, Copy)]
pub(in crate::core::handlers) enum AgentChoice<'a> {
    /// The agent of this name.
    Named(&'a str),
    /// The one with this account.
    OfAccount(&'a str),
    /// Whoever fits best.
    Best,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::core::handlers) struct AgentOrder<'a> {
    pub(in crate::core::handlers) who: AgentChoice<'a>,
    pub(in crate::core::handlers) on: Option<&'a IssueRef>,
    pub(in crate::core::handlers) role: Option<&'a str>,
    pub(in crate::core::handlers) budget: Option<Amount>,
}

pub(in crate::core::handlers) fn assign_agent(order: AgentOrder<'_>) -> Handler<'_> {
    Handler::new(needs(&order), move |context| context.order(&order))
}

/// What has to be known for it.
pub(in crate::core::handlers) fn needs(order: &AgentOrder<'_>) -> Needs {
    let target = order.on.cloned().map(StatusTarget::Issue);
    let assignable = match order.who {
        AgentChoice::Named(name) => HashSet::from([name.to_owned()]),
        AgentChoice::OfAccount(_) | AgentChoice::Best => HashSet::new(),
    };
    Needs {
        assignable,
        backlog: Some(BacklogQuery::case(order.on.cloned())),
        jobs: JobQuery {
            acts: order.on.is_some(),
            adopts: true,
            latest: true,
            ..JobQuery::default()
        },
        ..a_thread(target.as_ref())
    }
}

impl CommandContext<'_> {
    pub(in crate::core::handlers) fn order(&mut self, order: &AgentOrder<'_>) -> Answer {
        match self.ordered(order) {
            Ok(answer) | Err(answer) => answer,
        }
    }

    fn ordered(&mut self, order: &AgentOrder<'_>) -> Result<Answer, Answer> {
        let target = order.on.cloned().map(StatusTarget::Issue);
        let agent = self.chosen(order.who)?;
        let seen = self.seen(target.as_ref())?;
        let thread = seen.thread;
        if let Some(refusal) = self.refuse_in(thread.repo, Verb::Assign) {
            return Err(refusal);
        }
        let role = self.role(order, agent, thread);
        let reviews = seen.status.is_pull && matches!(&role, Ok(role) if role == REVIEWER);
        // A role that is asked for and that nobody holds is said before anything else: which job would
        // be in the way depends on it.
        let role = if order.role.is_some() { Ok(role?) } else { role };
        self.nothing_runs(thread, reviews)?;
        self.may_work(agent, thread)?;
        let role = role?;
        let (purpose, adopts) = match (seen.status.is_pull, reviews) {
            (true, true) => {
                self.may_review(agent, thread)?;
                (Purpose::Review, None)
            }
            (true, false) => (Purpose::Repair, Some(self.adopted(thread, &role)?)),
            (false, _) => (purpose(&role)?, None),
        };
        let who = agent.map_or("auto", |agent| agent.name.as_str());
        let budget = order.budget.map(|amount| self.budget(amount, who)).transpose()?;
        let why = self.explained(seen);
        let (passed, waits) = self.obstacles(&why)?;
        let name = agent.map(|agent| agent.name.clone());
        let waits = waits.or_else(|| self.lacks(name.as_deref(), &role, thread));
        self.begin(NewJob {
            thread: thread.into(),
            purpose,
            role: role.clone(),
            origin: Origin::Person(self.asked.actor.login.clone()),
            agent: name.clone(),
            limits: self.snapshot.jobs.limits,
            budget,
            adopts: adopts.clone(),
            claims_by_card: false,
            crew: None,
        });
        let role = (order.role.is_some() || role != USUAL).then_some(role);
        let target = why.status.target;
        let branch = adopts.map(|branch| branch.to_string());
        let works = self.latest_job(thread);
        let is_beside =
            reviews && works.is_some_and(|known| !known.record.job.state.kind().is_end());
        let (agent, target) = (name, target);
        let given = JobAnswer::Given { agent, role, target, branch, passed, waits, is_beside };
        Ok(Answer::from(given))
    }

    /// The agent that is meant; none for the best.
    fn chosen(&self, who: AgentChoice<'_>) -> Result<Option<&AgentProfile>, Answer> {
        let agents = &self.snapshot.agents;
        match who {
            AgentChoice::Best if agents.is_empty() => Err(refused(JobRefusal::NoAgents)),
            AgentChoice::Best => Ok(None),
            AgentChoice::OfAccount(account) => {
                Ok(agents.iter().find(|agent| agent.account.eq_ignore_ascii_case(account)))
            }
            // People leave out the `@` of a person: so one of that name is thought of before any
            // agent that is called nearly so.
            AgentChoice::Named(name) => {
                let person = self.snapshot.assignable.iter().find(|a| a.eq_ignore_ascii_case(name));
                match (self.agent_called(name, Verb::Assign), person) {
                    (Ok(agent), _) => Ok(Some(agent)),
                    (Err(_), Some(person)) => {
                        let instead = Some(format!("{} @{person}", Verb::Assign));
                        Err(Answer::NoAgent { name: name.to_owned(), instead })
                    }
                    (Err(unknown), None) => Err(unknown),
                }
            }
        }
    }

    /// Whether no other job of the same kind is there: one may work, and one review.
    pub(super) fn nothing_runs(&self, thread: ThreadId, reviews: bool) -> Result<(), Answer> {
        if self.begun.contains(&(thread, reviews)) {
            return Err(Answer::from(JobAnswer::NoneHere { begun: true }));
        }
        let latest = if reviews { self.latest_review(thread) } else { self.latest_job(thread) };
        match latest.filter(|known| !known.record.job.state.kind().is_end()) {
            Some(known) => {
                Err(Answer::from(JobAnswer::Lives { view: Box::new(self.job_view(&known)) }))
            }
            None => Ok(()),
        }
    }

    /// Whether the agent may work there.
    fn may_work(&self, agent: Option<&AgentProfile>, thread: ThreadId) -> Result<(), Answer> {
        let kept_out = self.snapshot.jobs.kept_out.get(&thread.repo);
        let is_out = |name: &str| kept_out.is_some_and(|out| out.contains(name));
        let Some(agent) = agent.filter(|agent| is_out(&agent.name)) else { return Ok(()) };
        let others = self.snapshot.agents.iter().map(|other| other.name.clone());
        let others = others.filter(|name| !is_out(name)).collect();
        Err(refused(JobRefusal::NotInRepository { agent: agent.name.clone(), others }))
    }

    /// Whether the agent, or anybody but those who made a pull request, may review it.
    fn may_review(&self, agent: Option<&AgentProfile>, thread: ThreadId) -> Result<(), Answer> {
        let made = |agent: &AgentProfile| self.has_made(agent, thread);
        let out = self.snapshot.jobs.kept_out.get(&thread.repo);
        let is_out = |name: &String| out.is_some_and(|out| out.contains(name));
        let reviews = |agent: &&AgentProfile| agent.roles.iter().any(|role| role == REVIEWER);
        let agents = self.snapshot.agents.iter();
        let others = agents.filter(reviews).filter(|one| !made(one) && !is_out(&one.name));
        let others: Vec<String> = others.map(|one| one.name.clone()).collect();
        let is_refused = agent.map_or(others.is_empty(), made);
        if !is_refused {
            return Ok(());
        }
        let agent = agent.map(|agent| agent.name.clone());
        Err(refused(JobRefusal::OwnPull { agent, others }))
    }

    /// Whether an agent opened a pull request, or worked on it: nobody reviews their own.
    fn has_made(&self, agent: &AgentProfile, thread: ThreadId) -> bool {
        let opened = self.snapshot.jobs.authors.get(&thread);
        let makers = self.snapshot.jobs.makers.get(&thread);
        let worked = self.latest_job(thread);
        opened.is_some_and(|author| author.eq_ignore_ascii_case(&agent.account))
            || makers.is_some_and(|makers| makers.contains(&agent.name))
            || worked.is_some_and(|known| known.record.has_worked(&agent.name))
    }

    /// The role that is asked for, that of the issue, or the first one of the agent.
    fn role(
        &self,
        order: &AgentOrder<'_>,
        agent: Option<&AgentProfile>,
        thread: ThreadId,
    ) -> Result<String, Answer> {
        let holds = |agent: &AgentProfile, role: &str| agent.roles.iter().any(|held| held == role);
        let facts = self.snapshot.backlog.as_ref().and_then(|backlog| backlog.judged.facts(thread));
        let of_issue = facts.map_or(USUAL.to_owned(), |facts| IssueLabels::of(&facts.labels).role);
        let asked = order.role.map(str::to_ascii_lowercase);
        let role = asked.clone().unwrap_or(of_issue);
        let is_held = self.snapshot.agents.iter().any(|agent| holds(agent, &role));
        match agent {
            Some(agent) if holds(agent, &role) => Ok(role),
            Some(agent) => match (asked, agent.roles.first()) {
                (None, Some(first)) => Ok(first.clone()),
                (_, _) if is_held => Err(refused(JobRefusal::LacksRole {
                    agent: agent.name.clone(),
                    role,
                    roles: agent.roles.clone(),
                })),
                (_, _) => Err(self.nobody_holds(role)),
            },
            None if is_held => Ok(role),
            None => Err(self.nobody_holds(role)),
        }
    }

    fn nobody_holds(&self, role: String) -> Answer {
        let held = self.snapshot.agents.iter().flat_map(|agent| agent.roles.clone());
        let mut roles: Vec<String> = held.collect();
        roles.sort_unstable();
        roles.dedup();
        refused(JobRefusal::NobodyHolds { role, roles })
    }

    /// The branch of a pull request with which somebody in this role is to go on.
    fn adopted(&self, thread: ThreadId, role: &str) -> Result<AdoptedBranch, Answer> {
        if !matches!(purpose(role), Ok(Purpose::Code)) {
            return Err(refused(JobRefusal::NotOnAPull { role: role.to_owned() }));
        }
        match self.snapshot.jobs.pulls.get(&thread) {
            Some(Ok(branch)) => Ok(branch.clone()),
            Some(Err(why)) => Err(refused(JobRefusal::NotAdoptable { why: *why })),
            // It was closed or deleted just now.
            None => Err(Answer::NotFound { target: format!("#{}", thread.number) }),
        }
    }

    /// What is allowed for the job, which is not more than an issue may cost.
    fn budget(&self, amount: Amount, who: &str) -> Result<Ceiling, Answer> {
        let cap = self.snapshot.jobs.issue_budget.micro_usd;
        match (amount, cap) {
            (Amount::MicroUsd(micro_usd), Some(cap)) if micro_usd > cap => {
                let cap = Amount::MicroUsd(cap).to_string();
                Err(refused(JobRefusal::TooMuch { cap, who: who.to_owned() }))
            }
            (Amount::MicroUsd(micro_usd), _) => {
                Ok(Ceiling { micro_usd: Some(micro_usd), ..Ceiling::default() })
            }
            (Amount::Tokens(tokens), _) => {
                Ok(Ceiling { tokens: Some(tokens), ..Ceiling::default() })
            }
            (Amount::Runs(runs), _) => Ok(Ceiling { runs: Some(runs), ..Ceiling::default() }),
        }
    }

    pub(super) fn explained(&self, seen: StatusFacts) -> Why {
        let StatusFacts { thread, status, left_out } = seen;
        let backlog = self.snapshot.backlog.as_ref();
        self.viewpoint().why(status, thread, left_out, |login| self.is_machine(login), backlog)
    }

    /// What an explicit order passes over, and what it waits for; the rest refuses it.
    pub(super) fn obstacles(
        &self,
        why: &Why,
    ) -> Result<(Vec<Ineligible>, Option<JobWait>), Answer> {
        let mut passed = Vec::new();
        let mut waits = None;
        for obstacle in &why.obstacles {
            match obstacle {
                other if other.yields_to_a_person() => passed.push(*other),
                Ineligible::Blocked => {
                    let threads = why.status.waits.clone();
                    waits = waits.or(Some(JobWait::Blocked { threads }));
                }
                Ineligible::Paused => {
                    let pause = why.status.pause.clone();
                    waits = waits.or(pause.map(|pause| JobWait::Paused { pause }));
                }
                // It is known better here, and what a job goes on with.
                Ineligible::LiveJob | Ineligible::PullRequest => {}
                other => {
                    let there = why.status.target.is_some();
                    return Err(refused(JobRefusal::InTheWay { what: *other, there }));
                }
            }
        }
        Ok((passed, waits))
    }

    /// What keeps the agent, or every agent, from beginning now; none also if nobody knows.
    pub(super) fn lacks(
        &self,
        agent: Option<&str>,
        role: &str,
        thread: ThreadId,
    ) -> Option<JobWait> {
        if let Some(pause) = agent.and_then(|name| self.pause_of_agent(name)) {
            return Some(JobWait::Paused { pause });
        }
        let backlog = self.snapshot.backlog.as_ref()?;
        let facts = backlog.judged.facts(thread)?;
        let roster = backlog.roster();
        let wanted = (thread.repo, &facts.labels[..]);
        let lack = |worker: &AgentSlot, role| lack(wanted, &worker.name, role, roster);
        let is_dangerous = is_dangerous(role, facts.names_protected);
        let asks = |worker: &AgentSlot| !(is_dangerous && worker.cannot_ask);
        let waits = |worker: &AgentSlot, lack| JobWait::Lacks { agent: worker.name.clone(), lack };
        let Some(name) = agent else {
            let (free, others): (Vec<_>, Vec<_>) = roster
                .workers
                .iter()
                .map(|worker| (worker, lack(worker, Some(role))))
                .partition(|(_, lack)| lack.is_none());
            let lacks = others.into_iter().filter_map(|(w, lack)| Some((w.name.clone(), lack?)));
            return match free.first() {
                None => Some(JobWait::NobodyFree { lacks: lacks.collect() }),
                Some(_) if free.iter().any(|(worker, _)| asks(worker)) => None,
                Some((worker, _)) => Some(waits(worker, Rejection::CannotAsk)),
            };
        };
        let Some(worker) = roster.workers.iter().find(|worker| worker.name == name) else {
            let lack = Rejection::AgentDown;
            return Some(JobWait::Lacks { agent: name.to_owned(), lack });
        };
        let lack = lack(worker, None).or((!asks(worker)).then_some(Rejection::CannotAsk))?;
        Some(waits(worker, lack))
    }
}

fn refused(why: JobRefusal) -> Answer {
    Answer::from(JobAnswer::Refused { why })
}

/// What comes of work in a role on an issue, if such work is about issues.
fn purpose(role: &str) -> Result<Purpose, Answer> {
    let not_on_an_issue = || refused(JobRefusal::NotOnAnIssue { role: role.to_owned() });
    Purpose::on_an_issue(role).ok_or_else(not_on_an_issue)
}
