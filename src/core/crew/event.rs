//! What happened to the jobs of a crew.

use serde::{Deserialize, Serialize};

use super::plan::CrewPlan;
use crate::core::jobs::{
    Commit, Deciding, Done, GivenReview, Job, JobId, Question, ReviewFollowUp, State,
    asks_for_changes,
};

/// One step of a crew's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrewEvent {
    /// Its manager made this plan, or none that could be worked by.
    Planned(CrewPlan),
    /// A job was made for the task of this number.
    Began { task: u32, job: JobId },
    /// Such a job stands elsewhere now; 0 is the one that plans.
    Moved { task: u32, job: JobId, to: JobStanding },
    /// Somebody dismissed the review that such a job gave.
    Dismissed { task: u32, job: JobId },
}

/// Where a job of a crew stands, as far as the crew asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStanding {
    /// It is worked on, or waits.
    Live,
    /// A person is asked about the plan.
    Asks,
    /// Its change is verified at this commit. `is_over`: nobody is asked to accept it.
    Delivered {
        commit: Commit,
        is_over: bool,
    },
    /// It gave this review; of no commit, if it gave none. `asks`: for changes. `is_told`: whoever made
    /// it mends it now.
    Reviewed {
        commit: Option<Commit>,
        asks: bool,
        is_told: bool,
    },
    Done,
    /// Nothing had to change.
    NoChange,
    Cancelled,
    Dead,
}

impl JobStanding {
    /// How `job` stands; `review`: the last that it gave.
    pub fn of(job: &Job, review: Option<&GivenReview>) -> Self {
        let is_change = job.spec.purpose.is_change();
        let delivered = |is_over| {
            let commit = job.past.commit.clone().filter(|_| is_change && job.past.pull.is_some());
            commit.map(|commit| Self::Delivered { commit, is_over })
        };
        match &job.state {
            State::Deciding(Deciding { question: Question::Plan, .. }) => Self::Asks,
            State::Deciding(Deciding { question: Question::Accept, .. }) => {
                delivered(false).unwrap_or(Self::Live)
            }
            State::Done(_) if job.spec.purpose.is_review() => Self::Reviewed {
                commit: review.map(|review| review.head.clone()),
                asks: review.is_some_and(|one| asks_for_changes(one.opinion, one.findings())),
                is_told: review.is_some_and(|one| matches!(one.follow_up, ReviewFollowUp::Told(_))),
            },
            State::Done(Done::Verified) => delivered(true).unwrap_or(Self::Done),
            State::Done(_) => Self::Done,
            State::NoChange => Self::NoChange,
            State::Cancelled(_) => Self::Cancelled,
            State::Dead(_) => Self::Dead,
            State::Queued(_)
            | State::Preflight(_)
            | State::Running(_)
            | State::Verifying(_)
            | State::Deciding(_)
            | State::BackingOff(_)
            | State::Waiting(_)
            | State::Uncertain(_) => Self::Live,
        }
    }
}
