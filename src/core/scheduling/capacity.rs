//! How much room is left: in agents, on hosts, in quotas, in repositories.

use std::collections::BTreeMap;

use super::quota::QuotaWindow;
use super::roster::{AgentSlot, Load, Rejection, Roster};
use crate::core::model::ids::RepoId;
use crate::core::model::spending::Spent;

/// What an issue needs room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) repo: RepoId,
    /// What was spent on it so far, in millionths of a US dollar.
    pub(super) spent: u64,
}

/// What is still free. Taking makes it less and never more.
#[derive(Debug, Clone)]
pub(super) struct Capacity<'a> {
    agents: Vec<AgentCapacity<'a>>,
    hosts: Vec<u32>,
    pools: Vec<PoolRoom<'a>>,
    repos: BTreeMap<RepoId, u32>,
    per_repository: u32,
    issue_micro_usd: Option<u64>,
    too_many_reviews: bool,
}

/// What a quota has room for.
#[derive(Debug, Clone)]
struct PoolRoom<'a> {
    free: u32,
    windows: &'a [QuotaWindow],
    /// What those that are given something may use.
    taken: Spent,
}

#[derive(Debug, Clone)]
struct AgentCapacity<'a> {
    worker: &'a AgentSlot,
    free: u32,
    host: Option<usize>,
    pool: Option<usize>,
}

impl<'a> Capacity<'a> {
    /// What is free beside `load`. Agents are numbered in the order of their names.
    pub(super) fn beside(load: &Load, roster: &'a Roster) -> Self {
        let Roster { workers, limits, .. } = roster;
        let mut workers: Vec<&AgentSlot> = workers.iter().collect();
        workers.sort_by(|a, b| a.name.cmp(&b.name));
        let running = |worker: &AgentSlot| load.agents.get(&worker.name).copied().unwrap_or(0);

        let mut hosts = Shares::default();
        let mut pools = Shares::default();
        let mut windows: Vec<&'a [QuotaWindow]> = Vec::new();
        let mut agents = Vec::with_capacity(workers.len());
        for worker in workers {
            let runs = running(worker);
            let host = worker.host.as_deref().map(|host| hosts.share(host, limits.per_host, runs));
            let pool = worker.pool.as_deref().map(|name| {
                let pool = limits.pools.iter().find(|pool| pool.name == name);
                let most = match pool {
                    Some(pool) if pool.is_empty => 0,
                    Some(pool) => pool.concurrent.unwrap_or(u32::MAX),
                    None => u32::MAX,
                };
                let place = pools.share(name, most, runs);
                if place == windows.len() {
                    windows.push(pool.map_or(&[], |pool| &pool.windows));
                }
                place
            });
            let free = worker.capacity.saturating_sub(runs).min(worker.tries.unwrap_or(u32::MAX));
            agents.push(AgentCapacity { worker, free, host, pool });
        }
        let tries = |name: &str| {
            let pool = limits.pools.iter().find(|pool| pool.name == name);
            pool.and_then(|pool| pool.tries).unwrap_or(u32::MAX)
        };
        let tries: Vec<u32> = pools.names().into_iter().map(tries).collect();
        let rooms = pools.free.into_iter().zip(tries).zip(windows);
        let rooms = rooms.map(|((free, tries), windows)| PoolRoom {
            free: free.min(tries),
            windows,
            taken: Spent::default(),
        });
        let left =
            |(repo, runs): (&RepoId, &u32)| (*repo, limits.per_repository.saturating_sub(*runs));
        Self {
            agents,
            hosts: hosts.free,
            pools: rooms.collect(),
            repos: load.repos.iter().map(left).collect(),
            per_repository: limits.per_repository,
            issue_micro_usd: limits.issue_micro_usd,
            too_many_reviews: load.reviews_waiting >= limits.reviews_waiting,
        }
    }

    /// The agents, by number.
    pub(super) fn workers(&self) -> impl ExactSizeIterator<Item = &'a AgentSlot> {
        self.agents.iter().map(|agent| agent.worker)
    }

    pub(super) fn worker(&self, agent: usize) -> &'a AgentSlot {
        self.agents[agent].worker
    }

    /// The first thing that keeps an agent from taking an issue that needs this.
    pub(super) fn lack(&self, agent: usize, demand: Demand) -> Option<Rejection> {
        let AgentCapacity { worker, .. } = &self.agents[agent];
        match self.own_rejection(agent) {
            Some(lack) if lack < Rejection::RepoFull => Some(lack),
            _ if self.is_full(demand.repo) => Some(Rejection::RepoFull),
            _ if self.too_many_reviews => Some(Rejection::ReviewsWaiting),
            _ if worker.is_spent || self.costs_too_much(worker, demand) => Some(Rejection::Budget),
            _ => None,
        }
    }

    /// Whether another attempt by this agent would cost more than what may be spent on an issue.
    fn costs_too_much(&self, worker: &AgentSlot, demand: Demand) -> bool {
        let with = demand.spent.saturating_add(worker.micro_usd);
        self.issue_micro_usd.is_some_and(|most| with > most)
    }

    /// Whether some agent could take an issue of some repository.
    pub(super) fn is_left(&self) -> bool {
        !self.too_many_reviews
            && (0..self.agents.len()).any(|agent| self.own_rejection(agent).is_none())
    }

    /// Whether a repository has as many jobs as it bears.
    pub(super) fn is_full(&self, repo: RepoId) -> bool {
        self.repos.get(&repo).copied().unwrap_or(self.per_repository) == 0
    }

    /// Gives an agent an issue of `repo`.
    pub(super) fn take(&mut self, agent: usize, repo: RepoId) {
        self.occupy(agent);
        let left = self.repos.entry(repo).or_insert(self.per_repository);
        *left = left.saturating_sub(1);
    }

    /// Whether two agents, or one twice, could take something.
    pub(super) fn is_left_for_two(&mut self) -> bool {
        let mut agents = 0..self.agents.len();
        agents.any(|agent| self.own_rejection(agent).is_none() && self.leaves_capacity(agent))
    }

    /// Whether some agent could still take something after this one has.
    pub(super) fn leaves_capacity(&mut self, agent: usize) -> bool {
        self.occupy(agent);
        let leaves = self.is_left();
        self.free(agent);
        leaves
    }

    fn occupy(&mut self, agent: usize) {
        if let Some((pool, bound)) = self.pool_of(agent) {
            pool.taken = pool.taken.plus(bound);
        }
        for slot in self.slots(agent) {
            *slot = slot.saturating_sub(1);
        }
    }

    /// Undoes [`Capacity::occupy`], for an agent that had room.
    fn free(&mut self, agent: usize) {
        if let Some((pool, bound)) = self.pool_of(agent) {
            pool.taken = pool.taken.minus(bound);
        }
        for slot in self.slots(agent) {
            *slot = slot.saturating_add(1);
        }
    }

    /// The quota that an agent shares, and what an attempt of it may use of that.
    fn pool_of(&mut self, agent: usize) -> Option<(&mut PoolRoom<'a>, Spent)> {
        let AgentCapacity { worker, pool, .. } = &self.agents[agent];
        Some((&mut self.pools[(*pool)?], worker.bound()))
    }

    fn slots(&mut self, agent: usize) -> impl Iterator<Item = &mut u32> {
        let AgentCapacity { free, host, pool, .. } = &mut self.agents[agent];
        let host = host.map(|host| &mut self.hosts[host]);
        let pool = pool.map(|pool| &mut self.pools[pool].free);
        [Some(free), host, pool].into_iter().flatten()
    }

    /// What keeps an agent from taking anything, wherever it may be.
    fn own_rejection(&self, agent: usize) -> Option<Rejection> {
        let AgentCapacity { worker, free, host, pool } = &self.agents[agent];
        if !worker.is_up {
            Some(if worker.is_unseen { Rejection::AgentUnseen } else { Rejection::AgentDown })
        } else if *free == 0 {
            Some(Rejection::AgentBusy)
        } else if host.is_some_and(|host| self.hosts[host] == 0) {
            Some(Rejection::HostFull)
        } else if worker.is_out_of_quota
            || pool.is_some_and(|pool| !self.pools[pool].has_room(worker.bound()))
        {
            Some(Rejection::PoolEmpty)
        } else if worker.is_spent {
            Some(Rejection::Budget)
        } else {
            None
        }
    }
}

impl PoolRoom<'_> {
    fn has_room(&self, bound: Spent) -> bool {
        self.free > 0 && self.windows.iter().all(|window| window.has_room(self.taken, bound))
    }
}

/// What several agents share, by name.
#[derive(Default)]
struct Shares<'a> {
    numbers: BTreeMap<&'a str, usize>,
    free: Vec<u32>,
}

impl<'a> Shares<'a> {
    /// The names, by number.
    fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<(usize, &str)> =
            self.numbers.iter().map(|(name, number)| (*number, *name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// The number of what is called `name`, which bears `most` jobs, of which an agent runs `runs`.
    fn share(&mut self, name: &'a str, most: u32, runs: u32) -> usize {
        let number = *self.numbers.entry(name).or_insert_with(|| {
            self.free.push(most);
            self.free.len() - 1
        });
        self.free[number] = self.free[number].saturating_sub(runs);
        number
    }
}
