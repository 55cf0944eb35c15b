//! What waits for what: Gitea's dependencies, and the way along them.

use std::collections::{HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::ids::{RepoId, RepoName, ThreadId};
use super::repository::Repo;

/// An issue or a pull request that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    pub thread: ThreadId,
    /// The present name of its repository.
    pub repo: RepoName,
    /// Whether it is open; a closed one holds nothing up.
    pub open: bool,
}

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitsFor<B> {
    pub seen: Vec<B>,
    /// Whether there is more that the account may not see, or that cannot be understood. That is
    /// open until it is gone.
    pub unseen: bool,
}

impl<B> Default for WaitsFor<B> {
    fn default() -> Self {
        Self { seen: Vec::new(), unseen: false }
    }
}

/// Stands for all that is unseen where blockers are kept by their numbers: no thread has this one.
pub const UNSEEN: ThreadId = ThreadId { repo: RepoId(0), number: 0 };

/// An issue as the readers of one thread may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleBlocker {
    pub blocker: Blocker,
    /// Whether all of them may know of it.
    pub nameable: bool,
}

/// Whether everybody who may read one of two repositories may read the other.
///
/// Only there one of their issues may wait for one of the other. When a dependency is added, and
/// when it is taken away, Gitea writes a line into both timelines that shows the title of the other
/// issue to whoever reads the page, and all of it to whoever reads the timeline through the API.
/// These lines cannot be deleted. (Seen on 1.27; the list beside the page leaves out what its
/// reader may not see.)
pub fn same_readers(one: &Repo, other: &Repo) -> bool {
    one.id == other.id || !(one.private || other.private)
}

/// What issues are called in the repository `here`, or outside of all; none for those that cannot
/// be named.
///
/// All in the full form if one of them needs it: where one run of text holds both `o/r#4` and
/// `#5`, Gitea links only the short one.
pub fn thread_names(
    seen: &[VisibleBlocker],
    here: impl Into<Option<RepoId>>,
) -> Vec<Option<String>> {
    let here = here.into();
    let is_elsewhere = |one: &VisibleBlocker| one.nameable && here != Some(one.blocker.thread.repo);
    let in_full = seen.iter().any(is_elsewhere);
    let name = |Blocker { thread, repo, .. }: &Blocker| match in_full {
        true => format!("{repo}#{}", thread.number),
        false => format!("#{}", thread.number),
    };
    seen.iter().map(|one| one.nameable.then(|| name(&one.blocker))).collect()
}

/// That a thread waits for another, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetDependency {
    pub on: ThreadId,
    /// Whether the dependency is to exist.
    pub waits: bool,
}

/// A search, breadth first, for the way on which something already waits for `goal`.
///
/// The caller reads the blockers of one thread after the other ([`DependencyWalk::next_unread`],
/// [`DependencyWalk::add_blockers`]), and may stop at any time.
#[derive(Debug)]
pub struct DependencyWalk {
    goal: ThreadId,
    /// Every thread that was met, each with the place of the one that waits for it.
    met: Vec<(Blocker, Option<usize>)>,
    threads: HashSet<ThreadId>,
    /// The places of those whose blockers are not known yet.
    open: VecDeque<usize>,
}

impl DependencyWalk {
    /// A search that begins at `start`.
    pub fn new(start: Blocker, goal: ThreadId) -> Self {
        let threads = HashSet::from([start.thread]);
        Self { goal, met: vec![(start, None)], threads, open: VecDeque::from([0]) }
    }

    /// How many threads were met.
    pub fn met(&self) -> usize {
        self.met.len()
    }

    /// The thread whose blockers are to be read next, with its place.
    pub fn next_unread(&mut self) -> Option<(usize, Blocker)> {
        let place = self.open.pop_front()?;
        Some((place, self.met[place].0.clone()))
    }

    /// What the thread at `place` waits for. Gives the way from the start to the goal once it is
    /// found; both ends belong to it.
    pub fn add_blockers(&mut self, place: usize, blockers: Vec<Blocker>) -> Option<Vec<Blocker>> {
        for blocker in blockers {
            if blocker.thread == self.goal {
                return Some(self.way(place, blocker));
            }
            if self.threads.insert(blocker.thread) {
                self.open.push_back(self.met.len());
                self.met.push((blocker, Some(place)));
            }
        }
        None
    }

    fn way(&self, place: usize, end: Blocker) -> Vec<Blocker> {
        let mut way = vec![end];
        let mut here = Some(place);
        while let Some(place) = here {
            let (blocker, waits_for_it) = &self.met[place];
            way.push(blocker.clone());
            here = *waits_for_it;
        }
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::dependency::*;

    fn issue(number: i64) -> Blocker {
        Blocker {
            thread: ThreadId { repo: RepoId(1), number },
            repo: "foundation/door".parse().expect("a name"),
            open: true,
        }
    }

    /// Walks from 1 to `goal` where each pair says who waits for whom.
    fn walk(goal: i64, dependencies: &[(i64, i64)]) -> Option<Vec<i64>> {
        let mut walk = DependencyWalk::new(issue(1), issue(goal).thread);
        while let Some((place, at)) = walk.next_unread() {
            let waits = dependencies.iter().filter(|(who, _)| *who == at.thread.number);
            let blockers = waits.map(|(_, whom)| issue(*whom)).collect();
            if let Some(way) = walk.add_blockers(place, blockers) {
                return Some(way.iter().map(|b| b.thread.number).collect());
            }
        }
        None
    }

    #[test]
    fn of_two_repositories_only_public_ones_have_the_same_readers() {
        let repo = |id, private| {
            let name = "foundation/door".parse().expect("a name");
            Repo { id: RepoId(id), name, private }
        };
        assert!(same_readers(&repo(1, false), &repo(2, false)));
        assert!(same_readers(&repo(1, true), &repo(1, true)));
        for (one, other) in [(true, false), (false, true), (true, true)] {
            assert!(!same_readers(&repo(1, one), &repo(2, other)));
        }
    }

    #[test]
    fn the_shortest_way_is_found() {
        assert_eq!(walk(9, &[(1, 9)]), Some(vec![1, 9]));
        assert_eq!(walk(9, &[(1, 2), (2, 3), (3, 9), (1, 4), (4, 9)]), Some(vec![1, 4, 9]));
        assert_eq!(walk(9, &[(1, 2), (9, 1)]), None);
    }

    #[test]
    fn one_name_in_full_makes_all_of_them_full() {
        let seen = |number, nameable| VisibleBlocker { blocker: issue(number), nameable };
        let said = |seen: &[VisibleBlocker], here| {
            let names = thread_names(seen, RepoId(here)).into_iter();
            names.map(|name| name.unwrap_or("-".into())).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(&[seen(2, true), seen(3, true)], 1), "#2 #3");
        assert_eq!(said(&[seen(2, true)], 9), "foundation/door#2");
        let mut elsewhere = seen(3, true);
        elsewhere.blocker.thread.repo = RepoId(2);
        elsewhere.blocker.repo = "o/r".parse().expect("a name");
        assert_eq!(said(&[seen(2, true), elsewhere.clone()], 1), "foundation/door#2 o/r#3");
        elsewhere.nameable = false;
        assert_eq!(said(&[seen(2, true), elsewhere], 1), "#2 -");
    }

    #[test]
    fn a_circle_that_does_not_lead_there_ends() {
        assert_eq!(walk(9, &[(1, 2), (2, 3), (3, 1), (3, 2)]), None);
    }
}
