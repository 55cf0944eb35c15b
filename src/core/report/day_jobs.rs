//! What one day's comment says of jobs: in flight, shipped, given up, and what agents achieved.
//!
//! All of it is counted from what the ledger holds of jobs, never from what an agent says.

use super::agent_day::AgentDay;
use super::agent_results::EndedJob;
use crate::core::model::time::Timestamp;
use crate::core::reply::jobs::{JobView, usd};

/// The jobs of a day. Threads are written in full.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DayJobs {
    /// Those that have not ended, but for the next ones.
    pub in_flight: Vec<JobView>,
    /// Those of them whose agents claimed what the forge did not show.
    pub claimed: Vec<ClaimedJob>,
    /// Those that were given up in this time.
    pub dead: Vec<JobView>,
    /// Those that ended well in this time.
    pub shipped: Vec<JobView>,
    /// Those whose results were taken back, which was seen in this time.
    pub reverted: Vec<JobView>,
    pub money: DayMoney,
    /// What people had to do for what was merged this week.
    pub touches: Touches,
    /// What agents achieved lately, and what each is doing.
    pub agents: Vec<AgentDay>,
}

/// A job whose agent claimed what the forge did not show.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedJob {
    pub view: JobView,
    /// What was found instead, in one sentence.
    pub found: Option<String>,
}

/// How often people had to do something for issues that were merged, and are still so: answers to
/// questions, commands that steer, verdicts of reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Touches {
    pub touches: u64,
    pub merged: u64,
}

impl Touches {
    /// On average, with one decimal; none if nothing was merged.
    pub(super) fn said(self) -> Option<String> {
        let tenths =
            (self.touches.saturating_mul(20) + self.merged).checked_div(self.merged * 2)?;
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }
}

/// What was spent today, or is set aside, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayMoney {
    pub spent: u64,
    /// What may be.
    pub cap: Option<u64>,
    /// What a merged result cost this week, with all that was tried beside it; none without one.
    pub per_merged: Option<u64>,
}

impl DayMoney {
    /// What a merged result cost, of all that `ended` since then.
    pub fn per_merged(ended: &[EndedJob], since: Timestamp) -> Option<u64> {
        let (mut sum, mut merged) = (0_u64, 0);
        for job in ended.iter().filter(|job| job.at >= since) {
            sum = sum.saturating_add(job.micro_usd);
            merged += u64::from(job.is_merged);
        }
        sum.checked_div(merged)
    }

    pub(super) fn merged(self) -> Option<String> {
        self.per_merged.map(usd)
    }

    pub(super) fn said(self) -> String {
        match self.cap {
            Some(cap) => format!("{} of {} USD", usd(self.spent), usd(cap)),
            None => format!("{} USD", usd(self.spent)),
        }
    }
}

impl DayJobs {
    /// What is folded away, counted in a line; empty if nothing is.
    pub(super) fn headings(&self) -> String {
        let counts = [
            ("Claimed, not verified", self.claimed.len()),
            ("in flight", self.in_flight.len()),
            ("dead", self.dead.len()),
        ];
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let line: Vec<String> = some.map(|(what, count)| format!("{what}: {count}")).collect();
        let mut line = line.join(" · ");
        if let Some(first) = line.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        line
    }

    /// Whether there is anything to tell of money and agents.
    pub(super) fn has_agents(&self) -> bool {
        self.money.spent > 0 || !self.agents.is_empty()
    }

    /// Whether an agent has anything to show yet.
    pub(super) fn has_results(&self) -> bool {
        self.agents.iter().any(|agent| agent.results.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::core::report::day_jobs::*;

    fn ended(is_verified: bool, tries: u32, minutes: u64) -> EndedJob {
        EndedJob {
            agent: "ezra".into(),
            weighs: true,
            is_verified,
            is_merged: tries == 1,
            at: Timestamp::from_micros(i64::from(tries)),
            tries,
            micro_usd: 300_000,
            took: Some(Duration::from_secs(minutes * 60)),
        }
    }

    #[test]
    fn what_was_tried_in_vain_is_paid_by_what_was_merged() {
        let all = [ended(true, 1, 5), ended(true, 1, 9), ended(false, 3, 60)];
        let since = |micros| DayMoney::per_merged(&all, Timestamp::from_micros(micros));
        assert_eq!((since(0), since(2)), (Some(450_000), None));
    }
}
