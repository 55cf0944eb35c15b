//! plan: what would be handed out now.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::facts::BacklogFacts;
use super::names::ThreadNames;
use super::query::{BacklogQuery, PLANNED};
use crate::core::command::value::AgentName;
use crate::core::command::verb::Verb;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::policy::controls::PauseScope;
use crate::core::reply::{Answer, DispatchPreview, Idle, PlannedIssue};
use crate::core::scheduling::{Assignment, Match, RejectedAgent, Rejection};

pub(in crate::core::handlers) fn plan(agent: Option<&AgentName>) -> Handler<'_> {
    let needs = Needs::of_backlog(BacklogQuery::default());
    Handler::new(needs, move |context| context.plan(agent))
}

impl CommandContext<'_> {
    fn plan(&self, agent: Option<&AgentName>) -> Answer {
        let agent = match agent.map(|agent| self.agent_called(agent.as_str(), Verb::Plan)) {
            None => None,
            Some(Ok(agent)) => Some(agent.name.as_str()),
            Some(Err(answer)) => return answer,
        };
        let Some(backlog) = &self.snapshot.backlog else { return Answer::Unread };
        let won: Vec<_> = backlog.won(agent).collect();
        let shown =
            || won.iter().filter(|(choice, _)| backlog.is_named(choice.thread)).take(PLANNED);
        let threads = shown().map(|(choice, _)| choice.thread);
        let names = self.names(backlog, threads);
        let planned: Vec<PlannedIssue> =
            shown().filter_map(|(choice, winner)| planned(choice, winner, &names)).collect();
        let more = won.len() - planned.len();
        let unnamed = won.iter().filter(|(choice, _)| !backlog.is_named(choice.thread)).count();
        let idle = won.is_empty().then(|| self.idle(backlog, agent));
        let (agent, mode) = (agent.map(str::to_owned), backlog.mode);
        Answer::Plan {
            plan: Box::new(DispatchPreview { agent, mode, planned, more, unnamed, idle }),
        }
    }

    /// Why nothing would be handed out, to `agent` or to anybody.
    fn idle(&self, backlog: &BacklogFacts, agent: Option<&str>) -> Idle {
        let ready = &backlog.ranking().ready;
        if self.snapshot.agents.is_empty() {
            return Idle::NoAgents;
        }
        if let Some(pause) = self.fleet.pause_of(&PauseScope::All) {
            return Idle::Paused(self.paused("all".to_owned(), pause));
        }
        if let Some(agent) = agent
            && let Some(pause) = self.fleet.pause_of(&PauseScope::Agent(agent.to_owned()))
        {
            return Idle::Paused(self.paused(agent.to_owned(), pause));
        }
        if ready.is_empty() {
            return Idle::NothingReady;
        }
        let minimum = backlog.roster().limits.minimum;
        if ready.iter().all(|one| one.score.points < minimum) {
            return Idle::BelowMinimum(minimum);
        }
        Idle::Lacks(backlog.lacks(agent))
    }
}

impl BacklogFacts {
    /// What would be handed out to `agent`, or to anybody, with the agent that gets it.
    pub(super) fn won(&self, agent: Option<&str>) -> impl Iterator<Item = (&Match, &Assignment)> {
        let won =
            self.choices().iter().filter_map(|choice| Some((choice, choice.winner.as_ref()?)));
        won.filter(move |(_, winner)| agent.is_none_or(|agent| winner.agent == agent))
    }

    /// What `agent`, or anybody, lacked for the issues that nobody gets; the most frequent first.
    fn lacks(&self, agent: Option<&str>) -> Vec<Rejection> {
        let mut counts: BTreeMap<Rejection, usize> = BTreeMap::new();
        let lost = self.choices().iter().flat_map(|choice| &choice.others);
        for lost in lost.filter(|lost| agent.is_none_or(|agent| lost.agent == agent)) {
            *counts.entry(lost.lack).or_default() += 1;
        }
        let mut lacks: Vec<(Rejection, usize)> = counts.into_iter().collect();
        lacks.sort_by_key(|(_, count)| Reverse(*count));
        lacks.into_iter().map(|(lack, _)| lack).collect()
    }
}

fn runner_up(lost: &RejectedAgent) -> (String, Rejection) {
    (lost.agent.clone(), lost.lack)
}

/// What is said of an issue that is handed out, if it may be named.
pub(super) fn planned(
    choice: &Match,
    winner: &Assignment,
    names: &ThreadNames<'_>,
) -> Option<PlannedIssue> {
    let (thread, title) = names.named(choice.thread)?;
    Some(PlannedIssue {
        thread,
        title,
        agent: winner.agent.clone(),
        value: winner.value,
        beginning: winner.beginning,
        runner_up: choice.others.first().filter(|lost| lost.fit > 0).map(runner_up),
    })
}
