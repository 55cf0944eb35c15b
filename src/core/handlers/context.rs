//! What the lines of one text are answered from, one after the other: each sees what those before
//! it have changed.

use std::collections::{HashMap, HashSet};

use super::change_set::ChangeSet;
use super::snapshot::Snapshot;
use crate::core::command::grammar::nearest;
use crate::core::command::value::{DecisionId, JobId};
use crate::core::command::verb::{Right, Verb};
use crate::core::effect::{Effect, Keyed, LabelScope, SetLabel};
use crate::core::jobs::Job;
use crate::core::model::account::Account;
use crate::core::model::dependency::{VisibleBlocker, WaitsFor};
use crate::core::model::ids::ThreadId;
use crate::core::model::text::InboundText;
use crate::core::model::thread::ThreadState;
use crate::core::model::verdict::ReviewVerdict;
use crate::core::policy::authority::NamedAccount;
use crate::core::policy::authorship::Authorship;
use crate::core::policy::controls::{AgentProfile, ControlChange, Controls, Pause, PauseScope};
use crate::core::reply::{Answer, Paused};

/// A text that calls for an answer, and what is known of whoever said it.
#[derive(Debug, Clone, Copy)]
pub struct CommandRequest<'a> {
    /// The text.
    pub inbound: &'a InboundText,
    /// What its effects are called after.
    pub key: &'a str,
    /// Who said it.
    pub actor: &'a Account,
    /// The right of the actor; none for a stranger.
    pub right: Option<Right>,
    /// Whether the actor has it only because the owner lends it, and may take it back any moment.
    pub is_lent: bool,
    /// How sure it is that the actor said it.
    pub authorship: Authorship,
    /// What it says as a review of a job's pull request.
    pub verdict: Option<&'a ReviewVerdict>,
}

/// The world as it is after the lines before, and what has come of them.
pub(super) struct CommandContext<'a> {
    pub(super) asked: CommandRequest<'a>,
    pub(super) snapshot: &'a Snapshot,
    pub(super) state: ThreadState,
    pub(super) labels: HashMap<&'static str, Option<String>>,
    pub(super) assignees: Vec<String>,
    /// What this thread waits for; none if it was not needed, or the forge keeps no such thing.
    pub(super) blockers: Option<WaitsFor<VisibleBlocker>>,
    pub(super) fleet: Controls,
    /// What the priority is to change back to.
    pub(super) pending: Option<SetLabel>,
    /// The jobs to which something happened, as they are after it.
    pub(super) jobs: HashMap<JobId, Job>,
    /// The decisions that were answered.
    pub(super) decided: HashSet<DecisionId>,
    /// The threads for which a job is made, and whether it is a review.
    pub(super) begun: Vec<(ThreadId, bool)>,
    pub(super) changes: ChangeSet,
}

impl<'a> CommandContext<'a> {
    pub(super) fn new(asked: CommandRequest<'a>, snapshot: &'a Snapshot) -> Self {
        let item = snapshot.item.as_ref();
        let labels = [LabelScope::Priority, LabelScope::Size].map(|scope| {
            let names = item.into_iter().flat_map(|i| &i.labels).map(|l| l.name.as_str());
            (scope.name(), scope.value_among(names).map(str::to_owned))
        });
        let assignees = item.into_iter().flat_map(|i| &i.assignees).map(|a| a.login.clone());
        Self {
            asked,
            snapshot,
            state: snapshot.state.clone(),
            labels: HashMap::from(labels),
            assignees: assignees.collect(),
            blockers: snapshot.blockers.clone(),
            fleet: snapshot.fleet.clone(),
            pending: snapshot.pending.clone(),
            jobs: HashMap::new(),
            decided: HashSet::new(),
            begun: Vec::new(),
            changes: ChangeSet::default(),
        }
    }

    /// Changes the fleet, for the lines that follow as well.
    pub(super) fn apply_control(&mut self, change: ControlChange) {
        self.fleet.apply(change.clone());
        self.changes.fleet.push(change);
    }

    /// Adds an effect; the answer to the present line is true only if it comes about.
    pub(super) fn push_effect(&mut self, effect: Effect) {
        let nth = self.changes.effects.len() + 1;
        let key = format!("{}.{nth}", self.asked.key);
        self.changes.effects.push(Keyed { key, thread: self.asked.inbound.thread(), effect });
    }

    /// The agent of this name, or the answer that there is none.
    pub(super) fn agent_called(&self, name: &str, verb: Verb) -> Result<&'a AgentProfile, Answer> {
        let known = &self.snapshot.agents;
        known.iter().find(|agent| agent.name == name).ok_or_else(|| {
            let names = known.iter().map(|agent| agent.name.as_str());
            let instead = nearest(name, names).map(|agent| format!("{verb} {agent}"));
            Answer::NoAgent { name: name.to_owned(), instead }
        })
    }

    /// A pause as people say it, of what is called `what`.
    pub(super) fn paused(&self, what: String, pause: &Pause) -> Paused {
        self.viewpoint().paused(what, pause)
    }

    /// The pause that keeps an agent from starting: its own, or that of the whole fleet.
    pub(super) fn pause_of_agent(&self, name: &str) -> Option<Paused> {
        let all =
            self.fleet.pause_of(&PauseScope::All).map(|pause| self.paused("all".to_owned(), pause));
        let own = || {
            let pause = self.fleet.pause_of(&PauseScope::Agent(name.to_owned()))?;
            Some(self.paused(name.to_owned(), pause))
        };
        all.or_else(own)
    }

    /// Whether an account is an agent's or timmy's own.
    pub(super) fn is_machine(&self, login: &str) -> bool {
        let agents = self.snapshot.people.agents.iter().map(NamedAccount::login);
        let mut machines = agents.chain([self.snapshot.own.as_str()]);
        machines.any(|machine| machine.eq_ignore_ascii_case(login))
    }
}
