//! delegate, undelegate, pause, resume: the owner's word on the whole fleet.

use std::collections::HashSet;
use std::time::Duration;

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::{Date, Login, PauseTarget};
use crate::core::command::verb::Verb;
use crate::core::model::time::said;
use crate::core::policy::controls::{ControlChange, Delegation, Pause, PauseScope};
use crate::core::reply::Answer;

/// How long a delegation lasts unless its line says otherwise.
const LENT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a part is called, and which it is.
type Named = (String, PauseScope);

pub(super) fn delegate(user: &Login, until: Option<Date>) -> Handler<'_> {
    Handler::new(the_account(user), move |context| context.delegate(user.as_str(), until))
}

pub(super) fn undelegate(user: &Login) -> Handler<'_> {
    Handler::new(the_account(user), |context| context.undelegate(user.as_str()))
}

pub(super) fn pause(target: &PauseTarget) -> Handler<'_> {
    Handler::new(the_repository(target), |context| context.pause(target))
}

pub(super) fn resume(target: &PauseTarget) -> Handler<'_> {
    Handler::new(the_repository(target), |context| context.resume(target))
}

fn the_account(user: &Login) -> Needs {
    let accounts = HashSet::from([user.as_str().to_ascii_lowercase()]);
    Needs { accounts, ..Needs::default() }
}

fn the_repository(target: &PauseTarget) -> Needs {
    let repos = match target {
        PauseTarget::Repo(repo) => HashSet::from([repo.clone()]),
        PauseTarget::All | PauseTarget::Agent(_) => HashSet::new(),
    };
    Needs { repos, ..Needs::default() }
}

impl CommandContext<'_> {
    fn delegate(&mut self, user: &str, until: Option<Date>) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let end = until.map_or(now.after(LENT_FOR), |date| date.begins(zone));
        if let Some(date) = until.filter(|_| end <= now) {
            return Answer::Past { date: date.to_string() };
        }
        let Some(candidate) = self.snapshot.accounts.get(&user.to_ascii_lowercase()) else {
            return Answer::NoAccount { user: user.to_owned() };
        };
        let to = candidate.account.clone();
        let user = to.login.clone();
        let own = to.is(&self.snapshot.own);
        if own || self.snapshot.people.is_ignored(&to) {
            return Answer::Unheeded { user, own };
        }
        if candidate.approves {
            return Answer::Delegated { user, until: None, was: None };
        }
        let was = self.fleet.delegation_to(&to).map(|lent| said(lent.until, now, zone));
        let until = Some(said(end, now, zone));
        let by = self.asked.actor.clone();
        self.apply_control(ControlChange::Delegate(Delegation { to, by, until: end }));
        Answer::Delegated { user, until, was }
    }

    fn undelegate(&mut self, user: &str) -> Answer {
        // By the number, since the account may be called otherwise now; by the name under which
        // it was lent, since the account may be gone.
        let known = self.snapshot.accounts.get(&user.to_ascii_lowercase());
        let lent = known
            .and_then(|candidate| self.fleet.delegation_to(&candidate.account))
            .or_else(|| self.fleet.delegations.iter().find(|lent| lent.to.is(user)));
        match lent.map(|lent| lent.to.clone()) {
            Some(to) => {
                self.apply_control(ControlChange::Undelegate(to.id));
                Answer::Undelegated { user: to.login, had: true }
            }
            None => Answer::Undelegated { user: user.to_owned(), had: false },
        }
    }

    fn pause(&mut self, part: &PauseTarget) -> Answer {
        let (what, part) = match self.part(part, Verb::Pause) {
            Ok(named) => named,
            Err(answer) => return answer,
        };
        if let Some(pause) = self.fleet.pause_of(&part) {
            return Answer::Paused { pause: self.paused(what, pause), already: true };
        }
        let pause = Pause { part, by: self.asked.actor.clone(), since: self.snapshot.now };
        let answer = Answer::Paused { pause: self.paused(what, &pause), already: false };
        self.apply_control(ControlChange::Pause(pause));
        answer
    }

    fn resume(&mut self, part: &PauseTarget) -> Answer {
        let (what, part) = match self.part(part, Verb::Resume) {
            Ok(named) => named,
            Err(answer) => return answer,
        };
        let was = self.fleet.pause_of(&part).is_some();
        // Of an agent it is said as well that it is trusted again, whatever it left; of the whole
        // fleet, that work may start by itself although another timmy did some.
        if was || matches!(part, PauseScope::Agent(_) | PauseScope::All) {
            self.apply_control(ControlChange::Resume(part.clone()));
        }
        let still = part != PauseScope::All && self.fleet.pause_of(&PauseScope::All).is_some();
        let is_agent = matches!(part, PauseScope::Agent(_));
        Answer::Resumed { what, was, is_agent, still }
    }

    /// What a part is called and which it is, if it is there and may be named here.
    fn part(&mut self, part: &PauseTarget, verb: Verb) -> Result<Named, Answer> {
        match part {
            PauseTarget::All => Ok(("all".to_owned(), PauseScope::All)),
            PauseTarget::Repo(name) => match self.snapshot.repos.get(name) {
                Some(repo) => {
                    self.changes.repos.push(repo.clone());
                    Ok((repo.name.to_string(), PauseScope::Repo(repo.id)))
                }
                None => Err(Answer::NotFound { target: name.to_string() }),
            },
            PauseTarget::Agent(name) => self.agent(name.as_str(), verb),
        }
    }

    /// An agent of the configuration; also one that was paused and is no longer there.
    fn agent(&self, name: &str, verb: Verb) -> Result<Named, Answer> {
        let part = PauseScope::Agent(name.to_owned());
        match self.agent_called(name, verb) {
            Err(answer) if self.fleet.pause_of(&part).is_none() => Err(answer),
            _ => Ok((name.to_owned(), part)),
        }
    }
}
