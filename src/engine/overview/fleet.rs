//! The agents: how each is, what it has, what it spent today.

use std::collections::{BTreeMap, HashMap};

use super::lens::Lens;
use super::view::AgentLine;
use crate::core::handlers::BacklogFacts;
use crate::core::jobs::money::Budgets;
use crate::core::policy::controls::{AgentProfile, Controls, Pause, PauseScope};
use crate::core::reply::jobs::{AgentWords, usd};
use crate::core::reply::{AgentRow, AgentState, AgentView, Paused};
use crate::engine::jobs::AgentCondition;
use crate::store::jobs::{self, ProbeTime};
use crate::store::{Connection, Error};

/// What is known of agents beside what the ledger holds.
pub(super) struct KnownAgents {
    pub(super) profiles: Vec<AgentProfile>,
    /// How those are that can be driven.
    pub(super) conditions: BTreeMap<String, AgentCondition>,
    pub(super) budgets: Budgets,
}

impl KnownAgents {
    pub(super) fn lines(
        &self,
        conn: &Connection,
        lens: &Lens,
        controls: &Controls,
        backlog: Option<&BacklogFacts>,
    ) -> Result<Vec<AgentLine>, Error> {
        let mut running: HashMap<String, usize> = HashMap::new();
        for lease in jobs::leases(conn)? {
            *running.entry(lease.agent().to_owned()).or_default() += 1;
        }
        let shares = jobs::review_shares(conn)?;
        let day_began = lens.now.day_began(&lens.zone);
        let line = |agent: &AgentProfile| {
            let name = &agent.name;
            let pause = controls.pause_of(&PauseScope::Agent(name.clone()));
            let leaves_nothing = jobs::probe_time(conn, name, lens.now)? != ProbeTime::Now;
            let view = self.view(name, leaves_nothing, lens.agent_words());
            let view = AgentView { reviews: shares.get(name).copied(), ..view };
            let now = backlog.map(|backlog| backlog.agent(agent));
            let pause = pause.map(|pause| paused(lens, name, pause));
            let cap = self.budgets.today(controls, name).agent_day.micro_usd;
            Ok(AgentLine {
                row: AgentRow { view, now, ..AgentRow::of(agent, pause) },
                running: running.get(name).copied().unwrap_or_default(),
                spent: usd(jobs::spent_by(conn, name, day_began)?.micro_usd),
                cap: cap.map(usd),
            })
        };
        self.profiles.iter().map(line).collect()
    }

    /// How an agent was found: why it takes no work in its own words, or in none.
    fn view(&self, name: &str, leaves_nothing: bool, words: AgentWords) -> AgentView {
        let condition = self.conditions.get(name);
        let state = condition.map_or(AgentState::Unknown, |found| found.state(leaves_nothing));
        let state = match (state, words) {
            (AgentState::Refuses(_), AgentWords::Withheld) => AgentState::Refuses(String::new()),
            (state, _) => state,
        };
        let model = condition.and_then(AgentCondition::model).map(str::to_owned);
        AgentView { state, model, ..AgentView::default() }
    }
}

/// A pause of `what`.
pub(super) fn paused(lens: &Lens, what: &str, pause: &Pause) -> Paused {
    let (since, by) = (lens.said(pause.since), pause.by.login.clone());
    Paused { what: what.to_owned(), since, by }
}
