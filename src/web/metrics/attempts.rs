//! What agents did, as counters: each agent of the configuration, and all others together.
//!
//! The ledger counts what attempts came to, and now and then corrects that: what an attempt cost may
//! turn out to be less. A counter must not: it stays at the most that was told. What others did before
//! the process began is not told at all, since whom the configuration names decides who they are: so
//! with another configuration that counter begins at zero again, as counters may.

use std::collections::BTreeMap;

use super::setting::MetricsAgent;
use crate::core::jobs::money::Spent;
use crate::core::metrics::Histogram;
use crate::store::metrics::{AttemptMetrics, no_attempts};

/// By which name and kind what agents did is told that the configuration does not hold any more. An agent
/// may be called so, and is told apart: none is of that kind.
pub(super) const OTHERS: &str = "other";

/// What an agent did.
#[derive(Debug, Clone)]
pub(super) struct AgentAttempts {
    /// By outcome.
    pub(super) ended: BTreeMap<&'static str, u64>,
    pub(super) repairs: u64,
    /// What was spent, as somebody said.
    pub(super) said: Spent,
    /// What may have been spent, where nobody said.
    pub(super) bound: Spent,
    pub(super) took: Histogram,
}

/// The same with the labels by which it is told.
#[derive(Debug, Clone)]
pub(super) struct CountedAgent {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) did: AgentAttempts,
}

/// What was told until now.
#[derive(Debug, Default)]
pub(super) struct AttemptCounters {
    /// By agent; without a name, of all others.
    told: BTreeMap<Option<String>, AgentAttempts>,
    /// What others had done when it was read first.
    others_before: Option<AgentAttempts>,
}

impl AttemptCounters {
    /// What is to be told of these agents and then of all others, now that the ledger holds `attempts`.
    pub(super) fn count(
        &mut self,
        agents: &[MetricsAgent],
        attempts: &[AttemptMetrics],
    ) -> Vec<CountedAgent> {
        let mut held: BTreeMap<Option<&str>, AgentAttempts> = BTreeMap::new();
        for attempts in attempts {
            let is_known = agents.iter().any(|agent| agent.name == attempts.agent);
            held.entry(is_known.then_some(attempts.agent.as_str())).or_default().add(attempts);
        }
        let others = held.remove(&None).unwrap_or_default();
        let before = self.others_before.get_or_insert_with(|| others.clone());
        held.insert(None, others.since(before));
        let mut counted = Vec::with_capacity(agents.len() + 1);
        for agent in agents.iter().map(Some).chain([None]) {
            let name = agent.map(|agent| agent.name.as_str());
            let told = self.told.entry(name.map(str::to_owned)).or_default();
            told.raise(&held.remove(&name).unwrap_or_default());
            counted.push(CountedAgent {
                name: name.unwrap_or(OTHERS).to_owned(),
                kind: agent.map_or(OTHERS, |agent| agent.kind.as_str()).to_owned(),
                did: told.clone(),
            });
        }
        counted
    }
}

impl Default for AgentAttempts {
    fn default() -> Self {
        let (said, bound) = (Spent::default(), Spent::default());
        Self { ended: BTreeMap::new(), repairs: 0, said, bound, took: no_attempts() }
    }
}

impl AgentAttempts {
    fn add(&mut self, attempts: &AttemptMetrics) {
        *self.ended.entry(attempts.end.name()).or_default() += attempts.count;
        self.repairs += attempts.repairs;
        let spent = if attempts.is_bound { &mut self.bound } else { &mut self.said };
        *spent = spent.plus(attempts.spent);
        self.took.add(&attempts.took);
    }

    /// Each of its numbers becomes what `held` has, if that is more.
    fn raise(&mut self, held: &Self) {
        for (outcome, count) in &held.ended {
            let told = self.ended.entry(*outcome).or_default();
            *told = (*told).max(*count);
        }
        self.repairs = self.repairs.max(held.repairs);
        self.said = each(self.said, held.said, u64::max);
        self.bound = each(self.bound, held.bound, u64::max);
        self.took.raise(&held.took);
    }

    /// What there is beyond `before`.
    fn since(mut self, before: &Self) -> Self {
        for (outcome, count) in &before.ended {
            let counted = self.ended.entry(*outcome).or_default();
            *counted = counted.saturating_sub(*count);
        }
        self.repairs = self.repairs.saturating_sub(before.repairs);
        self.said = each(self.said, before.said, u64::saturating_sub);
        self.bound = each(self.bound, before.bound, u64::saturating_sub);
        self.took.take_away(&before.took);
        self
    }
}

fn each(one: Spent, other: Spent, number: fn(u64, u64) -> u64) -> Spent {
    Spent {
        micro_usd: number(one.micro_usd, other.micro_usd),
        tokens: number(one.tokens, other.tokens),
        runs: number(one.runs, other.runs),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::AttemptEnd;
    use crate::web::metrics::attempts::*;

    fn agent(name: &str) -> MetricsAgent {
        MetricsAgent { name: name.to_owned(), kind: "forge".to_owned(), capacity: 1 }
    }

    fn ended(agent: &str, count: u64, micro_usd: u64) -> AttemptMetrics {
        let mut took = no_attempts();
        (0..count).for_each(|_| took.observe(90_000_000));
        AttemptMetrics {
            agent: agent.to_owned(),
            end: AttemptEnd::Ended,
            is_bound: false,
            count,
            repairs: 0,
            spent: Spent { micro_usd, tokens: 10 * count, runs: count },
            took,
        }
    }

    /// By name: how many ended, what they cost, how many took a time.
    fn told(counted: &[CountedAgent]) -> Vec<(&str, u64, u64, u64)> {
        let of = |one: &CountedAgent| one.did.ended.get("ended").copied().unwrap_or(0);
        let told = counted.iter();
        told.map(|one| (one.name.as_str(), of(one), one.did.said.micro_usd, one.did.took.count()))
            .collect()
    }

    #[test]
    fn what_was_corrected_does_not_go_down() {
        let (mut counters, agents) = (AttemptCounters::default(), [agent("ezra")]);
        counters.count(&agents, &[ended("ezra", 2, 500)]);
        let counted = counters.count(&agents, &[ended("ezra", 2, 300)]);
        assert_eq!(told(&counted), [("ezra", 2, 500, 2), ("other", 0, 0, 0)]);
        let counted = counters.count(&agents, &[ended("ezra", 3, 700)]);
        assert_eq!(told(&counted), [("ezra", 3, 700, 3), ("other", 0, 0, 0)]);
    }

    #[test]
    fn an_agent_that_is_called_as_the_others_are_is_told_apart() {
        let (mut counters, agents) = (AttemptCounters::default(), [agent("other")]);
        let held = |own, rest| [ended("other", own, 100 * own), ended("ezra", rest, 10 * rest)];
        let counted = counters.count(&agents, &[]);
        assert_eq!(told(&counted), [("other", 0, 0, 0), ("other", 0, 0, 0)]);
        let counted = counters.count(&agents, &held(2, 5));
        assert_eq!(told(&counted), [("other", 2, 200, 2), ("other", 5, 50, 5)]);
        let counted = counters.count(&agents, &held(3, 5));
        assert_eq!(told(&counted), [("other", 3, 300, 3), ("other", 5, 50, 5)]);
        let kinds: Vec<&str> = counted.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["forge", OTHERS], "the labels of the two are not the same");
    }

    /// One that is named otherwise leaves the others, or comes among them: a jump down to what is left
    /// would look like so much that was done at once.
    #[test]
    fn what_others_did_before_is_not_told() {
        let held = [ended("ezra", 5, 500), ended("bezalel", 7, 700)];
        let mut before = AttemptCounters::default();
        assert_eq!(told(&before.count(&[agent("groq")], &held))[1], ("other", 0, 0, 0));
        let more = [ended("ezra", 6, 600), ended("bezalel", 7, 700)];
        assert_eq!(told(&before.count(&[agent("groq")], &more))[1], ("other", 1, 100, 1));
        let mut after = AttemptCounters::default();
        let counted = after.count(&[agent("ezra")], &more);
        assert_eq!(told(&counted), [("ezra", 6, 600, 6), ("other", 0, 0, 0)]);
    }
}
