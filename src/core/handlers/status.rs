//! status and why: how a thread is doing, and what stands in its way.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::backlog::{self, BacklogQuery};
use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::{IssueRef, StatusTarget};
use crate::core::command::verb::Verb;
use crate::core::effect::LabelScope;
use crate::core::model::dependency::{self, thread_names};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::model::thread::{PastCommand, ThreadState};
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::authority::NamedAccount;
use crate::core::policy::controls::PauseScope;
use crate::core::reply::{Answer, Earlier, Held, Status, Why};
use crate::core::scheduling::Ineligible;

/// An issue as it is now.
struct StatusFacts {
    thread: ThreadId,
    status: Box<Status>,
    /// Its repository, if that is not watched.
    unwatched: Option<String>,
}

pub(super) fn status(target: Option<&StatusTarget>) -> Handler<'_> {
    Handler::new(a_thread(target), move |context| context.status(target))
}

pub(super) fn why(target: Option<&StatusTarget>) -> Handler<'_> {
    let case = |issue: Option<&IssueRef>| Some(BacklogQuery::case(issue.cloned()));
    let backlog = match target {
        None => case(None),
        Some(StatusTarget::Issue(issue)) => case(Some(issue)),
        Some(StatusTarget::Job(_)) => None,
        Some(StatusTarget::Agent(name)) => return backlog::why_agent(name),
    };
    Handler::new(Needs { backlog, ..a_thread(target) }, move |context| context.why(target))
}

/// What has to be known to show a thread: this one if no other is named.
fn a_thread(target: Option<&StatusTarget>) -> Needs {
    match target {
        None => Needs { item: true, blockers: true, ..Needs::default() },
        Some(StatusTarget::Issue(issue)) => {
            Needs { targets: HashSet::from([issue.clone()]), ..Needs::default() }
        }
        Some(StatusTarget::Job(_) | StatusTarget::Agent(_)) => Needs::default(),
    }
}

impl CommandContext<'_> {
    fn status(&self, target: Option<&StatusTarget>) -> Answer {
        match self.seen(target, Verb::Status) {
            Ok(seen) => Answer::Status { status: seen.status },
            Err(answer) => answer,
        }
    }

    fn why(&self, target: Option<&StatusTarget>) -> Answer {
        let StatusFacts { thread, status, unwatched } = match self.seen(target, Verb::Why) {
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
            unwatched.as_ref().map(|_| Ineligible::RepoNotWatched),
            (!people.is_empty()).then_some(Ineligible::AssignedToPerson),
        ];
        let seen = status.obstacles().chain(seen.into_iter().flatten());
        let obstacles = self.obstacles(seen, thread);
        let judgement = self.judged(thread);
        let why = Why { status: *status, people, unwatched, obstacles, judgement };
        Answer::Why { why: Box::new(why) }
    }

    fn seen(&self, target: Option<&StatusTarget>, verb: Verb) -> Result<StatusFacts, Answer> {
        match target {
            None => match &self.snapshot.item {
                Some(item) => Ok(StatusFacts {
                    thread: self.asked.heard.thread(),
                    status: self.present(item),
                    unwatched: None,
                }),
                None => Err(Answer::NotFound { target: format!("#{}", self.asked.heard.number) }),
            },
            Some(StatusTarget::Issue(reference)) => match self.snapshot.targets.get(reference) {
                Some(target) => {
                    let mut status = self.view(&target.item, &target.state, &target.recent);
                    status.target = Some(target.name());
                    self.hinder(&mut status, &target.repo, target.thread.repo, &target.blockers);
                    let unwatched = (!target.watched).then(|| target.repo.to_string());
                    Ok(StatusFacts { thread: target.thread, status, unwatched })
                }
                None => Err(Answer::NotFound { target: reference.to_string() }),
            },
            Some(StatusTarget::Job(_) | StatusTarget::Agent(_)) => {
                Err(Answer::NotYet { what: format!("`{verb}` of a job or an agent") })
            }
        }
    }

    /// This thread, with what the lines before have changed.
    fn present(&self, item: &Issue) -> Box<Status> {
        let mut status = self.view(item, &self.state, &self.snapshot.recent);
        status.priority.clone_from(&self.labels[LabelScope::Priority.name()]);
        status.size.clone_from(&self.labels[LabelScope::Size.name()]);
        status.assignees.clone_from(&self.assignees);
        let (repo, blockers) =
            (&self.asked.heard.repo, self.blockers.as_deref().unwrap_or_default());
        self.hinder(&mut status, &repo.name, repo.id, blockers);
        status
    }

    /// Adds what keeps a thread from starting from outside: its blockers, a pause.
    fn hinder(
        &self,
        status: &mut Status,
        repo: &RepoName,
        id: RepoId,
        blockers: &[dependency::VisibleBlocker],
    ) {
        let open: Vec<dependency::VisibleBlocker> =
            blockers.iter().filter(|s| s.blocker.open).cloned().collect();
        status.waits_unseen = open.iter().any(|seen| !seen.nameable);
        let names = thread_names(&open, self.asked.heard.repo.id);
        let can_go = |seen: &dependency::VisibleBlocker| self.can_go(id, seen.blocker.thread.repo);
        let removable = open.iter().zip(&names).filter(|(seen, _)| can_go(seen));
        status.removable = removable.filter_map(|(_, name)| name.clone()).next();
        status.waits = names.into_iter().flatten().collect();
        status.pause = self.fleet.pause_over(id).map(|pause| match pause.part {
            PauseScope::Repo(_) => self.paused(repo.to_string(), pause),
            PauseScope::All | PauseScope::Agent(_) => self.paused("all".to_owned(), pause),
        });
    }

    /// Whether an issue of the repository `one` can be made to wait no longer for one of `other`.
    /// Both can be named here: so each is public, or this very repository.
    fn can_go(&self, one: RepoId, other: RepoId) -> bool {
        let here = &self.asked.heard.repo;
        one == other || !(here.private && [one, other].contains(&here.id))
    }

    fn view(&self, item: &Issue, state: &ThreadState, recent: &[PastCommand]) -> Box<Status> {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let value = |scope: LabelScope| {
            scope.value_among(item.labels.iter().map(|l| l.name.as_str())).map(str::to_owned)
        };
        Box::new(Status {
            target: None,
            title: item.title.clone(),
            open: item.open,
            is_pull: item.is_pull,
            priority: value(LabelScope::Priority),
            size: value(LabelScope::Size),
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

fn earlier(command: &PastCommand, now: Timestamp, zone: &TimeZone) -> Earlier {
    Earlier {
        when: said(command.at, now, zone),
        actor: command.actor.clone(),
        line: command.line.clone(),
        outcome: command.outcome.clone(),
    }
}
