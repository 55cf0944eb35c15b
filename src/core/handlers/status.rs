//! status and why: how a thread is doing, and what stands in its way.

use std::collections::HashSet;

use super::backlog::{self, BacklogQuery};
use super::context::CommandContext;
use super::handler::Handler;
use super::issue_view::{KnownIssue, Viewpoint};
use super::jobs::{self, JobQuery};
use super::snapshot::{Needs, OtherThread, Quotes};
use crate::core::command::value::{IssueRef, StatusTarget};
use crate::core::effect::LabelScope;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::reply::crew::CrewView;
use crate::core::reply::jobs::JobView;
use crate::core::reply::{Answer, Status};
use crate::core::scheduling::Ineligible;

/// An issue as it is now.
pub(super) struct StatusFacts {
    pub(super) thread: ThreadId,
    pub(super) status: Status,
    /// Why nothing is handed out in its repository, and that.
    pub(super) left_out: Option<(Ineligible, String)>,
}

pub(super) fn status(target: Option<&StatusTarget>) -> Handler<'_> {
    match target {
        Some(StatusTarget::Job(id)) => return jobs::status_of_job(*id),
        Some(StatusTarget::Agent(name)) => return jobs::status_of_agent(name),
        None | Some(StatusTarget::Issue(_)) => {}
    }
    let needs = Needs { quotes: Quotes::Commands, ..a_thread(target) };
    Handler::new(needs, move |context| context.status(target))
}

pub(super) fn why(target: Option<&StatusTarget>) -> Handler<'_> {
    let case = |issue: Option<&IssueRef>| Some(BacklogQuery::case(issue.cloned()));
    let backlog = match target {
        None => case(None),
        Some(StatusTarget::Issue(issue)) => case(Some(issue)),
        Some(StatusTarget::Job(id)) => return jobs::status_of_job(*id),
        Some(StatusTarget::Agent(name)) => return backlog::why_agent(name),
    };
    let needs = Needs { backlog, quotes: Quotes::Reason, ..a_thread(target) };
    Handler::new(needs, move |context| context.why(target))
}

/// What has to be known to show a thread: this one if no other is named.
pub(super) fn a_thread(target: Option<&StatusTarget>) -> Needs {
    let jobs = JobQuery { latest: true, pull_reviews: true, ..JobQuery::default() };
    match target {
        None => Needs { item: true, blockers: true, jobs, ..Needs::default() },
        Some(StatusTarget::Issue(issue)) => {
            Needs { targets: HashSet::from([issue.clone()]), jobs, ..Needs::default() }
        }
        Some(StatusTarget::Job(_) | StatusTarget::Agent(_)) => Needs::default(),
    }
}

impl CommandContext<'_> {
    fn status(&self, target: Option<&StatusTarget>) -> Answer {
        match self.seen(target) {
            Ok(seen) => Answer::Status { status: Box::new(seen.status) },
            Err(answer) => answer,
        }
    }

    fn why(&self, target: Option<&StatusTarget>) -> Answer {
        let StatusFacts { thread, status, left_out } = match self.seen(target) {
            Ok(seen) => seen,
            Err(answer) => return answer,
        };
        let is_machine = |login: &str| self.is_machine(login);
        let backlog = self.snapshot.backlog.as_ref();
        let why = self.viewpoint().why(status, thread, left_out, is_machine, backlog);
        Answer::Why { why: Box::new(why) }
    }

    pub(super) fn seen(&self, target: Option<&StatusTarget>) -> Result<StatusFacts, Answer> {
        match target {
            None => match &self.snapshot.item {
                Some(item) => Ok(StatusFacts {
                    thread: self.asked.inbound.thread(),
                    status: self.present(item),
                    left_out: None,
                }),
                None => Err(Answer::NotFound { target: format!("#{}", self.asked.inbound.number) }),
            },
            Some(StatusTarget::Issue(reference)) => match self.snapshot.targets.get(reference) {
                Some(target) => Ok(StatusFacts {
                    thread: target.thread,
                    status: self.elsewhere(target),
                    left_out: target.left_out.map(|why| (why, target.repo.to_string())),
                }),
                None => Err(Answer::NotFound { target: reference.to_string() }),
            },
            Some(target @ (StatusTarget::Job(_) | StatusTarget::Agent(_))) => {
                Err(Answer::NotFound { target: target.to_string() })
            }
        }
    }

    /// This thread, with what the lines before have changed.
    fn present(&self, item: &Issue) -> Status {
        let repo = &self.asked.inbound.repo;
        let known = KnownIssue {
            thread: self.asked.inbound.thread(),
            repo: &repo.name,
            target: None,
            assignees: self.assignees.clone(),
            blockers: self.blockers.as_ref().map_or(&[], |blockers| &blockers.seen),
            waits_unseen: self.blockers.as_ref().is_some_and(|blockers| blockers.unseen),
            state: &self.state,
            recent: &self.snapshot.recent,
            job: self.shown_job(self.asked.inbound.thread()),
            title: &item.title,
            open: item.open,
            is_pull: item.is_pull,
            priority: self.labels[LabelScope::Priority.name()].clone(),
            size: self.labels[LabelScope::Size.name()].clone(),
        };
        let (crew, review) = self.beside(self.asked.inbound.thread());
        let status = self.viewpoint().status(known, |other| self.can_go(repo.id, other));
        Status { crew, review, ..status }
    }

    /// The latest job of a thread.
    fn shown_job(&self, thread: ThreadId) -> Option<Box<JobView>> {
        let known = self.job_in(thread)?;
        Some(Box::new(self.job_view(&known)))
    }

    /// The crew of a thread, and the review that is under way there or of what was brought for it, if its
    /// job is another one.
    fn beside(&self, thread: ThreadId) -> (Option<Box<CrewView>>, Option<Box<JobView>>) {
        let shown = self.job_in(thread).map(|known| known.id());
        let review = self.live_review(thread).filter(|known| Some(known.id()) != shown);
        (self.crew_in(thread), review.map(|known| Box::new(self.job_view(&known))))
    }

    /// The crew that works on a thread, or did last.
    fn crew_in(&self, thread: ThreadId) -> Option<Box<CrewView>> {
        let crew = self.snapshot.jobs.crews.get(&thread)?;
        CrewView::of(crew, self.snapshot.now, &self.snapshot.zone).map(Box::new)
    }

    /// Another thread.
    fn elsewhere(&self, other: &OtherThread) -> Status {
        let item = &other.item;
        let value = |scope: LabelScope| {
            scope.value_among(item.labels.iter().map(|l| l.name.as_str())).map(str::to_owned)
        };
        let known = KnownIssue {
            thread: other.thread,
            repo: &other.repo,
            target: Some(other.name()),
            assignees: item.assignees.iter().map(|a| a.login.clone()).collect(),
            blockers: &other.blockers.seen,
            waits_unseen: other.blockers.unseen,
            state: &other.state,
            recent: &other.recent,
            job: self.shown_job(other.thread),
            title: &item.title,
            open: item.open,
            is_pull: item.is_pull,
            priority: value(LabelScope::Priority),
            size: value(LabelScope::Size),
        };
        let (crew, review) = self.beside(other.thread);
        Status {
            crew,
            review,
            ..self.viewpoint().status(known, |repo| self.can_go(other.thread.repo, repo))
        }
    }

    /// Whether an issue of the repository `one` can be made to wait no longer for one of `other`.
    /// Both can be named here: so each is public, or this very repository.
    fn can_go(&self, one: RepoId, other: RepoId) -> bool {
        let here = &self.asked.inbound.repo;
        one == other || !(here.private && [one, other].contains(&here.id))
    }

    /// Where this is told, with what the lines before have changed of the fleet.
    pub(super) fn viewpoint(&self) -> Viewpoint<'_> {
        Viewpoint {
            now: self.snapshot.now,
            zone: &self.snapshot.zone,
            fleet: &self.fleet,
            here: Some(self.asked.inbound.repo.id),
        }
    }
}
