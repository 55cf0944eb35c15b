//! A crew with its jobs, as people are told of it.

use super::progress::{Crew, ReviewEnd, TaskStanding};
use crate::core::jobs::money::Spent;
use crate::core::jobs::{Commit, JobId, JobRecord};

/// A crew with all its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewRecord {
    pub crew: Crew,
    /// The one that plans first, then those of its tasks.
    pub jobs: Vec<JobRecord>,
}

/// What a person should know of a crew's reviews when they are asked to accept its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewNote {
    /// This agent still asks for changes, and this many rounds are spent.
    Objects { agent: String, rounds: u32 },
    /// It gave no review of what is asked about.
    NotGiven { agent: String },
}

impl CrewRecord {
    pub fn job(&self, id: JobId) -> Option<&JobRecord> {
        self.jobs.iter().find(|record| record.job.spec.id == id)
    }

    /// What its jobs cost, and whether that may be less.
    pub fn spent(&self) -> (Spent, bool) {
        self.jobs
            .iter()
            .map(JobRecord::spent)
            .fold((Spent::default(), false), |(all, bound), one| {
                (all.plus(one.spent), bound || one.is_bound)
            })
    }
}

impl Crew {
    /// What is to be said of its reviews where the commit is asked about.
    pub fn review_notes(&self, commit: Option<&Commit>) -> Vec<ReviewNote> {
        let reviews = self.numbered().filter(|(_, task, _)| task.purpose().is_review());
        let notes = reviews.filter_map(|(_, task, progress)| {
            let agent = task.agent.clone();
            match &progress.standing {
                TaskStanding::Reviewed { commit: of, end: ReviewEnd::Passed }
                    if of.as_ref() == commit =>
                {
                    None
                }
                TaskStanding::Reviewed { end: ReviewEnd::Objects, .. } => {
                    Some(ReviewNote::Objects { agent, rounds: self.rounds })
                }
                _ => Some(ReviewNote::NotGiven { agent }),
            }
        });
        notes.collect()
    }
}
