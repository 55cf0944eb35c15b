//! assign and unassign: who is at work, as Gitea shows it.

use std::collections::HashSet;

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::{Login, Who};
use crate::core::command::verb::Verb;
use crate::core::effect::{Effect, SetAssignees};
use crate::core::reply::Answer;

/// `elsewhere`: in another thread. `as_an_agent`: with what only an agent is given, a role or a
/// budget.
pub(super) fn assign(who: &Who, elsewhere: bool, as_an_agent: bool) -> Handler<'_> {
    let nothing = Needs::default();
    if elsewhere {
        let what = "`assign` in another thread (`on=`)".to_owned();
        return Handler::new(nothing, |_| Answer::NotYet { what });
    }
    match who {
        Who::Account(user) => {
            let needs = Needs { item: true, assignable: only(user.as_str()), ..nothing };
            Handler::new(needs, move |context| context.assign(user.as_str(), as_an_agent))
        }
        Who::Me => {
            let needs = Needs { item: true, assignable_author: true, ..nothing };
            Handler::new(needs, move |context| {
                context.assign(&context.asked.actor.login, as_an_agent)
            })
        }
        Who::Agent(name) => {
            let needs = Needs { assignable: only(name.as_str()), ..nothing };
            Handler::new(needs, move |context| context.assign_agent(name.as_str()))
        }
        Who::Auto => Handler::new(nothing, |_| to_an_agent()),
    }
}

pub(super) fn unassign(user: Option<&Login>) -> Handler<'_> {
    let needs = Needs { item: true, ..Needs::default() };
    Handler::new(needs, move |context| context.unassign(user.map(Login::as_str)))
}

/// The answer to any way of giving work to an agent.
fn to_an_agent() -> Answer {
    Answer::NotYet { what: "`assign` to an agent".to_owned() }
}

fn only(login: &str) -> HashSet<String> {
    HashSet::from([login.to_owned()])
}

impl CommandContext<'_> {
    /// People leave out the `@` of a person: so one of that name is thought of before any agent
    /// that is called nearly so.
    fn assign_agent(&self, name: &str) -> Answer {
        let person = self.snapshot.assignable.iter().find(|a| a.eq_ignore_ascii_case(name));
        match (self.agent_called(name, Verb::Assign), person) {
            (Ok(_), _) => to_an_agent(),
            (Err(_), Some(person)) => {
                let instead = Some(format!("{} @{person}", Verb::Assign));
                Answer::NoAgent { name: name.to_owned(), instead }
            }
            (Err(unknown), None) => unknown,
        }
    }

    fn assign(&mut self, user: &str, as_an_agent: bool) -> Answer {
        if self.snapshot.agents.iter().any(|agent| agent.account.eq_ignore_ascii_case(user)) {
            return to_an_agent();
        }
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
