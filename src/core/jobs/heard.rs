//! What agents are told, and what of it is still to be heard: texts of people, and reviews.

use super::illegal::IllegalReason;
use super::state::WorkKind;
use super::told::ToldText;
use super::turn::Turn;

impl Turn<'_> {
    /// There is one more text for the agent.
    pub(super) fn told(&mut self, text: &ToldText) {
        if text.asks_for_changes() {
            self.past.reviews.push(self.past.texts);
        }
        self.past.unheard.push(self.past.texts);
        self.past.texts += 1;
    }

    /// An agent's review is one more text for the agent.
    pub(super) fn reviewed(&mut self, text: &ToldText) {
        self.past.by_agents.push(self.past.texts);
        self.told(text);
    }

    /// A review by an agent is none any more: nobody is told of it.
    pub(super) fn forget(&mut self, text: u32) -> Result<(), IllegalReason> {
        let past = &mut *self.past;
        if !past.unheard.contains(&text) || !past.by_agents.contains(&text) {
            return Err(IllegalReason::Again);
        }
        past.unheard.retain(|other| *other != text);
        past.reviews.retain(|other| *other != text);
        Ok(())
    }

    /// Whether nobody asks for what a round of repair is to do that nobody began with: what the guards
    /// find shows when it is judged. What an agent began with may stand in a note that it heard.
    pub(super) fn is_for_nothing(&self, round: WorkKind) -> bool {
        round != WorkKind::Begin
            && self.past.begun != Some(round)
            && self.past.unheard.is_empty()
            && self.past.reviews.is_empty()
    }

    /// Whether somebody asked for changes of which no agent has heard.
    pub(super) fn is_asked_for_changes(&self) -> bool {
        self.past.reviews.iter().any(|text| self.past.unheard.contains(text))
    }

    /// Whether one of those was a person.
    pub(super) fn is_asked_for_changes_by_a_person(&self) -> bool {
        let past = &self.past;
        let by_agents = |text: &u32| past.by_agents.contains(text);
        let unheard = past.reviews.iter().filter(|text| past.unheard.contains(text));
        unheard.into_iter().any(|text| !by_agents(text))
    }
}
