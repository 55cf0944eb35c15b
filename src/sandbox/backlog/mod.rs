//! Backlogs as they are: made from a seed, for tests, benchmarks and the demo.
//!
//! A [`Backlog`] is pure data, the same for the same [`Shape`]. It can be put into a
//! [`Sandbox`](super::Sandbox), and read by timmy like any other forge.

mod fill;
mod habits;
mod texts;
mod thread;

use std::time::Duration;
pub use thread::{Place, Thread};

use fastrand::Rng;

use crate::core::model::time::Timestamp;
use habits::Habits;

/// How large a backlog is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many repositories; at least one.
    pub repos: usize,
    /// How many open issues, over all repositories.
    pub issues: usize,
    /// Chooses among all backlogs of this size.
    pub seed: u64,
    /// The moment at which it is as it is: everything in it was written before.
    pub now: Timestamp,
}

/// Issues and pull requests of an organisation, all open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Its repositories; some are much larger than others.
    pub repos: Vec<BacklogRepo>,
}

/// A repository with what is open in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogRepo {
    pub name: String,
    /// Whether only members may read it.
    pub private: bool,
    /// Its milestones: some have no date.
    pub milestones: Vec<(String, Option<Timestamp>)>,
    /// In the order in which they were opened: the number of each is its place, from 1 on.
    pub threads: Vec<Thread>,
}

impl Backlog {
    /// The backlog of this shape.
    pub fn of(shape: Shape) -> Self {
        let mut rng = Rng::with_seed(shape.seed);
        let sizes = sizes(&mut rng, shape.repos.max(1), shape.issues);
        let repos = sizes.into_iter().enumerate();
        let repos = repos.map(|(nth, size)| repo(&mut rng, nth, size, shape.now)).collect();
        let mut backlog = Self { repos };
        backlog.chain(&mut rng);
        backlog
    }

    /// How many issues are open; pull requests are none.
    pub fn issues(&self) -> usize {
        self.threads().filter(|(_, thread)| !thread.is_pull).count()
    }

    /// Everything that is open, with its place.
    pub fn threads(&self) -> impl Iterator<Item = (Place, &Thread)> {
        self.repos.iter().enumerate().flat_map(|(repo, held)| {
            let threads = held.threads.iter().zip(1..);
            threads.map(move |(thread, number)| (Place { repo, number }, thread))
        })
    }

    /// Lets some issues wait for others: chains, now and then into another repository, and in
    /// each large backlog one circle.
    fn chain(&mut self, rng: &mut Rng) {
        let issues: Vec<Place> =
            self.threads().filter(|(_, thread)| !thread.is_pull).map(|(place, _)| place).collect();
        for _ in 0..issues.len() / 15 {
            let Some(mut at) = rng.choice(&issues).copied() else { return };
            for _ in 0..rng.usize(1..5) {
                let Some(next) = self.neighbour(rng, &issues, at) else { break };
                self.wait(at, next);
                at = next;
            }
        }
        if let [first, second, third, ..] = issues[..]
            && issues.len() >= 50
        {
            self.wait(first, second);
            self.wait(second, third);
            self.wait(third, first);
        }
    }

    /// An issue for which another may wait without a circle: one that stands before it.
    fn neighbour(&self, rng: &mut Rng, issues: &[Place], at: Place) -> Option<Place> {
        let before =
            issues.partition_point(|other| (other.repo, other.number) < (at.repo, at.number));
        // Mostly one that was opened shortly before, in the same repository.
        let reach = if rng.u8(0..10) == 0 { before } else { before.min(12) };
        (reach > 0).then(|| issues[before - 1 - rng.usize(0..reach)])
    }

    fn wait(&mut self, at: Place, on: Place) {
        let waits_for = &mut self.repos[at.repo].threads[at.number - 1].waits_for;
        if !waits_for.contains(&on) {
            waits_for.push(on);
        }
    }
}

/// How many issues each repository has: the second about half as many as the first, and so on.
fn sizes(rng: &mut Rng, repos: usize, issues: usize) -> Vec<usize> {
    let weights: Vec<usize> = (1..=repos).map(|nth| 1_000_000 / (nth + 3)).collect();
    let sum: usize = weights.iter().sum();
    let mut sizes: Vec<usize> = weights.iter().map(|weight| issues * weight / sum).collect();
    let left = issues - sizes.iter().sum::<usize>();
    for _ in 0..left {
        sizes[rng.usize(0..repos)] += 1;
    }
    rng.shuffle(&mut sizes);
    sizes
}

fn repo(rng: &mut Rng, nth: usize, issues: usize, now: Timestamp) -> BacklogRepo {
    let habits = Habits::some(rng);
    let milestones = habits.milestones(rng, now);
    let mut opened: Vec<Timestamp> = (0..issues).map(|_| long_ago(rng, now)).collect();
    opened.sort_unstable();
    let mut threads: Vec<Thread> = Vec::with_capacity(issues + issues / 8);
    for created in opened {
        let number = threads.len() + 1;
        threads.push(habits.issue(rng, number, created, now, milestones.len()));
        if rng.u8(0..12) == 0 {
            threads.push(habits.pull(rng, number, created));
        }
    }
    let private = rng.u8(0..4) == 0;
    BacklogRepo { name: texts::repo_name(rng, nth), private, milestones, threads }
}

/// A moment before `now`, more often recent than not: from minutes to four years.
fn long_ago(rng: &mut Rng, now: Timestamp) -> Timestamp {
    let part = rng.u64(1..=1000);
    let minutes = part * part * part / 1_000_000 * 2_100 + rng.u64(1..1_440);
    now.before(Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::sandbox::backlog::*;

    fn shape(seed: u64) -> Shape {
        let now = Timestamp::parse("2026-11-23T12:00:00Z").expect("a time");
        Shape { repos: 20, issues: 2_000, seed, now }
    }

    #[test]
    fn a_seed_says_everything() {
        assert_eq!(Backlog::of(shape(1)), Backlog::of(shape(1)));
        assert_ne!(Backlog::of(shape(1)), Backlog::of(shape(2)));
    }

    #[test]
    fn it_has_the_size_and_the_variety_that_was_asked_for() {
        let backlog = Backlog::of(shape(7));
        assert_eq!((backlog.repos.len(), backlog.issues()), (20, 2_000));
        let names: HashSet<_> = backlog.repos.iter().map(|repo| &repo.name).collect();
        assert_eq!(names.len(), 20);
        let any = |holds: fn(&Thread) -> bool| backlog.threads().any(|(_, thread)| holds(thread));
        assert!(any(|thread| thread.labels.contains(&"priority/p0")));
        assert!(any(|thread| thread.labels.contains(&"epic") && thread.body.contains("- [ ] #")));
        assert!(any(|thread| thread.labels.is_empty() && thread.body.is_empty()));
        assert!(any(|thread| thread.is_pull && thread.body.contains("loses #")));
        assert!(any(|thread| thread.pinned) && any(|thread| thread.due.is_some()));
        assert!(
            any(|thread| !thread.assignees.is_empty()) && any(|thread| !thread.title.is_ascii())
        );
        assert!(
            backlog.repos.iter().flat_map(|repo| &repo.milestones).any(|(_, due)| due.is_none())
        );
        assert!(backlog.threads().all(|(_, thread)| thread.created < shape(7).now));
    }

    #[test]
    fn issues_wait_for_issues_that_exist_and_one_circle_is_among_them() {
        let backlog = Backlog::of(shape(7));
        let mut waits = 0;
        for (place, thread) in backlog.threads() {
            for on in &thread.waits_for {
                assert!(!backlog.repos[on.repo].threads[on.number - 1].is_pull);
                assert_ne!(place, *on);
                waits += 1;
            }
        }
        assert!(waits > 200, "{waits}");
        let backwards = backlog.threads().flat_map(|(place, thread)| {
            thread
                .waits_for
                .iter()
                .filter(move |on| (on.repo, on.number) > (place.repo, place.number))
        });
        assert_eq!(backwards.count(), 2);
    }
}
