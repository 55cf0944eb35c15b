//! Whether what an attempt made may still come to the forge.

use super::ids::Fence;
use super::state::{HeldBy, State, Waiting};

/// What of an attempt timmy writes to the forge for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteRight {
    /// It is under way, and may hand in what it made.
    Has,
    /// It is to end: it was asked to stop, or waits for an answer without which it cannot go on.
    Stopping,
    /// It is over, or was never started.
    Over,
}

impl State {
    /// What the attempt with this fencing token may do here.
    pub fn write_right(&self, fence: Fence) -> WriteRight {
        let Some(attempt) = self.attempt().filter(|attempt| attempt.fence() == fence) else {
            return WriteRight::Over;
        };
        let asks = match self {
            Self::Waiting(Waiting::Held(held)) => held.by == HeldBy::Person,
            Self::Queued(_)
            | Self::Preflight(_)
            | Self::Running(_)
            | Self::Verifying(_)
            | Self::Deciding(_)
            | Self::BackingOff(_)
            | Self::Waiting(Waiting::Idle(_) | Waiting::Start(_))
            | Self::Uncertain(_)
            | Self::Done(_)
            | Self::NoChange
            | Self::Cancelled(_)
            | Self::Dead(_) => false,
        };
        match attempt.stopping.is_some() || attempt.answer.is_some() || asks {
            true => WriteRight::Stopping,
            false => WriteRight::Has,
        }
    }
}
