//! split: an epic becomes issues.

use super::crew::REPAIRS;
use crate::core::crew::MANAGER;
use crate::core::handlers::backlog::BacklogQuery;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::jobs::JobQuery;
use crate::core::handlers::snapshot::Needs;
use crate::core::handlers::status::a_thread;
use crate::core::jobs::{JobLimits, NewJob, Origin, Purpose};
use crate::core::reply::{Answer, JobAnswer, JobRefusal};
use crate::core::split::has_checklist;

pub(in crate::core::handlers) fn split<'a>() -> Handler<'a> {
    let needs = Needs {
        backlog: Some(BacklogQuery::case(None)),
        jobs: JobQuery { latest: true, ..JobQuery::default() },
        ..a_thread(None)
    };
    Handler::new(needs, |context| match context.split() {
        Ok(answer) | Err(answer) => answer,
    })
}

impl CommandContext<'_> {
    fn split(&mut self) -> Result<Answer, Answer> {
        let refused = |why| Err(Answer::from(JobAnswer::Refused { why }));
        let seen = self.seen(None)?;
        let thread = seen.thread;
        if seen.status.is_pull {
            return refused(JobRefusal::SplitOfAPull);
        }
        if !self.is_epic() {
            let label = self.snapshot.jobs.epic_labels.first().cloned();
            return refused(JobRefusal::NoEpic { label });
        }
        self.nothing_runs(thread, false)?;
        let agents = self.that_may_work(thread);
        if agents.is_empty() {
            return refused(JobRefusal::NoAgents);
        }
        let manager = self.manager(&agents, thread)?;
        let mut why = self.explained(seen);
        why.obstacles.retain(|obstacle| obstacle.keeps_from_splitting());
        let (_, waits) = self.obstacles(&why)?;
        let waits = waits.or_else(|| self.lacks(Some(&manager), MANAGER, thread));
        let limits = JobLimits { repairs: REPAIRS, ..self.snapshot.jobs.limits };
        self.begin(NewJob {
            thread: thread.into(),
            purpose: Purpose::Split,
            role: MANAGER.to_owned(),
            origin: Origin::Person(self.asked.actor.login.clone()),
            agent: Some(manager.clone()),
            limits,
            budget: None,
            adopts: None,
            claims_by_card: false,
            crew: None,
        });
        Ok(JobAnswer::Split { manager, waits }.into())
    }

    /// Whether the issue here gathers others: by its label, or by check boxes in its text.
    fn is_epic(&self) -> bool {
        let Some(item) = &self.snapshot.item else { return false };
        let names = &self.snapshot.jobs.epic_labels;
        let is_one = |label: &str| names.iter().any(|name| name.eq_ignore_ascii_case(label));
        item.labels.iter().any(|label| is_one(&label.name)) || has_checklist(&item.body)
    }
}
