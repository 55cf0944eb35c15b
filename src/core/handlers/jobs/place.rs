//! Where a command about a job acts, and whether its sender may act there.

use super::facts::{JobQuery, KnownJob};
use crate::core::command::value::JobId;
use crate::core::command::verb::Verb;
use crate::core::handlers::context::CommandContext;
use crate::core::handlers::snapshot::Needs;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::reply::{Answer, JobAnswer};

/// What has to be known to act on a job: the one of this thread, if none is named.
pub(super) fn one_job(job: Option<JobId>) -> Needs {
    let jobs =
        JobQuery { latest: true, numbered: job.into_iter().collect(), ..JobQuery::default() };
    Needs { jobs: JobQuery { acts: true, ..jobs }, ..Needs::default() }
}

impl CommandContext<'_> {
    /// The job that is meant, if there is one on which the sender may act.
    pub(in crate::core::handlers) fn meant_job(
        &self,
        job: Option<JobId>,
        verb: Verb,
    ) -> Result<KnownJob, Answer> {
        let known = match job {
            Some(id) => {
                self.numbered_job(id).ok_or_else(|| Answer::NotFound { target: id.to_string() })?
            }
            None => self
                .meant_in(self.asked.inbound.thread(), verb)
                .ok_or(Answer::from(JobAnswer::NoneHere { begun: self.begins_here() }))?,
        };
        match self.refuse_in(known.repo_id(), verb) {
            Some(refusal) => Err(refusal),
            None => Ok(known),
        }
    }

    /// What ended and works there is what is to be done once more, whatever is reviewed just now.
    fn meant_in(&self, thread: ThreadId, verb: Verb) -> Option<KnownJob> {
        match verb {
            Verb::Retry => self.latest_job(thread).or_else(|| self.latest_review(thread)),
            _ => self.job_in(thread),
        }
    }

    /// Whether a line before this one makes a job here.
    pub(super) fn begins_here(&self) -> bool {
        let here = self.asked.inbound.thread();
        self.begun.iter().any(|(thread, _)| *thread == here)
    }

    /// Why the sender may not do this in a repository.
    pub(in crate::core::handlers) fn refuse_in(&self, repo: RepoId, verb: Verb) -> Option<Answer> {
        let right = match repo == self.asked.inbound.repo.id {
            true => self.asked.right,
            false => self.snapshot.jobs.rights.get(&repo).copied().flatten(),
        };
        (right < Some(verb.right())).then(|| Answer::Refused {
            verb,
            need: self.snapshot.people.need(verb.right(), &self.fleet.delegations),
            owner: self.snapshot.people.owner.login().to_owned(),
            unproved: false,
        })
    }
}
