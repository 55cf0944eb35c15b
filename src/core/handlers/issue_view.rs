//! How an issue is told of: by the same facts in the same words, in a thread and outside of all.

use jiff::tz::TimeZone;

use super::backlog::BacklogFacts;
use crate::core::model::dependency::{Blocker, VisibleBlocker, thread_names};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::thread::{PastCommand, ScopeQuestion, ThreadState};
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::controls::{Controls, Pause, PauseScope};
use crate::core::reply::jobs::JobView;
use crate::core::reply::{Earlier, Held, Paused, Status, Why};
use crate::core::scheduling::Ineligible;

/// When and where an issue is told of.
pub(super) struct Viewpoint<'a> {
    /// The moment.
    pub(super) now: Timestamp,
    /// The zone in which times are said.
    pub(super) zone: &'a TimeZone,
    /// What is paused.
    pub(super) fleet: &'a Controls,
    /// The repository of the thread in which it is told; none outside of all.
    pub(super) here: Option<RepoId>,
}

/// What is known of an issue, whoever knows it.
pub(super) struct KnownIssue<'a> {
    pub(super) thread: ThreadId,
    pub(super) repo: &'a RepoName,
    /// How it is written where it is told of; none in its own thread.
    pub(super) target: Option<String>,
    /// The job that is there, if it has not ended.
    pub(super) job: Option<Box<JobView>>,
    pub(super) title: &'a str,
    pub(super) open: bool,
    pub(super) is_pull: bool,
    pub(super) priority: Option<String>,
    pub(super) size: Option<String>,
    pub(super) assignees: Vec<String>,
    /// What it waits for.
    pub(super) blockers: &'a [VisibleBlocker],
    /// Whether it also waits for something unseen.
    pub(super) waits_unseen: bool,
    pub(super) state: &'a ThreadState,
    /// The latest commands there, oldest first.
    pub(super) recent: &'a [PastCommand],
}

impl Viewpoint<'_> {
    /// How things stand there. It can be made to wait no longer for issues of the repositories for
    /// which `can_go` is true.
    pub(super) fn status(&self, of: KnownIssue<'_>, can_go: impl Fn(RepoId) -> bool) -> Status {
        let mut open: Vec<VisibleBlocker> =
            of.blockers.iter().filter(|seen| seen.blocker.open).cloned().collect();
        let place = |Blocker { repo, thread, .. }: &Blocker| (repo.to_string(), thread.number);
        open.sort_by_cached_key(|seen| place(&seen.blocker));
        let names = thread_names(&open, self.here);
        let removable =
            open.iter().zip(&names).filter(|(seen, _)| can_go(seen.blocker.thread.repo));
        Status {
            job: of.job,
            review: None,
            crew: None,
            title: of.title.to_owned(),
            open: of.open,
            is_pull: of.is_pull,
            priority: of.priority,
            size: of.size,
            hold: of.state.hold.as_ref().map(|hold| Held {
                by: hold.by.login.clone(),
                since: self.said(hold.since),
                reason: hold.reason.clone(),
            }),
            snooze: (of.state.snoozed(self.now))
                .map(|snooze| (self.said(snooze.until), snooze.by.login.clone())),
            removable: removable.filter_map(|(_, name)| name.clone()).next(),
            waits_unseen: of.waits_unseen || open.iter().any(|seen| !seen.nameable),
            waits: names.into_iter().flatten().collect(),
            pause: self.fleet.pause_over(of.thread.repo).map(|pause| match pause.part {
                PauseScope::Repo(_) => self.paused(of.repo.to_string(), pause),
                PauseScope::All | PauseScope::Agent(_) => self.paused("all".to_owned(), pause),
            }),
            asked: of.state.asked.as_ref().map(|asked| self.asked(asked)),
            recent: of.recent.iter().map(|command| self.earlier(command)).collect(),
            target: of.target,
            assignees: of.assignees,
        }
    }

    /// Why it is handed out, or not.
    pub(super) fn why(
        &self,
        status: Status,
        thread: ThreadId,
        left_out: Option<(Ineligible, String)>,
        is_machine: impl Fn(&str) -> bool,
        backlog: Option<&BacklogFacts>,
    ) -> Why {
        let people: Vec<String> =
            status.assignees.iter().filter(|login| !is_machine(login)).cloned().collect();
        let more = [
            left_out.as_ref().map(|(why, _)| *why),
            (!people.is_empty()).then_some(Ineligible::AssignedToPerson),
        ];
        let seen = status.obstacles().chain(more.into_iter().flatten());
        let known = backlog.into_iter().flat_map(|backlog| backlog.unseen_obstacles(thread));
        let mut obstacles: Vec<Ineligible> = known.chain(seen).collect();
        obstacles.sort_unstable();
        obstacles.dedup();
        let judgement = backlog.and_then(|backlog| backlog.judgement(thread, self.here));
        Why { status, people, left_out: left_out.map(|(_, repo)| repo), obstacles, judgement }
    }

    /// A pause as people say it, of what is called `what`.
    pub(super) fn paused(&self, what: String, pause: &Pause) -> Paused {
        Paused { what, since: self.said(pause.since), by: pause.by.login.clone() }
    }

    /// When the author of an issue was asked, and for what.
    fn asked(&self, question: &ScopeQuestion) -> (String, String) {
        let parts: Vec<&str> = question.parts.iter().map(|part| part.asked()).collect();
        (self.said(question.at), parts.join(", "))
    }

    fn earlier(&self, command: &PastCommand) -> Earlier {
        Earlier {
            when: self.said(command.at),
            actor: command.actor.clone(),
            line: command.line.clone(),
            outcome: command.outcome.clone(),
        }
    }

    fn said(&self, moment: Timestamp) -> String {
        said(moment, self.now, self.zone)
    }
}
