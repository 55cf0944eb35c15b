//! The verbs of jobs: an agent is given an issue, told something, stopped, sent again; and what is
//! said of all that.
//!
//! What happens to a job is tried here on what was seen of it ([`advance`]), so that the answer is
//! known; the transaction that stores the answer does it again, and nothing if the job moved
//! meanwhile.

mod assign;
mod crew;
mod dead;
mod examine;
mod facts;
mod place;
mod show;
mod split;
mod steer;

pub(super) use assign::{AgentChoice, AgentOrder, REVIEWER, assign_agent, needs};
pub(super) use crew::crew;
pub(super) use dead::dead;
pub(super) use examine::{lift, verify};
pub use facts::{
    CrewRules, JobFacts, JobInTheWay, JobQuery, JobRequest, KnownJob, SpendingFacts,
    UndeliveredMessage,
};
pub(super) use show::{status_of_agent, status_of_job};
pub(super) use split::split;
pub(super) use steer::{cancel, retry, tell};

use super::context::CommandContext;
use crate::core::command::value::JobId;
use crate::core::jobs::{
    Draw, IllegalReason, Job, JobEvent, JobRecord, NewJob, Spec, StepTime, advance,
};
use crate::core::model::ids::ThreadId;
use crate::core::reply::jobs::{JobView, place_of};

impl CommandContext<'_> {
    /// The latest job that works on a thread, with what the lines before have done to it.
    pub(super) fn latest_job(&self, thread: ThreadId) -> Option<KnownJob> {
        self.snapshot.jobs.latest.get(&thread).map(|known| self.at_present(known))
    }

    /// The same of a job that reviews it.
    pub(super) fn latest_review(&self, thread: ThreadId) -> Option<KnownJob> {
        self.snapshot.jobs.reviews.get(&thread).map(|known| self.at_present(known))
    }

    /// The review under way of a thread, or of the pull request that was brought for it.
    pub(super) fn live_review(&self, thread: ThreadId) -> Option<KnownJob> {
        let of_its_pull = self.snapshot.jobs.pull_reviews.get(&thread);
        let of_its_pull = of_its_pull.map(|known| self.at_present(known));
        let lives = |known: &KnownJob| !is_over(&known.record.job);
        self.latest_review(thread).filter(lives).or(of_its_pull.filter(lives))
    }

    /// The job that is meant where none is named: the one that works there; the review only where
    /// that is the only one that lives, or was.
    pub(super) fn job_in(&self, thread: ThreadId) -> Option<KnownJob> {
        let (works, reviews) = (self.latest_job(thread), self.latest_review(thread));
        let lives = |known: &KnownJob| !is_over(&known.record.job);
        match (works, reviews) {
            (Some(works), Some(reviews)) if !lives(&works) && lives(&reviews) => Some(reviews),
            (works, reviews) => works.or(reviews),
        }
    }

    /// A job by its number, if it may be told of here.
    pub(super) fn numbered_job(&self, id: JobId) -> Option<KnownJob> {
        let jobs = &self.snapshot.jobs;
        let mut all = jobs.latest.values().chain(jobs.reviews.values());
        let by_thread = || all.find(|known| known.id() == id);
        jobs.numbered.get(&id).or_else(by_thread).map(|known| self.at_present(known))
    }

    /// A job with what the lines before have done to it.
    pub(super) fn at_present(&self, known: &KnownJob) -> KnownJob {
        let mut known = known.clone();
        if let Some(job) = self.jobs.get(&known.id()) {
            known.record.job = job.clone();
        }
        known
    }

    /// Something happens to a job, for the lines that follow as well; the job after it.
    pub(super) fn happen(
        &mut self,
        record: &JobRecord,
        event: JobEvent,
    ) -> Result<Job, IllegalReason> {
        let now = self.step_time();
        let (after, _) =
            advance(&record.job, &event.clone().into(), now).map_err(|illegal| illegal.why)?;
        let begins_again = is_over(&record.job) && !is_over(&after);
        if begins_again && self.is_taken(&record.job) {
            return Err(IllegalReason::AnotherJob);
        }
        self.jobs.insert(record.job.spec.id, after.clone());
        let seen = Box::new(record.job.clone());
        self.changes.jobs.push(JobRequest::Happen { seen, event, now });
        Ok(after)
    }

    /// The job that keeps one that ended from going on, as far as that is known by name; or by what the
    /// lines before did.
    pub(super) fn in_the_way(&self, ended: &Job) -> Option<KnownJob> {
        match self.seen_in_the_way(ended) {
            Some(other) => other.known.as_ref().map(|known| self.at_present(known)),
            None => self.numbered_job(self.of_its_routine(ended)?.spec.id),
        }
    }

    /// What kept it from going on when the text was looked at, if it still does.
    fn seen_in_the_way(&self, ended: &Job) -> Option<&JobInTheWay> {
        let other = self.snapshot.jobs.in_the_way.get(&ended.spec.id)?;
        let is_over = |known: &KnownJob| is_over(&self.at_present(known).record.job);
        let is_gone = !other.stays && other.known.as_ref().is_some_and(is_over);
        (!is_gone).then_some(other)
    }

    /// Another job of the same routine that the lines before left at work.
    fn of_its_routine(&self, ended: &Job) -> Option<&Job> {
        let routine = &ended.spec.routine()?.routine;
        self.jobs.values().find(|other| {
            let is_of_it = other.spec.routine().is_some_and(|run| run.routine == *routine);
            is_of_it && other.spec.id != ended.spec.id && !is_over(other)
        })
    }

    /// Whether another job of its kind works where this one ended, by what the lines before did as well.
    fn is_taken(&self, ended: &Job) -> bool {
        let Spec { id, purpose, .. } = ended.spec;
        let is_review = purpose.is_review();
        let places = [ended.home(), ended.pull()];
        let is_there = |other: ThreadId| places.contains(&Some(other));
        let mut moved = self.jobs.values().filter(|other| other.spec.id != id);
        self.seen_in_the_way(ended).is_some()
            || self.of_its_routine(ended).is_some()
            || self.begun.iter().any(|begun| begun.1 == is_review && is_there(begun.0))
            || moved.any(|other| {
                let is_its_kind = other.spec.purpose.is_review() == is_review;
                is_its_kind && !is_over(other) && other.spec.given().is_some_and(is_there)
            })
    }

    /// The moment at which jobs move here.
    pub(super) fn step_time(&self) -> StepTime {
        let chance = self.snapshot.jobs.chance.unwrap_or(Draw(0));
        StepTime { at: self.snapshot.now, chance }
    }

    /// A new job is made, for the lines that follow as well.
    pub(super) fn begin(&mut self, new: NewJob) {
        self.begun.extend(new.thread.given().map(|thread| (thread, new.purpose.is_review())));
        self.changes.jobs.push(JobRequest::Begin(Box::new(new)));
    }

    /// A job as it is shown here.
    pub(super) fn job_view(&self, known: &KnownJob) -> JobView {
        let mut view = JobView::of(&known.record, self.snapshot.now, &self.snapshot.zone);
        let here = self.asked.inbound.thread();
        let repo = match known.repo_id() == here.repo {
            true => String::new(),
            false => known.repo.to_string(),
        };
        view.target = match known.record.job.home() {
            Some(home) if home == here => None,
            _ => Some(place_of(&known.record.job, &repo)),
        };
        view
    }
}

fn is_over(job: &Job) -> bool {
    job.state.kind().is_end()
}
