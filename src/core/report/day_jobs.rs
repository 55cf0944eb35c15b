//! What one day's comment says of jobs: in flight, shipped, given up, and what agents achieved.
//!
//! All of it is counted from what the ledger holds of jobs, never from what an agent says.

use std::time::Duration;

use crate::core::model::time::rounded;
use crate::core::reply::jobs::{JobView, usd};

/// The jobs of a day. Threads are written in full.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DayJobs {
    /// Those that have not ended.
    pub in_flight: Vec<JobView>,
    /// How many of them claimed what the forge did not show.
    pub claimed: usize,
    /// Those that were given up in this time.
    pub dead: Vec<JobView>,
    /// Those that ended well in this time.
    pub shipped: Vec<JobView>,
    pub money: DayMoney,
    /// What agents achieved lately, and what each is doing.
    pub agents: Vec<AgentResults>,
}

/// What was spent today, or is set aside, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayMoney {
    pub spent: u64,
    /// What may be.
    pub cap: Option<u64>,
}

impl DayMoney {
    pub(super) fn said(self) -> String {
        match self.cap {
            Some(cap) => format!("{} of {} USD", usd(self.spent), usd(cap)),
            None => format!("{} USD", usd(self.spent)),
        }
    }
}

/// How a job ended, as far as it tells of its agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedJob {
    pub agent: String,
    /// Whether its result was seen on the forge; else it was given up.
    pub is_verified: bool,
    /// How many attempts it took.
    pub tries: u32,
    pub micro_usd: u64,
    pub took: Option<Duration>,
}

/// What an agent achieved lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentResults {
    pub agent: String,
    pub verified: usize,
    pub ended: usize,
    /// The share of them that were verified at the first try, in percent.
    pub first_try: usize,
    /// How long half of the verified ones took at most.
    pub median: Option<String>,
    /// What one cost on average, in US dollars.
    pub usd: String,
}

impl AgentResults {
    /// What `agent` achieved of `ended`; none if nothing ended with it.
    pub fn of(agent: &str, ended: &[EndedJob]) -> Option<Self> {
        let own: Vec<&EndedJob> = ended.iter().filter(|job| job.agent == agent).collect();
        let count = own.len();
        let verified: Vec<&&EndedJob> = own.iter().filter(|job| job.is_verified).collect();
        let first = verified.iter().filter(|job| job.tries <= 1).count();
        let mut times: Vec<Duration> = verified.iter().filter_map(|job| job.took).collect();
        times.sort_unstable();
        let all: u64 = own.iter().fold(0, |sum, job| sum.saturating_add(job.micro_usd));
        Some(Self {
            agent: agent.to_owned(),
            verified: verified.len(),
            ended: count,
            first_try: (first * 100).checked_div(count)?,
            median: times.get(times.len().saturating_sub(1) / 2).map(|time| rounded(*time)),
            usd: usd(all.checked_div(u64::try_from(count).unwrap_or(u64::MAX))?),
        })
    }
}

impl DayJobs {
    /// What is folded away, counted in a line; empty if nothing is.
    pub(super) fn headings(&self) -> String {
        let counts = [
            ("Claimed, not verified", self.claimed),
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
    pub(super) fn has_results(&self) -> bool {
        self.money.spent > 0 || !self.agents.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::core::report::day_jobs::*;

    fn ended(is_verified: bool, tries: u32, minutes: u64) -> EndedJob {
        EndedJob {
            agent: "ezra".into(),
            is_verified,
            tries,
            micro_usd: 300_000,
            took: Some(Duration::from_secs(minutes * 60)),
        }
    }

    #[test]
    fn an_agent_is_told_by_what_was_seen_of_its_jobs() {
        let all = [ended(true, 1, 5), ended(true, 2, 9), ended(true, 1, 20), ended(false, 3, 60)];
        let results = AgentResults::of("ezra", &all).expect("results");
        assert_eq!((results.verified, results.ended, results.first_try), (3, 4, 50));
        assert_eq!((results.median.as_deref(), results.usd.as_str()), (Some("9 min"), "0.30"));
        assert_eq!(AgentResults::of("bezalel", &all), None);
    }
}
