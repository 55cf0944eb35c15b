//! The agents that can be driven, and how each was when it was asked last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::trouble::problem;
use crate::agents::{Agent, AgentHealth, AgentTrouble, Asking};
use crate::core::model::ids::RepoId;
use crate::core::model::incident::AgentProblem;
use crate::core::model::time::Timestamp;
use crate::core::reply::AgentState;
use crate::core::scheduling::{AgentSlot, Workplaces};

/// How long it is from one look at an agent to the next.
const EVERY: Duration = Duration::from_secs(60);

/// How long an agent is not tried again in a repository in which its account may not work.
const BARRED: Duration = Duration::from_secs(10 * 60);

/// How an agent is, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCondition {
    /// What it said when it was asked last, or why it said nothing; none before that.
    pub health: Option<Result<AgentHealth, AgentTrouble>>,
    next_check: Timestamp,
}

impl AgentCondition {
    /// Whether it answers and takes work. Whether there is quota for that, the ledger knows.
    pub fn is_up(&self) -> bool {
        matches!(
            &self.health,
            Some(Ok(AgentHealth { refuses: None, .. }) | Err(AgentTrouble::PoolSpent { .. }))
        )
    }

    /// Whether it should ask before it does something dangerous, and was not seen to.
    fn cannot_ask(&self) -> bool {
        matches!(&self.health, Some(Ok(health)) if health.capabilities.asking == Asking::NotSeen)
    }

    /// As people are told of it. `leaves_nothing`: it is only tried now and then.
    pub(in crate::engine) fn state(&self, leaves_nothing: bool) -> AgentState {
        match &self.health {
            _ if leaves_nothing => AgentState::Wrong(AgentProblem::LeavesNothing),
            None => AgentState::Unknown,
            Some(health) => state_of(health),
        }
    }

    /// The model that it works with, where it says so.
    pub(in crate::engine) fn model(&self) -> Option<&str> {
        self.health.as_ref()?.as_ref().ok()?.model.as_deref()
    }
}

/// What is told of an agent that says this of itself, or nothing.
pub fn state_of(health: &Result<AgentHealth, AgentTrouble>) -> AgentState {
    match health {
        Ok(AgentHealth { refuses: None, .. }) => AgentState::Ready,
        Ok(AgentHealth { refuses: Some(words), .. }) => AgentState::Refuses(words.clone()),
        Err(trouble) => AgentState::Wrong(problem(trouble).unwrap_or(AgentProblem::Down)),
    }
}

pub(in crate::engine) struct Fleet {
    agents: BTreeMap<String, Arc<dyn Agent>>,
    known: Mutex<BTreeMap<String, AgentCondition>>,
    /// Where the accounts of agents may not work, and until when that is believed.
    barred: Mutex<BTreeMap<(String, RepoId), Timestamp>>,
}

impl Fleet {
    pub(super) fn new(agents: BTreeMap<String, Arc<dyn Agent>>) -> Self {
        let unknown = || AgentCondition { health: None, next_check: Timestamp::default() };
        let known = agents.keys().map(|name| (name.clone(), unknown())).collect();
        Self { agents, known: Mutex::new(known), barred: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, AgentCondition>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    pub(super) fn agent(&self, name: &str) -> Option<Arc<dyn Agent>> {
        self.agents.get(name).cloned()
    }

    /// How all agents are that can be driven.
    pub(in crate::engine) fn conditions(&self) -> BTreeMap<String, AgentCondition> {
        self.known().clone()
    }

    pub(super) fn is_up(&self, name: &str) -> bool {
        self.known().get(name).is_some_and(AgentCondition::is_up)
    }

    /// Whether it can be told something while it works.
    pub(super) fn can_be_told(&self, name: &str) -> bool {
        let known = self.known();
        let health = known.get(name).and_then(|known| known.health.as_ref());
        matches!(health, Some(Ok(health)) if health.capabilities.steer)
    }

    /// Those that are to be asked how they are, and when the next one is.
    pub(super) fn due(&self, now: Timestamp) -> (Vec<usize>, Option<Timestamp>) {
        let known = self.known();
        let due = known.values().enumerate().filter(|(_, known)| known.next_check <= now);
        let next = known.values().map(|known| known.next_check).filter(|at| *at > now).min();
        (due.map(|(place, _)| place).collect(), next)
    }

    /// The name of the agent at this place.
    pub(super) fn name(&self, place: usize) -> Option<String> {
        self.agents.keys().nth(place).cloned()
    }

    /// Whether this process of an agent was seen to ask; none if it answers for the first time.
    pub(super) fn asking(&self, name: &str, process: &str) -> Option<Asking> {
        let known = self.known();
        let health = known.get(name)?.health.as_ref()?.as_ref().ok()?;
        (health.process.as_deref() == Some(process)).then_some(health.capabilities.asking)
    }

    /// Whether all of them were asked at least once.
    pub(in crate::engine) fn is_known(&self) -> bool {
        self.known().values().all(|known| known.health.is_some())
    }

    /// What an agent said, or why it said nothing. Whether it takes other work than was known.
    pub(super) fn note(
        &self,
        name: &str,
        health: Result<AgentHealth, AgentTrouble>,
        now: Timestamp,
    ) -> bool {
        let mut known = self.known();
        let Some(known) = known.get_mut(name) else { return false };
        let before = known.health.is_some().then(|| (known.is_up(), known.cannot_ask()));
        known.health = Some(health);
        known.next_check = now.after(EVERY);
        before != Some((known.is_up(), known.cannot_ask()))
    }

    /// Whoever could not be reached is asked how it is without a pause.
    pub(super) fn ask_those_away(&self) {
        for known in self.known().values_mut() {
            if matches!(known.health, Some(Err(AgentTrouble::HostAway(_)))) {
                known.next_check = Timestamp::default();
            }
        }
    }

    /// Its account may not work in a repository.
    pub(super) fn bar(&self, name: &str, repo: RepoId, now: Timestamp) {
        let mut barred = self.barred.lock().unwrap_or_else(PoisonError::into_inner);
        barred.retain(|_, until| *until > now);
        barred.insert((name.to_owned(), repo), now.after(BARRED));
    }

    /// Whether it was found lately that its account may not work there.
    pub(super) fn is_barred(&self, name: &str, repo: RepoId, now: Timestamp) -> bool {
        let barred = self.barred.lock().unwrap_or_else(PoisonError::into_inner);
        barred.get(&(name.to_owned(), repo)).is_some_and(|until| *until > now)
    }

    /// `slots` as the agents are now: who cannot be driven takes nothing.
    pub(in crate::engine) fn slots(&self, slots: &[AgentSlot], now: Timestamp) -> Vec<AgentSlot> {
        let known = self.known();
        let present = |slot: &AgentSlot| AgentSlot {
            is_up: slot.is_up && known.get(&slot.name).is_some_and(AgentCondition::is_up),
            workplaces: Workplaces::AllBut(self.barred_to(&slot.name, now)),
            cannot_ask: known.get(&slot.name).is_some_and(AgentCondition::cannot_ask),
            is_unseen: slot.is_up && known.get(&slot.name).is_some_and(|it| it.health.is_none()),
            ..slot.clone()
        };
        slots.iter().map(present).collect()
    }

    /// When some agent may take by itself what it may not take now.
    pub(in crate::engine) fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let barred = self.barred.lock().unwrap_or_else(PoisonError::into_inner);
        barred.values().copied().filter(|at| *at > now).min()
    }

    fn barred_to(&self, name: &str, now: Timestamp) -> BTreeSet<RepoId> {
        let barred = self.barred.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = barred.iter().filter(|((agent, _), until)| agent == name && **until > now);
        of_it.map(|((_, repo), _)| *repo).collect()
    }
}
