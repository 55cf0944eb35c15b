//! What a text asks of the backlog, and which issues the answer will want to name.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::facts::{BacklogFacts, IssueCase};
use crate::core::command::value::{Count, IssueRef};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::scheduling::{Match, RankedIssue, Ranking};

/// How many issues a queue shows if nobody says.
const USUAL: usize = 5;

/// How many it shows at most.
const MOST: usize = 50;

/// How many a plan shows.
pub(super) const PLANNED: usize = 20;

/// How many issues are shown that an agent does not get.
pub(super) const MISSED: usize = 5;

/// How many are shown that wait for an issue.
pub(super) const WAITING: usize = 3;

/// What a text asks of the backlog.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BacklogQuery {
    /// How many of the next issues are to be named, in one repository or in all.
    pub next: HashMap<Option<RepoName>, usize>,
    /// The issues of which all is to be told; none for that of the thread.
    pub cases: HashSet<Option<IssueRef>>,
}

impl BacklogQuery {
    /// Asks for the names of the next `most` issues, in one repository or in all.
    pub(super) fn next(repo: Option<RepoName>, most: usize) -> Self {
        Self { next: HashMap::from([(repo, most)]), ..Self::default() }
    }

    /// Asks for all about one issue; none for that of the thread.
    pub(in crate::core::handlers) fn case(issue: Option<IssueRef>) -> Self {
        Self { cases: HashSet::from([issue]), ..Self::default() }
    }

    /// Asks for that as well.
    pub(in crate::core::handlers) fn extend(&mut self, Self { next, cases }: Self) {
        for (repo, most) in next {
            let known = self.next.entry(repo).or_default();
            *known = most.max(*known);
        }
        self.cases.extend(cases);
    }

    /// The issues that the answers will name, if `may_name` is true of their repositories.
    pub fn wanted(
        &self,
        backlog: &BacklogFacts,
        repos: &HashMap<RepoName, Repo>,
        may_name: impl Fn(RepoId) -> bool,
    ) -> BTreeSet<ThreadId> {
        let mut wanted = BTreeSet::new();
        for (repo, most) in &self.next {
            let repo = match repo.as_ref().map(|name| repos.get(name)) {
                None => None,
                Some(Some(repo)) => Some(repo.id),
                Some(None) => continue,
            };
            let stretch = stretch(backlog.ranking(), *most, repo, |thread| may_name(thread.repo));
            wanted.extend(stretch.shown.iter().map(|(_, standing)| standing.thread));
        }
        wanted.extend(winners(backlog.choices()));
        wanted.extend(backlog.cases.values().flat_map(IssueCase::named));
        wanted.retain(|thread| may_name(thread.repo));
        wanted
    }
}

impl IssueCase {
    /// The issues and pull requests that its explanation names.
    pub fn named(&self) -> impl Iterator<Item = ThreadId> {
        let waiting = self.waiting.iter().take(WAITING);
        let pulls = self.facts.pulls.iter().map(|pull| &pull.thread);
        waiting.chain(pulls).chain(&self.standing.circle).copied()
    }
}

/// The winners that a plan shows, and the first of each agent.
fn winners(choices: &[Match]) -> impl Iterator<Item = ThreadId> {
    let mut agents = BTreeSet::new();
    let won = choices.iter().filter_map(|choice| Some((choice.thread, choice.winner.as_ref()?)));
    won.enumerate().filter_map(move |(nth, (thread, winner))| {
        let is_first = agents.insert(winner.agent.as_str());
        (is_first || nth < PLANNED).then_some(thread)
    })
}

/// How many issues a queue shows.
pub(super) fn most(asked: Option<Count>) -> usize {
    let asked = asked.map(|count| usize::try_from(count.0.get()).unwrap_or(MOST));
    asked.unwrap_or(USUAL).min(MOST)
}

/// A stretch of the queue.
pub(super) struct QueueRange<'a> {
    /// The issues that can be named, each with its place.
    pub(super) shown: Vec<(usize, &'a RankedIssue)>,
    /// How many between them cannot.
    pub(super) unnamed: usize,
}

/// The first `most` of those that can be named, in `repo` or in all repositories.
pub(super) fn stretch(
    ranking: &Ranking,
    most: usize,
    repo: Option<RepoId>,
    is_named: impl Fn(ThreadId) -> bool,
) -> QueueRange<'_> {
    let mut stretch = QueueRange { shown: Vec::new(), unnamed: 0 };
    for (index, standing) in ranking.ready.iter().enumerate() {
        if stretch.shown.len() == most {
            break;
        }
        match is_named(standing.thread) {
            _ if repo.is_some_and(|repo| standing.thread.repo != repo) => {}
            true => stretch.shown.push((index + 1, standing)),
            false => stretch.unnamed += 1,
        }
    }
    stretch
}
