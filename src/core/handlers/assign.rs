//! assign and unassign: who is at work, as Gitea shows it. An agent gets a job instead.

use std::collections::HashSet;

use super::context::CommandContext;
use super::handler::Handler;
use super::jobs::{self, AgentChoice, AgentOrder, JobQuery, KnownJob, assign_agent};
use super::snapshot::Needs;
use crate::core::command::value::{Amount, IssueRef, Login, Who, Word};
use crate::core::effect::{Effect, SetAssignees};
use crate::core::reply::Answer;

pub(super) fn assign<'a>(
    who: &'a Who,
    on: Option<&'a IssueRef>,
    role: Option<&'a Word>,
    budget: Option<Amount>,
) -> Handler<'a> {
    let order = |who| AgentOrder { who, on, role: role.map(Word::as_str), budget };
    let as_an_agent = role.is_some() || budget.is_some();
    let (needs, user) = match who {
        Who::Agent(name) => return assign_agent(order(AgentChoice::Named(name.as_str()))),
        Who::Auto => return assign_agent(order(AgentChoice::Best)),
        Who::Account(user) => {
            (Needs { assignable: only(user.as_str()), ..Needs::default() }, Some(user.as_str()))
        }
        Who::Me => (Needs { assignable_author: true, ..Needs::default() }, None),
    };
    // Whether the account is an agent's is known only where it is answered.
    let order = user.map(|user| order(AgentChoice::OfAccount(user)));
    let of_order = order.as_ref().map(jobs::needs).unwrap_or_default();
    let needs = Needs { item: on.is_none(), ..needs }.and(of_order);
    Handler::new(needs, move |context| {
        let login = context.asked.actor.login.clone();
        let user = user.unwrap_or(&login);
        match order.filter(|_| context.is_agents(user)) {
            Some(order) => context.order(&order),
            None if on.is_some() => {
                Answer::NotYet { what: "`assign` of a person in another thread (`on=`)".to_owned() }
            }
            None => context.assign(user, as_an_agent),
        }
    })
}

pub(super) fn unassign(user: Option<&Login>) -> Handler<'_> {
    let jobs = JobQuery { latest: true, ..JobQuery::default() };
    let needs = Needs { item: true, jobs, ..Needs::default() };
    Handler::new(needs, move |context| context.unassign(user.map(Login::as_str)))
}

fn only(login: &str) -> HashSet<String> {
    HashSet::from([login.to_owned()])
}

impl CommandContext<'_> {
    /// Whether an account is that of an agent.
    fn is_agents(&self, login: &str) -> bool {
        self.snapshot.agents.iter().any(|agent| agent.account.eq_ignore_ascii_case(login))
    }

    fn assign(&mut self, user: &str, as_an_agent: bool) -> Answer {
        if as_an_agent {
            return Answer::Malformed {
                problem: format!("`role=` and `budget=` are for agents, and `@{user}` is none."),
                instead: Some(format!("/{} assign @{user}", self.snapshot.own)),
            };
        }
        if let Some(already) = self.assignees.iter().find(|a| a.eq_ignore_ascii_case(user)) {
            return Answer::Assigned { user: already.clone(), already: true };
        }
        let known = self.snapshot.assignable.iter().find(|a| a.eq_ignore_ascii_case(user));
        let Some(user) = known.cloned() else {
            return Answer::NotAssignable { user: user.to_owned() };
        };
        let keep = self.assignees.clone();
        self.assignees.push(user.clone());
        self.push_effect(Effect::Assign(SetAssignees::Add { user: user.clone(), keep }));
        Answer::Assigned { user, already: false }
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
