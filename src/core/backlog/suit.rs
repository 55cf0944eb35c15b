//! Which agents suit an issue: worked out once for all issues that ask for the same.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::choose::Candidate;
use super::fit::{Depth, Fit};
use super::matching::{Choice, Lack, Lost, Roster, Worker};
use super::room::Room;
use crate::core::ids::RepoId;

/// An agent that holds the role and has the skills.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suitor {
    /// Its number in the [`Room`].
    pub(super) agent: usize,
    pub(super) fit: Fit,
}

/// All agents, as issues of one repository, role and set of skills see them.
#[derive(Debug)]
pub(super) struct Suit {
    /// Those who could do it: the one that fits best first.
    pub(super) suitors: Vec<Suitor>,
    /// Those who could not, and why.
    strangers: Vec<(usize, Lack)>,
}

impl Suit {
    /// Who suits one issue alone.
    pub(super) fn of(candidate: &Candidate, roster: &Roster, room: &Room<'_>) -> Self {
        let mut matchmaker = Matchmaker::new(roster, room);
        matchmaker.look(&candidate.role, &candidate.skills, candidate.repo())
    }

    /// All agents but the winner, with what they lack as long as there is this much room: the
    /// runner-up first.
    pub(super) fn lost(&self, winner: Option<usize>, repo: RepoId, room: &Room<'_>) -> Vec<Lost> {
        let lost =
            |agent: usize, fit, lack| Lost { agent: room.worker(agent).name.clone(), fit, lack };
        let suitors = self.suitors.iter().filter(|suitor| Some(suitor.agent) != winner);
        let slower = suitors.map(|Suitor { agent, fit }| {
            lost(*agent, fit.lower, room.lack(*agent, repo).unwrap_or(Lack::LowerValue))
        });
        let strangers = self.strangers.iter().map(|(agent, lack)| lost(*agent, 0, *lack));
        slower.chain(strangers).collect()
    }

    /// What is told of an issue that nobody gets.
    pub(super) fn nobody(&self, candidate: &Candidate, room: &Room<'_>) -> Choice {
        let others = self.lost(None, candidate.repo(), room);
        Choice { thread: candidate.thread, winner: None, others }
    }
}

/// Finds out who suits what, and remembers it.
pub(super) struct Matchmaker<'a> {
    roster: &'a Roster,
    workers: Vec<&'a Worker>,
    /// The fit of each agent by role and repository.
    fits: HashMap<(&'a str, RepoId), Vec<Fit>>,
    /// Where in `suits` it stands who suits.
    known: HashMap<(&'a str, &'a [String], RepoId), usize>,
    suits: Vec<Suit>,
}

impl<'a> Matchmaker<'a> {
    pub(super) fn new(roster: &'a Roster, room: &Room<'a>) -> Self {
        let workers = room.workers().collect();
        let (fits, known) = (HashMap::new(), HashMap::new());
        Self { roster, workers, fits, known, suits: Vec::new() }
    }

    /// The number of who suits `candidate` in what [`Matchmaker::into_suits`] gives.
    pub(super) fn suit(&mut self, candidate: &'a Candidate) -> usize {
        let Candidate { role, skills, .. } = candidate;
        let key = (role.as_str(), skills.as_slice(), candidate.repo());
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let suit = self.look(role, skills, candidate.repo());
        self.suits.push(suit);
        self.known.insert(key, self.suits.len() - 1);
        self.suits.len() - 1
    }

    pub(super) fn into_suits(self) -> Vec<Suit> {
        self.suits
    }

    fn look(&mut self, role: &'a str, skills: &[String], repo: RepoId) -> Suit {
        let Self { roster, workers, fits, .. } = self;
        let fits = fits.entry((role, repo)).or_insert_with(|| {
            let depth = Depth::Repo(role, repo);
            workers.iter().map(|w| roster.outcomes.fit(&w.name, w.prior, depth)).collect()
        });
        let (mut suitors, mut strangers) = (Vec::new(), Vec::new());
        for (agent, (worker, fit)) in workers.iter().zip(fits).enumerate() {
            if !worker.roles.iter().any(|held| held == role) {
                strangers.push((agent, Lack::NoRole));
            } else if !worker.knows(skills) {
                strangers.push((agent, Lack::NoSkill));
            } else {
                suitors.push(Suitor { agent, fit: *fit });
            }
        }
        suitors.sort_by_key(|suitor| Reverse(suitor.fit.lower));
        Suit { suitors, strangers }
    }
}

impl Worker {
    /// Whether it has all of these skills.
    fn knows(&self, skills: &[String]) -> bool {
        self.skills.is_empty() || skills.iter().all(|skill| self.skills.contains(skill))
    }
}
