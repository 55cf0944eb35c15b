//! assign and unassign: who is at work, as Gitea shows it. An agent gets a job instead.

use std::collections::HashSet;

use super::context::CommandContext;
use super::handler::Handler;
use super::jobs::{self, AgentChoice, AgentOrder, JobQuery, KnownJob, assign_agent};
use super::snapshot::Needs;
use crate::core::command::value::{Amount, IssueRef, Login, Who, Word};
use crate::core::command::verb::Verb;
use crate::core::effect::{Effect, SetAssignees};
use crate::core::reply::{Answer, JobAnswer, JobRefusal};

pub(super) fn assign<'a>(
    who: &'a Who,
    on: Option<&'a IssueRef>,
    role: Option<&'a Word>,
    budget: Option<Amount>,
) -> Handler<'a> {
    let order = |who| AgentOrder { who, on, role: role.map(Word::as_str), budget };
    let as_an_agent = role.is_some() || budget.is_some();
    let user = match who {
        Who::Agent(name) => return assign_agent(order(AgentChoice::Named(name.as_str()))),
        Who::Auto => return assign_agent(order(AgentChoice::Best)),
        Who::Account(user) => Some(user.as_str()),
        Who::Me => None,
    };
    // Whether the account is an agent's is known only where it is answered.
    let order = user.map(|user| order(AgentChoice::OfAccount(user)));
    let of_order = order.as_ref().map(jobs::needs).unwrap_or_default();
    let needs = Needs { item: on.is_none(), ..a_person(user, on) }.and(of_order);
    Handler::new(needs, move |context| {
        let login = context.asked.actor.login.clone();
        let user = user.unwrap_or(&login);
        match (order.filter(|_| context.is_agents(user)), on) {
            (Some(order), _) => context.order(&order),
            (None, on) if as_an_agent => context.is_no_agents(user, on),
            (None, Some(on)) => context.assign_there(user, on).unwrap_or_else(|refusal| refusal),
            (None, None) => context.assign(user),
        }
    })
}

/// What has to be known to assign a person, here or in another thread: the author of the text, if no
/// account is named.
fn a_person(user: Option<&str>, on: Option<&IssueRef>) -> Needs {
    match (user.map(str::to_owned), on) {
        (user, Some(on)) => Needs {
            assignable_there: HashSet::from([(on.clone(), user)]),
            targets: HashSet::from([on.clone()]),
            jobs: JobQuery { acts: true, ..JobQuery::default() },
            ..Needs::default()
        },
        (Some(user), None) => Needs { assignable: HashSet::from([user]), ..Needs::default() },
        (None, None) => Needs { assignable_author: true, ..Needs::default() },
    }
}

pub(super) fn unassign(user: Option<&Login>) -> Handler<'_> {
    let jobs = JobQuery { latest: true, ..JobQuery::default() };
    let needs = Needs { item: true, jobs, ..Needs::default() };
    Handler::new(needs, move |context| context.unassign(user.map(Login::as_str)))
}

impl CommandContext<'_> {
    /// Whether an account is that of an agent.
    fn is_agents(&self, login: &str) -> bool {
        self.snapshot.agents.iter().any(|agent| agent.account.eq_ignore_ascii_case(login))
    }

    /// What is only an agent's was said of a person.
    fn is_no_agents(&self, user: &str, on: Option<&IssueRef>) -> Answer {
        let there = on.map(|on| format!(" on={on}")).unwrap_or_default();
        Answer::Malformed {
            problem: format!("`role=` and `budget=` are for agents, and `@{user}` is none."),
            instead: Some(format!("/{} assign @{user}{there}", self.snapshot.own)),
        }
    }

    fn assign(&mut self, user: &str) -> Answer {
        let target = None;
        if let Some(already) = self.assignees.iter().find(|a| a.eq_ignore_ascii_case(user)) {
            return Answer::Assigned { user: already.clone(), already: true, target };
        }
        let known = self.snapshot.assignable.iter().find(|a| a.eq_ignore_ascii_case(user));
        let Some(user) = known.cloned() else {
            return Answer::NotAssignable { user: user.to_owned(), target };
        };
        let keep = self.assignees.clone();
        self.assignees.push(user.clone());
        let change = SetAssignees::Add { user: user.clone(), keep, on: None };
        self.push_effect(Effect::Assign(change));
        Answer::Assigned { user, already: false, target }
    }

    /// In another thread, by the rights there.
    fn assign_there(&mut self, user: &str, on: &IssueRef) -> Result<Answer, Answer> {
        let snapshot = self.snapshot;
        let there = snapshot.targets.get(on);
        let there = there.ok_or_else(|| Answer::NotFound { target: on.to_string() })?;
        if let Some(what) = there.left_out {
            let why = JobRefusal::InTheWay { what, there: true };
            return Err(Answer::from(JobAnswer::Refused { why }));
        }
        if let Some(refusal) = self.refuse_in(there.thread.repo, Verb::Assign) {
            return Err(refusal);
        }
        let target = Some(there.name());
        let keep: Vec<String> = there.item.assignees.iter().map(|a| a.login.clone()).collect();
        if let Some(already) = keep.iter().find(|a| a.eq_ignore_ascii_case(user)) {
            return Ok(Answer::Assigned { user: already.clone(), already: true, target });
        }
        let known = there.assignable.iter().find(|a| a.eq_ignore_ascii_case(user));
        let Some(user) = known.cloned() else {
            return Err(Answer::NotAssignable { user: user.to_owned(), target });
        };
        let change = SetAssignees::Add { user: user.clone(), keep, on: Some(there.thread) };
        self.push_effect(Effect::Assign(change));
        Ok(Answer::Assigned { user, already: false, target })
    }

    fn unassign(&mut self, user: Option<&str>) -> Answer {
        let people = self.unassign_accounts(user);
        match self.job_of_account(user) {
            Some(known) => self.cancel_job(known),
            None => people,
        }
    }

    /// The job here that its agent works on, or waits for, if the agent's account is meant: also one that
    /// reviews.
    fn job_of_account(&self, user: Option<&str>) -> Option<KnownJob> {
        let here = self.asked.inbound.thread();
        let mut known = self.latest_job(here).into_iter().chain(self.latest_review(here));
        known.find(|known| self.is_job_of(known, user))
    }

    /// Whether a job lives, and is that of the agent with this account; of any, if none is named.
    pub(super) fn is_job_of(&self, known: &KnownJob, user: Option<&str>) -> bool {
        let agent = known.record.agent().map(str::to_owned);
        let is_its = |user: &str| {
            let mut agents = self.snapshot.agents.iter();
            agents.any(|a| Some(&a.name) == agent.as_ref() && a.account.eq_ignore_ascii_case(user))
        };
        user.is_none_or(is_its) && !known.record.job.state.kind().is_end()
    }

    fn unassign_accounts(&mut self, user: Option<&str>) -> Answer {
        let meant = user.map(str::to_owned);
        let goes = |login: &String| user.is_none_or(|user| login.eq_ignore_ascii_case(user));
        let (users, stay): (Vec<String>, Vec<String>) =
            self.assignees.iter().cloned().partition(goes);
        if users.is_empty() {
            return Answer::Unassigned { users, meant };
        }
        let keep = std::mem::replace(&mut self.assignees, stay);
        self.push_effect(Effect::Assign(match user {
            None => SetAssignees::Clear,
            Some(user) => SetAssignees::Remove { user: user.to_owned(), keep },
        }));
        Answer::Unassigned { users, meant }
    }
}
