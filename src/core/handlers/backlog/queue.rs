//! queue: what comes next.

use super::facts::BacklogFacts;
use super::names::ThreadNames;
use super::query::{BacklogQuery, most, stretch};
use crate::core::command::value::Count;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::model::due_day::DueDay;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;
use crate::core::reply::{Answer, Queue, QueueEntry};
use crate::core::scheduling::{IssueLabels, RankedIssue};

pub(in crate::core::handlers) fn queue(n: Option<Count>, repo: Option<&RepoName>) -> Handler<'_> {
    let query = BacklogQuery::next(repo.cloned(), most(n));
    let repos = repo.cloned().into_iter().collect();
    let needs = Needs { repos, ..Needs::of_backlog(query) };
    Handler::new(needs, move |context| context.queue(n, repo))
}

impl CommandContext<'_> {
    fn queue(&self, n: Option<Count>, repo: Option<&RepoName>) -> Answer {
        let repo = match repo.map(|name| (name, self.snapshot.repos.get(name))) {
            None => None,
            Some((_, Some(repo))) => Some(repo),
            Some((name, None)) => return Answer::NotFound { target: name.to_string() },
        };
        let Some(backlog) = &self.snapshot.backlog else { return Answer::Unread };
        let queue = backlog.queue_in(repo, most(n), Some(self.asked.inbound.repo.id));
        Answer::Queue { queue: Box::new(queue) }
    }
}

impl BacklogFacts {
    /// The first `most` that may be named, of `repo` or of all, as they are written in the
    /// repository `here`, or outside of all.
    pub(super) fn queue_in(&self, repo: Option<&Repo>, most: usize, here: Option<RepoId>) -> Queue {
        let ranking = self.ranking();
        let stretch = stretch(ranking, most, repo.map(|repo| repo.id), |t| self.is_named(t));
        let threads = stretch.shown.iter().map(|(_, standing)| standing.thread);
        let names = ThreadNames::of(self, here, threads);
        let next = stretch.shown.iter().filter_map(|(place, one)| self.next(*place, one, &names));
        Queue {
            repo: repo.map(|repo| repo.name.to_string()),
            ready: ranking.ready.iter().filter(|one| is_in(repo, one)).count(),
            waiting: ranking.behind(|one| is_in(repo, one)),
            next: next.collect(),
            unnamed: stretch.unnamed,
            unread: self.unread,
        }
    }

    /// An issue in the queue, if it may be named.
    pub(super) fn next(
        &self,
        place: usize,
        one: &RankedIssue,
        names: &ThreadNames<'_>,
    ) -> Option<QueueEntry> {
        let (thread, title) = names.named(one.thread)?;
        let facts = self.judged.facts(one.thread);
        let labels = IssueLabels::of(facts.map_or(&[], |facts| &facts.labels));
        let due_at = facts.and_then(|facts| facts.due_at);
        let winner = self.choice(one.thread).and_then(|choice| choice.winner.as_ref());
        Some(QueueEntry {
            issue: one.thread,
            place,
            thread,
            title,
            is_p0: one.is_p0,
            points: one.score.points,
            priority: labels.priority.map(|level| level.to_string()),
            size: labels.size.map(|size| size.to_string()),
            due: due_at.map(DueDay::date),
            agent: winner.map(|winner| winner.agent.clone()),
        })
    }
}

fn is_in(repo: Option<&Repo>, one: &RankedIssue) -> bool {
    repo.is_none_or(|repo| one.thread.repo == repo.id)
}
