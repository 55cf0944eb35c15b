//! agents, and why of one: what each would get, and why not the rest.

use super::facts::BacklogFacts;
use super::names::ThreadNames;
use super::plan::planned;
use super::query::{BacklogQuery, MISSED, stretch};
use crate::core::command::value::AgentName;
use crate::core::command::verb::Verb;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::model::ids::RepoId;
use crate::core::model::time::said;
use crate::core::policy::controls::{AgentProfile, PauseScope};
use crate::core::reply::{AgentNow, AgentRow, AgentSummary, Answer, FitLine, Gets, MissedIssue};
use crate::core::scheduling::{AgentSlot, Depth, RankingInput};

pub(in crate::core::handlers) fn agents<'a>() -> Handler<'a> {
    let needs = Needs { agents: true, ..Needs::of_backlog(BacklogQuery::default()) };
    Handler::new(needs, |context| context.agents())
}

pub(in crate::core::handlers) fn why_agent(name: &AgentName) -> Handler<'_> {
    let query = BacklogQuery::next(None, MISSED + 1);
    Handler::new(Needs::of_backlog(query), |context| context.why_agent(name.as_str()))
}

impl CommandContext<'_> {
    fn agents(&self) -> Answer {
        let pause = |part: &PauseScope| {
            self.fleet.pause_of(part).map(|pause| self.paused(String::new(), pause))
        };
        let backlog = self.snapshot.backlog.as_ref();
        let row = |agent: &AgentProfile| AgentRow {
            now: backlog.map(|backlog| self.now(backlog, agent)),
            view: self.snapshot.views.get(&agent.name).cloned().unwrap_or_default(),
            ..AgentRow::of(agent, pause(&PauseScope::Agent(agent.name.clone())))
        };
        let agents = self.snapshot.agents.iter().map(row).collect();
        Answer::Agents { agents, pause: pause(&PauseScope::All) }
    }

    fn why_agent(&self, name: &str) -> Answer {
        let agent = match self.agent_called(name, Verb::Why) {
            Ok(agent) => agent,
            Err(answer) => return answer,
        };
        let Some(backlog) = &self.snapshot.backlog else { return Answer::Unread };
        let next =
            stretch(backlog.ranking(), MISSED + 1, None, |thread| backlog.is_named(thread)).shown;
        let names = self.names(backlog, next.iter().map(|(_, one)| one.thread));
        let missed = next.iter().filter_map(|(place, one)| {
            let choice = backlog.choice(one.thread)?;
            let lost = choice.others.iter().find(|lost| lost.agent == name)?;
            Some(MissedIssue { next: backlog.next(*place, one, &names)?, lack: lost.lack })
        });
        Answer::WhyAgent {
            portrait: Box::new(AgentSummary {
                name: agent.name.clone(),
                roles: agent.roles.clone(),
                skills: agent.skills.clone(),
                now: self.now(backlog, agent),
                pause: self.pause_of_agent(name),
                others: missed.take(MISSED).collect(),
            }),
        }
    }

    /// What an agent is fit for, and would get.
    fn now(&self, backlog: &BacklogFacts, agent: &AgentProfile) -> AgentNow {
        backlog.agent_in(agent, Some(self.asked.inbound.repo.id))
    }
}

impl BacklogFacts {
    /// What an agent is fit for, and would get, as that is written in the repository `here`, or outside
    /// of all.
    pub(super) fn agent_in(&self, agent: &AgentProfile, here: Option<RepoId>) -> AgentNow {
        let won = self.won(Some(&agent.name)).next();
        let gets = match won {
            None => Gets::Nothing,
            Some((choice, winner)) => {
                let names = ThreadNames::of(self, here, [choice.thread]);
                planned(choice, winner, &names).map_or(Gets::Unnamed, Gets::Issue)
            }
        };
        let busy = self.roster().load.agents.get(&agent.name).copied().unwrap_or_default();
        let free = agent.capacity.saturating_sub(busy);
        let quota = self.roster().workers.iter().find(|worker| worker.name == agent.name);
        let quota = quota.and_then(|worker| self.quota_of(worker));
        AgentNow { fit: self.fit(&agent.name), free, quota, gets }
    }

    /// That the quota of an agent is used up, and until when.
    fn quota_of(&self, worker: &AgentSlot) -> Option<String> {
        let is_out = worker.is_up && worker.is_out_of_quota;
        is_out.then(|| match self.quota_at(&worker.name) {
            Some(until) => format!("quota used up until {until}"),
            None => "quota used up".to_owned(),
        })
    }

    /// When the quota of an agent is there again, as people say it.
    pub(super) fn quota_at(&self, agent: &str) -> Option<String> {
        let RankingInput { now, zone, .. } = &self.judged.setting;
        let worker = self.roster().workers.iter().find(|worker| worker.name == agent)?;
        Some(said(worker.quota_at?, *now, zone))
    }

    /// How well an agent fits in general.
    fn fit(&self, name: &str) -> FitLine {
        let worker = self.roster().workers.iter().find(|worker| worker.name == name);
        let prior = worker.map_or(0, |worker| worker.prior);
        let fit = self.roster().outcomes.fit(name, prior, Depth::Everything);
        FitLine { share: fit.lower, verified: fit.tally.good, ended: fit.tally.all }
    }
}
