//! status and why of a job or an agent.

use super::facts::JobQuery;
use crate::core::command::value::{AgentName, JobId};
use crate::core::command::verb::Verb;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::jobs::StateKind;
use crate::core::reply::{Answer, JobAnswer};

/// Where one job stands, and how it came to that.
pub(in crate::core::handlers) fn status_of_job<'a>(id: JobId) -> Handler<'a> {
    let jobs = JobQuery { numbered: [id].into(), latest: true, ..JobQuery::default() };
    Handler::new(Needs { jobs, ..Needs::default() }, move |context| {
        match context.numbered_job(id) {
            Some(known) => {
                Answer::from(JobAnswer::Status { view: Box::new(context.job_view(&known)) })
            }
            None => Answer::NotFound { target: id.to_string() },
        }
    })
}

/// What one agent does.
pub(in crate::core::handlers) fn status_of_agent(name: &AgentName) -> Handler<'_> {
    let needs = Needs { jobs: JobQuery { live: true, ..JobQuery::default() }, ..Needs::default() };
    Handler::new(needs, move |context| context.status_of_agent(name.as_str()))
}

impl CommandContext<'_> {
    fn status_of_agent(&self, name: &str) -> Answer {
        let agent = match self.agent_called(name, Verb::Status) {
            Ok(agent) => agent,
            Err(answer) => return answer,
        };
        let has = |known: &&super::KnownJob| {
            let job = &known.record.job;
            job.state.leased().is_some_and(|leased| leased.grant.agent == name)
        };
        let live = &self.snapshot.jobs.live;
        let waits = |known: &&super::KnownJob| {
            let job = &known.record.job;
            let waits = matches!(job.state.kind(), StateKind::Queued | StateKind::BackingOff);
            waits && job.past.agent.as_deref() == Some(name)
        };
        Answer::from(JobAnswer::Agent {
            name: agent.name.clone(),
            capacity: agent.capacity,
            pause: self.pause_of_agent(name),
            jobs: live.iter().filter(has).map(|known| self.job_view(known)).collect(),
            queued: live.iter().filter(waits).count(),
        })
    }
}
