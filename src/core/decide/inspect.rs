//! help, ping, status, why: what people want to know.

use jiff::tz::TimeZone;

use super::{Desk, is_built};
use crate::core::authority::NamedAccount;
use crate::core::backlog::Obstacle;
use crate::core::bonds::{self, names};
use crate::core::effect::Scope;
use crate::core::fleet::Part;
use crate::core::ids::{RepoId, RepoName, ThreadId};
use crate::core::item::Item;
use crate::core::reply::{Answer, Earlier, Held, HelpVerb, Status, Why};
use crate::core::thread::{Said, ThreadState};
use crate::core::time::{Timestamp, said};
use crate::core::value::Target;
use crate::core::verb::Verb;

/// An issue as it is now.
struct Seen {
    thread: ThreadId,
    status: Box<Status>,
    /// Its repository, if that is not watched.
    unwatched: Option<String>,
}

impl Desk<'_> {
    pub(super) fn help(&self, verb: Option<Verb>) -> Answer {
        match verb {
            Some(verb) => Answer::HelpVerb { help: self.help_for(verb) },
            None => {
                let (built, later): (Vec<_>, Vec<_>) = Verb::all().partition(|v| is_built(*v));
                let verbs = built.into_iter().map(|verb| self.help_for(verb)).collect();
                Answer::Help { verbs, later }
            }
        }
    }

    fn help_for(&self, verb: Verb) -> HelpVerb {
        HelpVerb { verb, may: self.right >= Some(verb.right()), built: is_built(verb) }
    }

    pub(super) fn ping(&self) -> Answer {
        Answer::Pong { version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    pub(super) fn status(&self, target: Option<&Target>) -> Answer {
        match self.seen(target, Verb::Status) {
            Ok(seen) => Answer::Status { status: seen.status },
            Err(answer) => answer,
        }
    }

    pub(super) fn why(&self, target: Option<&Target>) -> Answer {
        if let Some(Target::Agent(name)) = target {
            return self.why_agent(name.as_str());
        }
        let Seen { thread, status, unwatched } = match self.seen(target, Verb::Why) {
            Ok(seen) => seen,
            Err(answer) => return answer,
        };
        let is_machine = |login: &String| {
            let agents = self.snapshot.people.agents.iter().map(NamedAccount::login);
            let mut machines = agents.chain([self.snapshot.own.as_str()]);
            machines.any(|machine| machine.eq_ignore_ascii_case(login))
        };
        let people: Vec<String> =
            status.assignees.iter().filter(|login| !is_machine(login)).cloned().collect();
        let seen = [
            unwatched.as_ref().map(|_| Obstacle::RepoNotWatched),
            (!people.is_empty()).then_some(Obstacle::AssignedToPerson),
        ];
        let seen = status.obstacles().chain(seen.into_iter().flatten());
        let obstacles = self.obstacles(seen, thread);
        let judgement = self.judged(thread);
        let why = Why { status: *status, people, unwatched, obstacles, judgement };
        Answer::Why { why: Box::new(why) }
    }

    fn seen(&self, target: Option<&Target>, verb: Verb) -> Result<Seen, Answer> {
        match target {
            None => match &self.snapshot.item {
                Some(item) => Ok(Seen {
                    thread: self.heard.thread(),
                    status: self.present(item),
                    unwatched: None,
                }),
                None => Err(Answer::NotFound { target: format!("#{}", self.heard.number) }),
            },
            Some(Target::Issue(reference)) => match self.snapshot.targets.get(reference) {
                Some(target) => {
                    let mut status = self.view(&target.item, &target.state, &target.recent);
                    status.target = Some(target.name());
                    self.hinder(&mut status, &target.repo, target.thread.repo, &target.blockers);
                    let unwatched = (!target.watched).then(|| target.repo.to_string());
                    Ok(Seen { thread: target.thread, status, unwatched })
                }
                None => Err(Answer::NotFound { target: reference.to_string() }),
            },
            Some(_) => Err(Answer::NotYet { what: format!("`{verb}` of a job or an agent") }),
        }
    }

    /// This thread, with what the lines before have changed.
    fn present(&self, item: &Item) -> Box<Status> {
        let mut status = self.view(item, &self.state, &self.snapshot.recent);
        status.priority.clone_from(&self.labels[Scope::Priority.name()]);
        status.size.clone_from(&self.labels[Scope::Size.name()]);
        status.assignees.clone_from(&self.assignees);
        let (repo, blockers) = (&self.heard.repo, self.blockers.as_deref().unwrap_or_default());
        self.hinder(&mut status, &repo.name, repo.id, blockers);
        status
    }

    /// Adds what keeps a thread from starting from outside: its blockers, a pause.
    fn hinder(&self, status: &mut Status, repo: &RepoName, id: RepoId, blockers: &[bonds::Seen]) {
        let open: Vec<bonds::Seen> = blockers.iter().filter(|s| s.blocker.open).cloned().collect();
        status.waits_unseen = open.iter().any(|seen| !seen.nameable);
        let names = names(&open, self.heard.repo.id);
        let can_go = |seen: &bonds::Seen| self.can_go(id, seen.blocker.thread.repo);
        let removable = open.iter().zip(&names).filter(|(seen, _)| can_go(seen));
        status.removable = removable.filter_map(|(_, name)| name.clone()).next();
        status.waits = names.into_iter().flatten().collect();
        status.pause = self.fleet.pause_over(id).map(|pause| match pause.part {
            Part::Repo(_) => self.paused(repo.to_string(), pause),
            Part::All | Part::Agent(_) => self.paused("all".to_owned(), pause),
        });
    }

    /// Whether an issue of the repository `one` can be made to wait no longer for one of `other`.
    /// Both can be named here: so each is public, or this very repository.
    fn can_go(&self, one: RepoId, other: RepoId) -> bool {
        let here = &self.heard.repo;
        one == other || !(here.private && [one, other].contains(&here.id))
    }

    fn view(&self, item: &Item, state: &ThreadState, recent: &[Said]) -> Box<Status> {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let value = |scope: Scope| {
            scope.value_among(item.labels.iter().map(|l| l.name.as_str())).map(str::to_owned)
        };
        Box::new(Status {
            target: None,
            title: item.title.clone(),
            open: item.open,
            is_pull: item.is_pull,
            priority: value(Scope::Priority),
            size: value(Scope::Size),
            assignees: item.assignees.iter().map(|a| a.login.clone()).collect(),
            hold: state.hold.as_ref().map(|hold| Held {
                by: hold.by.login.clone(),
                since: said(hold.since, now, zone),
                reason: hold.reason.clone(),
            }),
            waits: Vec::new(),
            removable: None,
            waits_unseen: false,
            pause: None,
            snooze: state.snoozed(now).map(|s| (said(s.until, now, zone), s.by.login.clone())),
            recent: recent.iter().map(|s| earlier(s, now, zone)).collect(),
        })
    }
}

fn earlier(command: &Said, now: Timestamp, zone: &TimeZone) -> Earlier {
    Earlier {
        when: said(command.at, now, zone),
        actor: command.actor.clone(),
        line: command.line.clone(),
        outcome: command.outcome.clone(),
    }
}
