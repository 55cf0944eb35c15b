//! What attempts and branches are called.

use std::fmt;
use std::str::FromStr;

use crate::core::command::value::JobId;
pub use crate::core::model::commit::{Commit, NotACommit};
pub use crate::core::model::fence::Fence;

/// A branch on which a job works: `timmy/41-j42`, of a routine's `timmy/r-j42`. What follows an attempt
/// that may still push gets a branch of its own: `timmy/41-j42-2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Branch {
    /// The number of the thread that the job was given for; none if it is a routine's.
    pub thread: Option<i64>,
    pub job: JobId,
    /// Which of the job's branches, from 1 on.
    pub number: u32,
}

/// What stands in place of a thread's number in the branch of a routine's job.
const OF_ROUTINE: &str = "r";

/// Why a text is no branch of a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no branch of a job, such as `timmy/41-j42`")]
pub struct NotAJobBranch(String);

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.thread {
            Some(thread) => write!(f, "timmy/{thread}-{}", self.job)?,
            None => write!(f, "timmy/{OF_ROUTINE}-{}", self.job)?,
        }
        if self.number > 1 { write!(f, "-{}", self.number) } else { Ok(()) }
    }
}

impl FromStr for Branch {
    type Err = NotAJobBranch;

    /// Reads what [`Branch`] writes, and nothing else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (thread, rest) = text.strip_prefix("timmy/")?.split_once("-j")?;
            let (job, number) = match rest.split_once('-') {
                Some((job, number)) => (job, number.parse().ok()?),
                None => (rest, 1),
            };
            let job = JobId(job.parse().ok()?);
            let thread = match thread {
                OF_ROUTINE => None,
                thread => Some(thread.parse().ok()?),
            };
            Some(Self { thread, job, number })
        };
        read()
            .filter(|branch| branch.to_string() == text)
            .ok_or_else(|| NotAJobBranch(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::ids::*;

    #[test]
    fn a_branch_is_read_as_it_is_written() {
        for (number, name) in [(1, "timmy/41-j42"), (2, "timmy/41-j42-2"), (12, "timmy/41-j42-12")]
        {
            let branch = Branch { thread: Some(41), job: JobId(42), number };
            assert_eq!((branch.to_string().as_str(), name.parse()), (name, Ok(branch)));
        }
        let of_routine = Branch { thread: None, job: JobId(42), number: 2 };
        let name = "timmy/r-j42-2";
        assert_eq!((of_routine.to_string().as_str(), name.parse()), (name, Ok(of_routine)));
        for no in [
            "main",
            "timmy/41",
            "timmy/41-j42-1",
            "timmy/041-j42",
            "timmy/x-j42",
            "timmy/R-j42",
            "timmy/-j42",
            "timmy/41-j42-2-3",
        ] {
            assert!(no.parse::<Branch>().is_err(), "{no}");
        }
    }
}
