//! Which agents suit an issue: worked out once for all issues that ask for the same.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::candidate::Candidate;
use super::capacity::{Capacity, Demand};
use super::fit::{Depth, Fit};
use super::roster::{AgentSlot, Match, RejectedAgent, Rejection, Roster};
use crate::core::model::ids::RepoId;

/// An agent that holds the role and has the skills.
#[derive(Debug, Clone, Copy)]
pub(super) struct AgentFit {
    /// Its number in the [`Capacity`].
    pub(super) agent: usize,
    pub(super) fit: Fit,
}

/// All agents, as issues of one repository, role and set of skills see them that are alike dangerous.
#[derive(Debug)]
pub(super) struct AgentRanking {
    /// Those who could do it: the one that fits best first, of equals the cheapest.
    pub(super) ranked_fits: Vec<AgentFit>,
    /// Those who could not, and why.
    untracked: Vec<(usize, Rejection)>,
}

impl AgentRanking {
    /// Who suits one issue alone.
    pub(super) fn of(candidate: &Candidate, roster: &Roster, capacity: &Capacity<'_>) -> Self {
        let mut cache = FitCache::new(roster, capacity);
        cache.look(candidate)
    }

    /// All agents but the winner, with what they lack as long as there is this much room: the
    /// runner-up first.
    pub(super) fn lost(
        &self,
        winner: Option<usize>,
        demand: Demand,
        capacity: &Capacity<'_>,
    ) -> Vec<RejectedAgent> {
        let lost = |agent: usize, fit, lack| RejectedAgent {
            agent: capacity.worker(agent).name.clone(),
            fit,
            lack,
        };
        let ranked_fits =
            self.ranked_fits.iter().filter(|agent_fit| Some(agent_fit.agent) != winner);
        let slower = ranked_fits.map(|AgentFit { agent, fit }| {
            lost(*agent, fit.lower, capacity.lack(*agent, demand).unwrap_or(Rejection::LowerValue))
        });
        let untracked = self.untracked.iter().map(|(agent, lack)| lost(*agent, 0, *lack));
        slower.chain(untracked).collect()
    }

    /// What is told of an issue that nobody gets.
    pub(super) fn nobody(&self, candidate: &Candidate, capacity: &Capacity<'_>) -> Match {
        let others = self.lost(None, candidate.demand(), capacity);
        Match { thread: candidate.thread, winner: None, others }
    }
}

/// Finds out who suits what, and remembers it.
pub(super) struct FitCache<'a> {
    roster: &'a Roster,
    workers: Vec<&'a AgentSlot>,
    /// The fit of each agent by role and repository.
    fits: HashMap<(&'a str, RepoId), Vec<Fit>>,
    /// Where in `suits` it stands who suits.
    known: HashMap<(&'a str, &'a [String], RepoId, bool), usize>,
    rankings: Vec<AgentRanking>,
}

impl<'a> FitCache<'a> {
    pub(super) fn new(roster: &'a Roster, capacity: &Capacity<'a>) -> Self {
        let workers = capacity.workers().collect();
        let (fits, known) = (HashMap::new(), HashMap::new());
        Self { roster, workers, fits, known, rankings: Vec::new() }
    }

    /// The number of who suits `candidate` in what [`FitCache::into_rankings`] gives.
    pub(super) fn ranking(&mut self, candidate: &'a Candidate) -> usize {
        let Candidate { role, skills, is_dangerous, .. } = candidate;
        let key = (role.as_str(), skills.as_slice(), candidate.repo(), *is_dangerous);
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let ranking = self.look(candidate);
        self.rankings.push(ranking);
        self.known.insert(key, self.rankings.len() - 1);
        self.rankings.len() - 1
    }

    pub(super) fn into_rankings(self) -> Vec<AgentRanking> {
        self.rankings
    }

    fn look(&mut self, candidate: &'a Candidate) -> AgentRanking {
        let Candidate { role, skills, is_dangerous, .. } = candidate;
        let (role, repo) = (role.as_str(), candidate.repo());
        let Self { roster, workers, fits, .. } = self;
        let fits = fits.entry((role, repo)).or_insert_with(|| {
            let depth = Depth::Repo(role, repo);
            workers.iter().map(|w| roster.outcomes.fit(&w.name, w.prior, depth)).collect()
        });
        let (mut ranked_fits, mut untracked) = (Vec::new(), Vec::new());
        for (agent, (worker, fit)) in workers.iter().zip(fits).enumerate() {
            if !worker.roles.iter().any(|held| held == role) {
                untracked.push((agent, Rejection::NoRole));
            } else if !worker.knows(skills) {
                untracked.push((agent, Rejection::NoSkill));
            } else if !worker.workplaces.include(repo) {
                untracked.push((agent, Rejection::NoAccess));
            } else if *is_dangerous && worker.cannot_ask {
                untracked.push((agent, Rejection::CannotAsk));
            } else {
                ranked_fits.push(AgentFit { agent, fit: *fit });
            }
        }
        let micro_usd = |agent: usize| workers.get(agent).map(|worker| worker.micro_usd);
        ranked_fits.sort_by_key(|one| (Reverse(one.fit.lower), micro_usd(one.agent)));
        AgentRanking { ranked_fits, untracked }
    }
}
