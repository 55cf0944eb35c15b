//! dead: what failed for good.

use super::facts::JobQuery;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::handler::Handler;
use crate::core::handlers::snapshot::Needs;
use crate::core::model::time::said;
use crate::core::reply::{Answer, DeadLetter, JobAnswer};

pub(in crate::core::handlers) fn dead<'a>() -> Handler<'a> {
    let jobs = JobQuery { dead: true, ..JobQuery::default() };
    Handler::new(Needs { jobs, ..Needs::default() }, |context| context.dead())
}

impl CommandContext<'_> {
    fn dead(&self) -> Answer {
        let facts = &self.snapshot.jobs;
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let undelivered = facts.undelivered.iter().map(|message| DeadLetter {
            place: message.place.clone(),
            at: said(message.at, now, zone),
            reason: message.reason.clone(),
        });
        Answer::from(JobAnswer::Dead {
            jobs: facts.dead.iter().map(|known| self.job_view(known)).collect(),
            undelivered: undelivered.collect(),
        })
    }
}
