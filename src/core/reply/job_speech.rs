//! What is said where a job moved.
//!
//! It is asked in the transaction that moves the job, so that nothing is told that did not happen,
//! and nothing happens that is not told. Pure: job before, job after, and what is known beside them.

use crate::core::effect::Keyed;
use crate::core::jobs::money::Spent;
use crate::core::jobs::{Job, JobAction, JobStep};
use crate::core::model::time::Timestamp;

/// A job that moved, or whose card is to be brought up to date.
#[derive(Debug, Clone, Copy)]
pub struct JobChange<'a> {
    pub before: &'a Job,
    /// The same as before where only time has passed.
    pub after: &'a Job,
    /// What moved it; none where only time has passed.
    pub step: Option<&'a JobStep>,
    /// What is to be done now that was not before.
    pub actions: &'a [JobAction],
    pub now: Timestamp,
    pub created_at: Timestamp,
    /// With what all names of this change begin: never given twice, also by no other ledger.
    pub key: &'a str,
    /// The key of the comment that is the job's card, if there is one.
    pub card: Option<&'a str>,
    /// What was spent on its thread, or is set aside.
    pub spent: Spent,
    /// What its agent does, in its own words.
    pub doing: Option<&'a str>,
}

/// What is to be said, and where it is said from now on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobSpeech {
    pub effects: Vec<Keyed>,
    /// The key of the comment that is the job's card, if that is a new one.
    pub card: Option<String>,
}

/// What is said about `change`.
pub fn speech(_change: &JobChange<'_>) -> JobSpeech {
    JobSpeech::default()
}
