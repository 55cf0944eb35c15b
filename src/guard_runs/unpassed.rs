//! Why a guard did not pass.

use std::time::Duration;

use crate::confinement::{Bound, CannotRun, FinishedRun, OutputEnd, RunEnd};
use crate::core::script_guard::NoScriptAnswer;

/// Why a guard did not pass. What did not run has not passed.
#[derive(Debug, thiserror::Error)]
pub enum Unpassed {
    #[error("it ended with {status}")]
    Failed { status: i32, end: OutputEnd },
    #[error("it was ended after {} seconds", after.as_secs())]
    OverTime { after: Duration, end: OutputEnd },
    #[error("it was ended because it took too much {}", word(*bound))]
    OverBound { bound: Bound, end: OutputEnd },
    #[error("{why}")]
    NoAnswer { why: NoScriptAnswer, end: OutputEnd },
    #[error("guards.prepare did not go well: {0}")]
    NotPrepared(Box<Unpassed>),
    #[error("it could not be run: {0}")]
    CouldNotRun(#[from] CannotRun),
}

impl Unpassed {
    /// The end of what it printed, as far as it came to print.
    pub fn end(&self) -> Option<&OutputEnd> {
        match self {
            Self::Failed { end, .. }
            | Self::OverTime { end, .. }
            | Self::OverBound { end, .. }
            | Self::NoAnswer { end, .. } => Some(end),
            Self::NotPrepared(why) => why.end(),
            Self::CouldNotRun(_) => None,
        }
    }
}

/// What it printed if it ended well. `time`: how long it had.
pub(super) fn passed(run: FinishedRun, time: Duration) -> Result<OutputEnd, Unpassed> {
    let FinishedRun { end, output, complaints } = run;
    // Kept apart, only what it complained of is for people.
    let said = if complaints.bytes().is_empty() { output.clone() } else { complaints };
    match end {
        RunEnd::Exited(0) => Ok(output),
        RunEnd::Exited(status) => Err(Unpassed::Failed { status, end: said }),
        RunEnd::OverTime => Err(Unpassed::OverTime { after: time, end: said }),
        RunEnd::Over(bound) => Err(Unpassed::OverBound { bound, end: said }),
    }
}

fn word(bound: Bound) -> &'static str {
    match bound {
        Bound::Memory => "memory",
        Bound::Disk => "room on the disk",
    }
}
