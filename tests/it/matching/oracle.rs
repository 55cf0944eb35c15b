//! The rules of matching as they are told, without any thought for speed.

use std::cmp::Reverse;

use timmy::core::scheduling::{AgentSlot, Candidate, Depth, Fit};

use crate::matching::cases::Case;

/// An issue and an agent, by their places in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub issue: usize,
    pub agent: usize,
}

/// Knows what a case allows.
pub struct Oracle<'a> {
    case: &'a Case,
}

impl<'a> Oracle<'a> {
    pub fn of(case: &'a Case) -> Self {
        Self { case }
    }

    fn worker(&self, agent: usize) -> &'a AgentSlot {
        &self.case.roster.workers[agent]
    }

    fn candidate(&self, pair: Pair) -> &'a Candidate {
        &self.case.candidates[pair.issue]
    }

    fn fit(&self, pair: Pair) -> Fit {
        let (candidate, worker) = (self.candidate(pair), self.worker(pair.agent));
        let depth = Depth::Repo(&candidate.role, candidate.thread.repo);
        self.case.roster.outcomes.fit(&worker.name, worker.prior, depth)
    }

    fn product(&self, pair: Pair) -> u64 {
        self.candidate(pair).points * self.fit(pair).lower
    }

    /// By what pairs come up: where an issue is worth nothing, the agent still counts.
    fn turn(&self, pair: Pair) -> u64 {
        self.candidate(pair).points.max(1) * self.fit(pair).lower
    }

    /// Whether the issue is worth it, and the agent can do it.
    pub fn suits(&self, pair: Pair) -> bool {
        let (candidate, worker) = (self.candidate(pair), self.worker(pair.agent));
        let has = |skill| worker.skills.is_empty() || worker.skills.contains(skill);
        candidate.points >= self.case.roster.limits.minimum
            && worker.roles.contains(&candidate.role)
            && candidate.skills.iter().all(has)
            && worker.workplaces.include(candidate.thread.repo)
            && !(candidate.is_dangerous && worker.cannot_ask)
            && self.is_affordable(pair)
    }

    fn is_affordable(&self, pair: Pair) -> bool {
        let with = self.candidate(pair).spent + self.worker(pair.agent).micro_usd;
        self.case.roster.limits.issue_micro_usd.is_none_or(|most| with <= most)
    }

    /// How near an agent is to those that failed at an issue.
    fn nearness(&self, pair: Pair) -> usize {
        let (tried, worker) = (&self.candidate(pair).tried, self.worker(pair.agent));
        let family =
            |name: &String, family: &Option<String>| family.clone().unwrap_or(name.clone());
        let own = family(&worker.name, &worker.family);
        match tried.iter().find(|one| one.agent == worker.name) {
            Some(_) => 2,
            None => usize::from(tried.iter().any(|one| family(&one.agent, &one.family) == own)),
        }
    }

    /// Whether all these pairs may run beside what runs.
    pub fn bears(&self, pairs: &[Pair]) -> bool {
        let agents: Vec<usize> = pairs.iter().map(|pair| pair.agent).collect();
        let limits = &self.case.roster.limits;
        pairs.is_empty()
            || self.repositories_bear(pairs)
                && self.agents_bear(&agents, true)
                && self.case.roster.load.reviews_waiting < limits.reviews_waiting
    }

    fn repositories_bear(&self, pairs: &[Pair]) -> bool {
        pairs.iter().all(|pair| {
            let repo = self.candidate(*pair).thread.repo;
            let new = pairs.iter().filter(|p| self.candidate(**p).thread.repo == repo).count();
            let old = self.case.roster.load.repos.get(&repo).copied().unwrap_or(0);
            new as u32 + old <= self.case.roster.limits.per_repository
        })
    }

    /// Whether these agents may each begin a job, once for each time that they are named.
    fn agents_bear(&self, agents: &[usize], is_loaded: bool) -> bool {
        let roster = &self.case.roster;
        let jobs_of = |named: &dyn Fn(&AgentSlot) -> bool| {
            let new = agents.iter().filter(|agent| named(self.worker(**agent))).count() as u32;
            let old = roster.workers.iter().filter(|worker| named(worker));
            let old = old.map(|worker| roster.load.agents.get(&worker.name).unwrap_or(&0));
            new + if is_loaded { old.sum::<u32>() } else { 0 }
        };
        agents.iter().map(|agent| self.worker(*agent)).all(|worker| {
            let pool =
                roster.limits.pools.iter().find(|pool| Some(&pool.name) == worker.pool.as_ref());
            worker.is_up
                && !worker.is_spent
                && jobs_of(&|other| other.name == worker.name) <= worker.capacity
                && (worker.host.is_none()
                    || jobs_of(&|other| other.host == worker.host) <= roster.limits.per_host)
                && pool.is_none_or(|pool| {
                    let most = pool.concurrent.unwrap_or(u32::MAX);
                    !pool.is_empty && jobs_of(&|other| other.pool == worker.pool) <= most
                })
        })
    }

    /// Whether a slot is left for a p0 after these pairs, or need not be.
    fn leaves_one(&self, pairs: &[Pair]) -> bool {
        let all = 0..self.case.roster.workers.len();
        let has_two = all.clone().any(|a| all.clone().any(|b| self.agents_bear(&[a, b], false)));
        let taken: Vec<usize> = pairs.iter().map(|pair| pair.agent).collect();
        !has_two
            || all.clone().any(|agent| self.agents_bear(&[&taken[..], &[agent]].concat(), true))
    }

    /// All pairs, one after the other, taken where there is room.
    pub fn greedy(&self) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = (0..self.case.candidates.len())
            .flat_map(|issue| {
                (0..self.case.roster.workers.len()).map(move |agent| Pair { issue, agent })
            })
            .filter(|pair| self.suits(*pair))
            .collect();
        pairs.sort_by_key(|pair| {
            let Candidate { is_p0, created_at, thread, .. } = self.candidate(*pair);
            let AgentSlot { micro_usd, name, .. } = self.worker(pair.agent);
            let turn = (Reverse(*is_p0), Reverse(self.turn(*pair)), *micro_usd);
            (turn, *created_at, *thread, Reverse(self.fit(*pair).lower), name)
        });
        let mut taken: Vec<Pair> = Vec::new();
        for pair in &pairs {
            let is_given = taken.iter().any(|other| other.issue == pair.issue);
            if !is_given && self.may_join(&taken, *pair) {
                let pair = self.instead(&pairs, &taken, *pair);
                taken.push(pair);
            }
        }
        taken
    }

    fn may_join(&self, taken: &[Pair], pair: Pair) -> bool {
        let with = [taken, &[pair]].concat();
        self.bears(&with) && (self.candidate(pair).is_p0 || self.leaves_one(&with))
    }

    /// The pair that is taken when this one's turn comes: another agent if it is a trial's, if
    /// somebody failed at it, and for what is small the cheapest.
    fn instead(&self, pairs: &[Pair], taken: &[Pair], pair: Pair) -> Pair {
        let small = taken.iter().filter(|pair| self.candidate(**pair).is_small).count() as u64;
        let nth = self.case.roster.small_handed_out + small + 1;
        let Candidate { is_small, tried, .. } = self.candidate(pair);
        if !is_small && tried.is_empty() {
            return pair;
        }
        let is_trial = *is_small && nth.is_multiple_of(10);
        let able =
            pairs.iter().filter(|other| other.issue == pair.issue && self.may_join(taken, **other));
        let best = able.min_by_key(|other| {
            let Fit { lower, upper, .. } = self.fit(**other);
            let AgentSlot { micro_usd, name, .. } = self.worker(other.agent);
            let price = if *is_small && !is_trial { *micro_usd } else { 0 };
            let best = if is_trial { upper } else { lower };
            (self.nearness(**other), price, Reverse((best, lower)), *micro_usd, name)
        });
        *best.unwrap_or(&pair)
    }

    /// What these pairs are worth together.
    pub fn worth(&self, pairs: &[Pair]) -> u64 {
        pairs.iter().map(|pair| self.product(*pair)).sum()
    }

    /// What the best of all matchings is worth.
    pub fn best(&self) -> u64 {
        self.best_from(0, &mut Vec::new())
    }

    fn best_from(&self, issue: usize, taken: &mut Vec<Pair>) -> u64 {
        if issue == self.case.candidates.len() {
            let allowed = taken.is_empty() || self.leaves_one(taken);
            return if allowed { self.worth(taken) } else { 0 };
        }
        let mut best = self.best_from(issue + 1, taken);
        for agent in 0..self.case.roster.workers.len() {
            let pair = Pair { issue, agent };
            taken.push(pair);
            if self.suits(pair) && self.bears(taken) {
                best = best.max(self.best_from(issue + 1, taken));
            }
            taken.pop();
        }
        best
    }
}
