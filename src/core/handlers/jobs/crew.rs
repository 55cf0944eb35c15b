//! crew: several agents work an issue by a plan.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::core::command::value::Word;
use crate::core::crew::MANAGER;
use crate::core::handlers::backlog::BacklogQuery;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::jobs::JobQuery;
use crate::core::handlers::snapshot::Needs;
use crate::core::handlers::status::a_thread;
use crate::core::jobs::{CrewPart, CrewTerms, JobLimits, NewJob, Origin, Purpose};
use crate::core::model::ids::ThreadId;
use crate::core::policy::controls::AgentProfile;
use crate::core::reply::{Answer, JobAnswer, JobRefusal};
use crate::core::scheduling::Depth;

/// How often a plan that nobody can work by is made again.
pub(super) const REPAIRS: u32 = 2;

pub(in crate::core::handlers) fn crew(roles: &[Word]) -> Handler<'_> {
    let needs = Needs {
        backlog: Some(BacklogQuery::case(None)),
        jobs: JobQuery { latest: true, ..JobQuery::default() },
        ..a_thread(None)
    };
    Handler::new(needs, move |context| match context.crew(roles) {
        Ok(answer) | Err(answer) => answer,
    })
}

impl CommandContext<'_> {
    fn crew(&mut self, roles: &[Word]) -> Result<Answer, Answer> {
        let refused = |why| Err(Answer::from(JobAnswer::Refused { why }));
        let rules = self.snapshot.jobs.crew.clone();
        let seen = self.seen(None)?;
        let thread = seen.thread;
        if seen.status.is_pull {
            return refused(JobRefusal::CrewOnAPull);
        }
        self.nothing_runs(thread, false)?;
        let agents = self.that_may_work(thread);
        if agents.is_empty() {
            return refused(JobRefusal::NoAgents);
        }
        let members = agents.iter().filter(|agent| rules.admits(&agent.name));
        let held: BTreeSet<String> =
            members.flat_map(|agent| agent.roles.iter().cloned()).collect();
        let roles: Vec<String> = roles.iter().map(|role| role.as_str().to_lowercase()).collect();
        let nobody_holds = |role: &str| {
            let (role, roles) = (role.to_owned(), held.iter().cloned().collect());
            JobRefusal::NobodyHolds { role, roles }
        };
        if let Some(role) = roles.iter().find(|role| !held.contains(*role)) {
            return refused(nobody_holds(role));
        }
        let wanted = |role: &&String| roles.is_empty() || roles.contains(role);
        let brings = |role: &String| {
            let purpose = Purpose::on_an_issue(role);
            purpose.is_some_and(|purpose| purpose.is_change() || purpose == Purpose::Research)
        };
        if !held.iter().filter(wanted).any(brings) {
            return refused(nobody_holds("coder"));
        }
        let manager = self.manager(&agents, thread)?;
        let why = self.explained(seen);
        let (passed, waits) = self.obstacles(&why)?;
        let waits = waits.or_else(|| self.lacks(Some(&manager), MANAGER, thread));
        let limits = self.snapshot.jobs.limits;
        let terms = CrewTerms { roles, rounds: rules.rounds, ask_plan: rules.ask_plan, limits };
        self.begin(NewJob {
            thread: thread.into(),
            purpose: Purpose::Plan,
            role: MANAGER.to_owned(),
            origin: Origin::Person(self.asked.actor.login.clone()),
            agent: Some(manager.clone()),
            limits: JobLimits { repairs: REPAIRS, ..limits },
            budget: None,
            adopts: None,
            claims_by_card: false,
            crew: Some(CrewPart::Plans(terms)),
        });
        let asks = rules.ask_plan;
        Ok(JobAnswer::Crew { manager, asks, passed, waits }.into())
    }

    /// Who plans: the agent that the configuration names, or the one that fits best.
    pub(super) fn manager(
        &self,
        agents: &[AgentProfile],
        thread: ThreadId,
    ) -> Result<String, Answer> {
        let Some(manager) = &self.snapshot.jobs.crew.manager else {
            return Ok(self.best_of(agents, thread));
        };
        if agents.iter().any(|agent| agent.name == *manager) {
            return Ok(manager.clone());
        }
        let others = agents.iter().map(|agent| agent.name.clone()).collect();
        let why = JobRefusal::NotInRepository { agent: manager.clone(), others };
        Err(JobAnswer::Refused { why }.into())
    }

    /// The agents that may work in the repository of a thread.
    pub(super) fn that_may_work(&self, thread: ThreadId) -> Vec<AgentProfile> {
        let out = self.snapshot.jobs.kept_out.get(&thread.repo);
        let is_out = |agent: &&AgentProfile| out.is_some_and(|out| out.contains(&agent.name));
        self.snapshot.agents.iter().filter(|agent| !is_out(agent)).cloned().collect()
    }

    /// The one that fits best there, of those that can be reached first.
    fn best_of(&self, agents: &[AgentProfile], thread: ThreadId) -> String {
        let roster = self.snapshot.backlog.as_ref().map(|backlog| backlog.roster());
        let place = |agent: &&AgentProfile| {
            let slot = roster.and_then(|all| all.workers.iter().find(|s| s.name == agent.name));
            let fit = slot.zip(roster).map(|(slot, all)| {
                let depth = Depth::Repo(MANAGER, thread.repo);
                all.outcomes.fit(&slot.name, slot.prior, depth).lower
            });
            let is_up = slot.is_some_and(|slot| slot.is_up);
            (!is_up, Reverse(fit), slot.map(|slot| slot.micro_usd), agent.name.clone())
        };
        let best = agents.iter().min_by_key(place);
        best.map(|agent| agent.name.clone()).unwrap_or_default()
    }
}
