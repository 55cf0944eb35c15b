//! The agents that can be driven, and how each was when it was asked last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::agents::{Agent, AgentHealth, AgentTrouble};
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::AgentSlot;

/// How long it is from one look at an agent to the next.
const EVERY: Duration = Duration::from_secs(60);

/// How long an agent is not tried again in a repository in which its account may not work.
const BARRED: Duration = Duration::from_secs(10 * 60);

/// How an agent is, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCondition {
    /// What it said when it was asked last, or why it said nothing; none before that.
    pub health: Option<Result<AgentHealth, AgentTrouble>>,
    /// Until when its quota is used up.
    pub spent_until: Option<Timestamp>,
    next_check: Timestamp,
}

impl AgentCondition {
    /// Whether it answers and takes work.
    pub fn is_up(&self) -> bool {
        matches!(&self.health, Some(Ok(AgentHealth { refuses: None, .. })))
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
        let unknown =
            || AgentCondition { health: None, spent_until: None, next_check: Timestamp::default() };
        let known = agents.keys().map(|name| (name.clone(), unknown())).collect();
        Self { agents, known: Mutex::new(known), barred: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, AgentCondition>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_empty(&self) -> bool {
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

    /// What an agent said, or why it said nothing. Whether it takes work otherwise than before.
    pub(super) fn note(
        &self,
        name: &str,
        health: Result<AgentHealth, AgentTrouble>,
        now: Timestamp,
    ) -> bool {
        let mut known = self.known();
        let Some(known) = known.get_mut(name) else { return false };
        let was_up = known.is_up();
        known.health = Some(health);
        known.next_check = now.after(EVERY);
        known.is_up() != was_up
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

    /// Its quota is used up until then.
    pub(super) fn spent(&self, name: &str, until: Timestamp) {
        if let Some(known) = self.known().get_mut(name) {
            known.spent_until = Some(until);
        }
    }

    /// `slots` as the agents are now: who cannot be driven takes nothing.
    pub(super) fn slots(&self, slots: &[AgentSlot], now: Timestamp) -> Vec<AgentSlot> {
        let known = self.known();
        let present = |slot: &AgentSlot| {
            let mut slot = slot.clone();
            let known = known.get(&slot.name);
            slot.is_up &= known.is_some_and(AgentCondition::is_up);
            slot.is_spent |=
                known.and_then(|known| known.spent_until).is_some_and(|until| until > now);
            slot
        };
        slots.iter().map(present).collect()
    }
}
