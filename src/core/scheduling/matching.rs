//! Matches candidates to agents.
//!
//! Pairs of an issue and an agent come up in falling order of p0, points times fit, then the lower
//! price, age, repository, number, and between agents worth the same for one issue, fit and name. A
//! pair is taken if the agent, its host, its quota and the repository have room, and budgets. When
//! the turn of an issue has come, it goes to another family than those that failed at it, and what
//! is small to the cheapest that fits. Without these two, that is worth at least
//! half of the best possible matching where each quota lies within a host (agents within hosts
//! and issues within repositories are two laminar matroids), and a third where quotas cross hosts
//! (Fisher, Nemhauser, Wolsey 1978).
//!
//! What may start by itself is matched first, and only to agents with which it does; then all else,
//! of which people are told who would get it.
//!
//! Not all pairs are ever made: each issue waits in a heap under its best agent, and comes back
//! under the next best when that one has no room. Fits are worked out once for all issues of the
//! same repository, role and skills.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::MILLION;
use super::automatic::{AutoTerms, Beginning, SuggestReason};
use super::capacity::Capacity;
use super::fit::Fit;
use super::fit_cache::{AgentFit, AgentRanking, FitCache};
use super::roster::{AgentSlot, Assignment, Load, Match, Roster};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::candidate::Candidate;

/// For how many issues that nobody gets it is told what each agent lacked.
pub const MOST_EXPLAINED: usize = 200;

/// Every tenth small issue goes to whom it may suit best.
const TRIAL_EVERY: u64 = 10;

/// Decides who gets what: what was decided about each candidate that somebody gets, and about the
/// [`MOST_EXPLAINED`] best of the others; in the order of their worth. The order of the input does not
/// matter.
pub fn match_issues(candidates: &[Candidate], roster: &Roster) -> Vec<Match> {
    let candidates = ranked(candidates);
    let mut matching = Matching::new(roster, &candidates);
    matching.run();
    matching.choices()
}

/// Decides as [`match_issues`] does, and tells what came of one issue, however little it is worth. One
/// that is not among `candidates` is matched as if it were: what comes after it takes nothing from it.
pub fn match_one(asked: &Candidate, candidates: &[Candidate], roster: &Roster) -> Match {
    let is_among = candidates.iter().any(|candidate| candidate.thread == asked.thread);
    let candidates = ranked(candidates.iter().chain((!is_among).then_some(asked)));
    let mut matching = Matching::new(roster, &candidates);
    matching.run();
    let place = candidates.iter().position(|candidate| candidate.thread == asked.thread);
    match place.and_then(|place| matching.won.remove(&place)) {
        Some(choice) => choice,
        None => {
            AgentRanking::of(asked, roster, &matching.capacity).nobody(asked, &matching.capacity)
        }
    }
}

fn ranked<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> Vec<&'a Candidate> {
    let mut ranked: Vec<&Candidate> = candidates.into_iter().collect();
    ranked.sort_unstable_by_key(|candidate| Reverse(candidate.rank()));
    ranked
}

/// Under which an issue waits: its best pair that has not come up. Greater comes up first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CandidatePair {
    is_p0: bool,
    /// Points times fit, exactly.
    product: u64,
    /// The cheaper goes first.
    micro_usd: Reverse<u64>,
    age: Reverse<(Timestamp, ThreadId)>,
    candidate: usize,
    /// Which of its suitors.
    turn: usize,
}

struct Matching<'a> {
    roster: &'a Roster,
    candidates: &'a [&'a Candidate],
    /// By candidate: who suits it, as a place in `suits`.
    ranking_of: Vec<usize>,
    rankings: Vec<AgentRanking>,
    /// The agents, by number.
    workers: Vec<&'a AgentSlot>,
    capacity: Capacity<'a>,
    /// What was decided for whoever gets somebody, by its place among the candidates.
    won: HashMap<usize, Match>,
    small_handed_out: u64,
    /// What may start by itself, beside what does already.
    auto: AutoTerms,
    /// Whether only that is matched.
    starts_only: bool,
    /// Whether the last free slot is for a p0.
    keeps_one: bool,
}

impl<'a> Matching<'a> {
    fn new(roster: &'a Roster, candidates: &'a [&'a Candidate]) -> Self {
        let capacity = Capacity::beside(&roster.load, roster);
        let mut cache = FitCache::new(roster, &capacity);
        let ranking_of = candidates.iter().map(|candidate| cache.ranking(candidate)).collect();
        Self {
            roster,
            candidates,
            ranking_of,
            rankings: cache.into_rankings(),
            workers: capacity.workers().collect(),
            capacity,
            won: HashMap::new(),
            small_handed_out: roster.small_handed_out,
            auto: roster.auto.clone(),
            starts_only: true,
            keeps_one: Capacity::beside(&Load::default(), roster).is_left_for_two(),
        }
    }

    /// Matches what starts by itself, then all else.
    fn run(&mut self) {
        for starts_only in [true, false] {
            self.starts_only = starts_only;
            self.let_pairs_come_up();
        }
    }

    /// Lets pairs come up until nobody has room.
    fn let_pairs_come_up(&mut self) {
        let worth = |candidate: &&Candidate| candidate.points >= self.roster.limits.minimum;
        let pairs = (0..self.candidates.len())
            .filter(|index| worth(&self.candidates[*index]) && !self.won.contains_key(index))
            .filter_map(|index| self.pair(index, 0));
        let mut waiting = BinaryHeap::with_capacity(self.candidates.len());
        waiting.extend(pairs);
        while self.capacity.is_left()
            && let Some(pair) = waiting.pop()
        {
            if !self.take(&pair) {
                waiting.extend(self.pair(pair.candidate, pair.turn + 1));
            }
        }
    }

    fn ranking(&self, index: usize) -> &AgentRanking {
        &self.rankings[self.ranking_of[index]]
    }

    /// The first pair of a candidate from `turn` on in which the agent still has room.
    fn pair(&self, index: usize, turn: usize) -> Option<CandidatePair> {
        let candidate = self.candidates[index];
        if self.starts_only && candidate.beginning != Beginning::ByItself {
            return None;
        }
        let ranked_fits = &self.ranking(index).ranked_fits;
        let later = ranked_fits.iter().enumerate().skip(turn);
        let demand = candidate.demand();
        let mut free = later.filter(|(_, one)| {
            self.may_take(candidate, one.agent) && self.capacity.lack(one.agent, demand).is_none()
        });
        let (turn, agent_fit) = free.next()?;
        Some(CandidatePair {
            is_p0: candidate.is_p0,
            // Where an issue is worth nothing, the agent still counts.
            product: candidate.points.max(1).saturating_mul(agent_fit.fit.lower),
            micro_usd: Reverse(self.workers[agent_fit.agent].micro_usd),
            age: Reverse((candidate.created_at, candidate.thread)),
            candidate: index,
            turn,
        })
    }

    /// How a candidate begins that this agent gets.
    fn beginning(&self, candidate: &Candidate, agent: usize) -> Beginning {
        let name = &self.workers[agent].name;
        let of_pair = || self.auto.pair_obstacle(name, candidate.repo(), candidate.is_large);
        let day_full = || (self.auto.starts_left == 0).then_some(SuggestReason::DayFull);
        match candidate.beginning {
            Beginning::ByItself => {
                of_pair().or_else(day_full).map_or(Beginning::ByItself, Beginning::HeldBack)
            }
            other => other,
        }
    }

    /// Whether an agent may take a candidate now, if it has room.
    fn may_take(&self, candidate: &Candidate, agent: usize) -> bool {
        !self.starts_only || self.beginning(candidate, agent) == Beginning::ByItself
    }

    /// Takes a pair that came up, unless its agent has no room any more, or it would take the
    /// slot that is kept.
    fn take(&mut self, pair: &CandidatePair) -> bool {
        let candidate = self.candidates[pair.candidate];
        let ranking = &self.rankings[self.ranking_of[pair.candidate]];
        let agent_fit = ranking.ranked_fits[pair.turn];
        let demand = candidate.demand();
        let may_take_the_last = !self.keeps_one || candidate.is_p0;
        let able: Vec<AgentFit> = (ranking.ranked_fits.iter().copied())
            .filter(|one| self.may_take(candidate, one.agent))
            .collect();
        let capacity = &mut self.capacity;
        let mut has_room = |agent_fit: &AgentFit| {
            capacity.lack(agent_fit.agent, demand).is_none()
                && (may_take_the_last || capacity.leaves_capacity(agent_fit.agent))
        };
        if !able.iter().any(|one| one.agent == agent_fit.agent) || !has_room(&agent_fit) {
            return false;
        }
        let is_trial =
            candidate.is_small && (self.small_handed_out + 1).is_multiple_of(TRIAL_EVERY);
        let AgentFit { agent, fit } = match candidate.is_small || !candidate.tried.is_empty() {
            // Of several that stand alike, the first, which fits best.
            true => {
                let able = able.iter().filter(|one| has_room(one));
                let standing = |one: &&AgentFit| {
                    standing(candidate, self.workers[one.agent], one.fit, is_trial)
                };
                *able.min_by_key(standing).unwrap_or(&agent_fit)
            }
            false => agent_fit,
        };
        let fit = if is_trial { fit.upper } else { fit.lower };
        let beginning = self.beginning(candidate, agent);
        let verdict = Assignment {
            agent: self.capacity.worker(agent).name.clone(),
            fit,
            is_trial,
            value: value(candidate.points, fit),
            beginning,
        };
        let others = ranking.lost(Some(agent), demand, &self.capacity);
        let choice = Match { thread: candidate.thread, winner: Some(verdict), others };
        self.won.insert(pair.candidate, choice);
        self.capacity.take(agent, candidate.repo());
        if beginning == Beginning::ByItself {
            self.auto.take(&self.workers[agent].name, candidate.repo());
        }
        self.small_handed_out += u64::from(candidate.is_small);
        true
    }

    /// What was decided, in the order of the candidates.
    fn choices(mut self) -> Vec<Match> {
        let mut told = 0;
        let mut choices =
            Vec::with_capacity(self.won.len() + MOST_EXPLAINED.min(self.candidates.len()));
        for (index, candidate) in self.candidates.iter().enumerate() {
            if let Some(choice) = self.won.remove(&index) {
                choices.push(choice);
            } else if told < MOST_EXPLAINED {
                choices.push(self.ranking(index).nobody(candidate, &self.capacity));
                told += 1;
            }
        }
        choices
    }
}

/// What decides which of those with room gets an issue whose turn has come: the least goes first.
fn standing(
    candidate: &Candidate,
    worker: &AgentSlot,
    fit: Fit,
    is_trial: bool,
) -> impl Ord + use<> {
    let distance = worker.distance(&candidate.tried);
    match (is_trial, candidate.is_small) {
        (true, _) => (distance, 0, Reverse(fit.upper)),
        (false, true) => (distance, worker.micro_usd, Reverse(fit.lower)),
        (false, false) => (distance, 0, Reverse(fit.lower)),
    }
}

/// Points times fit, both in millionths.
fn value(points: u64, fit: u64) -> u64 {
    let value = u128::from(points) * u128::from(fit) / u128::from(MILLION);
    u64::try_from(value).unwrap_or(u64::MAX)
}
