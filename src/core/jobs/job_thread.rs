//! What a job was made for, and so where it is talked of.

use serde::{Deserialize, Serialize};

use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;

/// What a job was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JobThread {
    /// An issue; for a repair or a review of somebody's pull request, that.
    Given(ThreadId),
    /// A date of a routine: its thread is the pull request that it brings, and there is none before.
    Routine(RoutineRun),
}

/// One date of a routine, as it was configured then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutineRun {
    /// Where it works.
    pub repo: RepoId,
    /// How the routine is called.
    pub routine: String,
    /// The date.
    pub due: Timestamp,
    /// What is to be done, in the words of whoever runs the fleet.
    pub prompt: String,
}

impl JobThread {
    pub fn repo(&self) -> RepoId {
        match self {
            Self::Given(thread) => thread.repo,
            Self::Routine(run) => run.repo,
        }
    }

    /// The thread that it was given for, if there is one.
    pub fn given(&self) -> Option<ThreadId> {
        match self {
            Self::Given(thread) => Some(*thread),
            Self::Routine(_) => None,
        }
    }

    /// The date of a routine that it is for, if it is.
    pub fn routine(&self) -> Option<&RoutineRun> {
        match self {
            Self::Given(_) => None,
            Self::Routine(run) => Some(run),
        }
    }
}

impl From<ThreadId> for JobThread {
    fn from(thread: ThreadId) -> Self {
        Self::Given(thread)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::job_thread::*;

    #[test]
    fn what_earlier_versions_stored_is_a_thread() {
        let read = |json: &str| serde_json::from_str::<JobThread>(json).expect("a job's thread");
        let thread = ThreadId { repo: RepoId(1), number: 41 };
        assert_eq!(read(r#"{"repo":1,"number":41}"#), JobThread::Given(thread));
        let run = RoutineRun {
            repo: RepoId(1),
            routine: "dependencies".to_owned(),
            due: Timestamp::from_micros(7),
            prompt: "Look for news.".to_owned(),
        };
        let of_run = JobThread::Routine(run);
        let stored = serde_json::to_string(&of_run).expect("JSON");
        assert_eq!(read(&stored), of_run);
    }
}
