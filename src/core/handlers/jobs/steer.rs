//! cancel, retry, tell: what people say to a job that is there.

use super::place::one_job;
use crate::core::command::Note;
use crate::core::command::value::{AgentName, JobId};
use crate::core::command::verb::Verb;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::jobs::KnownJob;
use crate::core::jobs::{
    CancelReason, Deciding, Done, IllegalReason, Job, JobEvent, Phase, Question, State, ToldText,
};
use crate::core::reply::{Answer, JobAnswer};

pub(in crate::core::handlers) fn cancel<'a>(job: Option<JobId>) -> Handler<'a> {
    Handler::new(one_job(job), move |context| context.cancel(job))
}

pub(in crate::core::handlers) fn retry(
    job: Option<JobId>,
    agent: Option<&AgentName>,
) -> Handler<'_> {
    let mut needs = one_job(job);
    needs.jobs.closed = true;
    Handler::new(needs, move |context| context.retry(job, agent.map(AgentName::as_str)))
}

pub(in crate::core::handlers) fn tell(job: Option<JobId>, text: &Note) -> Handler<'_> {
    Handler::new(one_job(job), move |context| context.tell(job, text.as_str()))
}

impl CommandContext<'_> {
    fn cancel(&mut self, job: Option<JobId>) -> Answer {
        match self.meant_job(job, Verb::Cancel) {
            Ok(known) => self.cancel_job(known),
            Err(answer) => answer,
        }
    }

    /// Cancels a job in the name of whoever speaks.
    pub(in crate::core::handlers) fn cancel_job(&mut self, known: KnownJob) -> Answer {
        let reason = CancelReason::Person(self.asked.actor.login.clone());
        self.cancel_since(known, reason)
    }

    /// Cancels a job for this reason.
    pub(in crate::core::handlers) fn cancel_since(
        &mut self,
        known: KnownJob,
        reason: CancelReason,
    ) -> Answer {
        match self.happen(&known.record, JobEvent::Cancel(reason)) {
            Ok(after) => {
                let mut stopped = known;
                stopped.record.job = after;
                let view = Box::new(self.job_view(&stopped));
                Answer::from(JobAnswer::Cancelled { view })
            }
            Err(IllegalReason::AlreadyStopping) => {
                let view = Box::new(self.job_view(&known));
                Answer::from(JobAnswer::AlreadyStopping { view })
            }
            Err(_) => self.is_over(&known),
        }
    }

    fn is_over(&self, known: &KnownJob) -> Answer {
        Answer::from(JobAnswer::Over { view: Box::new(self.job_view(known)) })
    }

    fn retry(&mut self, job: Option<JobId>, agent: Option<&str>) -> Answer {
        if let Some(unknown) = agent.and_then(|name| self.agent_called(name, Verb::Retry).err()) {
            return as_argument(unknown);
        }
        let known = match self.meant_job(job, Verb::Retry) {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        let job = &known.record.job;
        let is_closed = known.given().is_some_and(|it| self.snapshot.jobs.closed.contains(&it));
        if job.state.kind().is_end() && is_closed {
            let is_merged = matches!(job.state, State::Done(Done::Merged | Done::Reverted));
            let is_merged = job.spec.adopts.is_some() && is_merged;
            let view = Box::new(self.job_view(&known));
            return JobAnswer::ThreadClosed { view, is_merged }.into();
        }
        match self.happen(&known.record, JobEvent::Retry(agent.map(str::to_owned))) {
            Ok(after) => Answer::from(JobAnswer::Retried {
                id: after.spec.id.to_string(),
                agent: after.past.agent.clone(),
                was_over: known.record.job.state.kind().is_end(),
            }),
            Err(IllegalReason::AnotherJob) => match self.in_the_way(&known.record.job) {
                Some(other) => JobAnswer::Lives { view: Box::new(self.job_view(&other)) }.into(),
                None => self.is_over(&known),
            },
            Err(_) => {
                let view = Box::new(self.job_view(&known));
                Answer::from(JobAnswer::StillWorking { view })
            }
        }
    }

    fn tell(&mut self, job: Option<JobId>, text: &str) -> Answer {
        let known = match self.meant_job(job, Verb::Tell) {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        self.tell_job(&known, ToldText::by(&self.asked.actor.login, text))
    }

    /// Tells the agents of a job something.
    pub(in crate::core::handlers) fn tell_job(
        &mut self,
        known: &KnownJob,
        text: ToldText,
    ) -> Answer {
        if known.record.job.state.kind().is_end() {
            return self.is_over(known);
        }
        match self.happen(&known.record, JobEvent::Told(text)) {
            Ok(after) => {
                let agent = after.state.attempt().map(|a| a.leased.grant.agent.clone());
                let (reaches, is_asked) = (reaches(&after), is_asked_about(&after));
                let id = after.spec.id.to_string();
                Answer::from(JobAnswer::Told { id, agent, reaches, is_asked })
            }
            Err(_) => self.is_over(known),
        }
    }
}

/// `agent=` is an argument: its line is not that of a name alone.
fn as_argument(answer: Answer) -> Answer {
    match answer {
        Answer::NoAgent { name, instead } => {
            let instead = instead.map(|line| line.replacen("retry ", "retry agent=", 1));
            Answer::NoAgent { name, instead }
        }
        other => other,
    }
}

/// Whether a person is asked about what it brought, and may want it otherwise.
fn is_asked_about(job: &Job) -> bool {
    let State::Deciding(Deciding { question, .. }) = job.state else { return false };
    match question {
        Question::Accept
        | Question::NoChange
        | Question::Guard
        | Question::Repair
        | Question::Plan
        | Question::Split => true,
        Question::Dispatch | Question::Stuck | Question::Permission | Question::Uncertain => false,
    }
}

/// Whether what is said now reaches the agent that works on it.
fn reaches(job: &Job) -> bool {
    match &job.state {
        State::Running(running) => {
            let attempt = &running.attempt;
            attempt.phase == Phase::Working
                && attempt.stopping.is_none()
                && attempt.leased.grant.can_be_told
        }
        _ => false,
    }
}
