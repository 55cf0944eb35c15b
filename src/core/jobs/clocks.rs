//! The clocks of an attempt: how long it may be silent, and how long it may take in all.
//!
//! They stand while nobody can work: while the host is away (a Mac that sleeps is no failure), and
//! while a person is asked. What stands is time still left, so that it can go on at any moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::time::Timestamp;

/// How long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// Until the agent shows the first sign of life.
    pub start: Duration,
    /// Between two signs of life.
    pub silence: Duration,
    /// In all.
    pub total: Duration,
    /// From the moment it is asked to stop until nobody waits for that any longer.
    pub stop: Duration,
}

/// The clock that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    Start,
    Silence,
    Total,
}

impl DeadlineKind {
    /// How the outcome of an attempt that it ended is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Start => "timeout:start",
            Self::Silence => "timeout:silence",
            Self::Total => "timeout:total",
        }
    }
}

/// Clocks that run: when they are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// When the agent must have shown a sign of life.
    pub sign: Timestamp,
    pub total: Timestamp,
}

/// Clocks that stand: what is left of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLeft {
    pub sign: Duration,
    pub total: Duration,
}

impl Deadlines {
    pub(super) fn begin(timeouts: &Timeouts, at: Timestamp) -> Self {
        Self { sign: at.after(timeouts.start), total: at.after(timeouts.total) }
    }

    /// The agent showed a sign of life.
    pub(super) fn alive(self, timeouts: &Timeouts, at: Timestamp) -> Self {
        // Signs may be told late and in any order: none takes time away.
        Self { sign: self.sign.max(at.after(timeouts.silence)), ..self }
    }

    /// It was accepted: from now on silence is measured.
    pub(super) fn accepted(self, timeouts: &Timeouts, at: Timestamp) -> Self {
        Self { sign: at.after(timeouts.silence), ..self }
    }

    /// When the first of them runs out.
    pub fn first(self) -> Timestamp {
        self.sign.min(self.total)
    }

    pub(super) fn is_total_over(self, at: Timestamp) -> bool {
        self.total <= at
    }

    pub(super) fn stand(self, at: Timestamp) -> TimeLeft {
        TimeLeft { sign: self.sign.since(at), total: self.total.since(at) }
    }
}

impl TimeLeft {
    pub(super) fn go_on(self, at: Timestamp) -> Deadlines {
        Deadlines { sign: at.after(self.sign), total: at.after(self.total) }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::clocks::*;

    const TIMEOUTS: Timeouts = Timeouts {
        start: Duration::from_secs(120),
        silence: Duration::from_secs(600),
        total: Duration::from_secs(3600),
        stop: Duration::from_secs(120),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn what_stands_loses_nothing_however_long() {
        let running = Deadlines::begin(&TIMEOUTS, at(0)).accepted(&TIMEOUTS, at(100));
        assert_eq!((running.sign, running.total), (at(700), at(3600)));
        let left = running.stand(at(400));
        let later = left.go_on(at(1_000_000));
        assert_eq!((later.sign, later.total), (at(1_000_300), at(1_003_200)));
    }

    #[test]
    fn a_sign_that_is_told_late_takes_no_time_away() {
        let running = Deadlines::begin(&TIMEOUTS, at(0)).accepted(&TIMEOUTS, at(100));
        assert_eq!(running.alive(&TIMEOUTS, at(50)), running);
        assert_eq!(running.alive(&TIMEOUTS, at(500)).first(), at(1100));
    }

    #[test]
    fn what_is_over_stands_at_zero() {
        let over = Deadlines::begin(&TIMEOUTS, at(0)).stand(at(9999));
        assert_eq!(over, TimeLeft { sign: Duration::ZERO, total: Duration::ZERO });
    }
}
