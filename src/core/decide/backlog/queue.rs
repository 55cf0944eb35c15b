//! queue: what comes next.

use super::Backlog;
use super::look::{most, stretch};
use super::names::Names;
use crate::core::backlog::Standing;
use crate::core::decide::Desk;
use crate::core::heard::Repo;
use crate::core::ids::RepoName;
use crate::core::reply::{Answer, Next, Queue};
use crate::core::value::Count;

impl Desk<'_> {
    pub(in super::super) fn queue(&self, n: Option<Count>, repo: Option<&RepoName>) -> Answer {
        let repo = match repo.map(|name| (name, self.snapshot.repos.get(name))) {
            None => None,
            Some((_, Some(repo))) => Some(repo),
            Some((name, None)) => return Answer::NotFound { target: name.to_string() },
        };
        let Some(backlog) = &self.snapshot.backlog else { return Answer::Unread };
        let ranking = backlog.ranking();
        let stretch = stretch(ranking, most(n), repo.map(|repo| repo.id), |t| backlog.is_named(t));
        let threads = stretch.shown.iter().map(|(_, standing)| standing.thread);
        let names = self.names(backlog, threads);
        let next =
            stretch.shown.iter().filter_map(|(place, one)| backlog.next(*place, one, &names));
        Answer::Queue {
            queue: Box::new(Queue {
                repo: repo.map(|repo| repo.name.to_string()),
                ready: ranking.ready.iter().filter(|one| is_in(repo, one)).count(),
                waiting: ranking.behind(|one| is_in(repo, one)),
                next: next.collect(),
                unnamed: stretch.unnamed,
                unread: backlog.unread,
            }),
        }
    }
}

impl Backlog {
    /// An issue in the queue, if it may be named.
    pub(super) fn next(&self, place: usize, one: &Standing, names: &Names<'_>) -> Option<Next> {
        let (thread, title) = names.named(one.thread)?;
        let winner = self.choice(one.thread).and_then(|choice| choice.winner.as_ref());
        Some(Next {
            place,
            thread,
            title,
            is_p0: one.is_p0,
            points: one.score.points,
            agent: winner.map(|winner| winner.agent.clone()),
        })
    }
}

fn is_in(repo: Option<&Repo>, one: &Standing) -> bool {
    repo.is_none_or(|repo| one.thread.repo == repo.id)
}
