//! What an agent achieved, by how its jobs ended.

use std::time::Duration;

use crate::core::model::time::{Timestamp, rounded};
use crate::core::reply::jobs::usd;

/// How a job ended for which an agent was leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedJob {
    pub agent: String,
    /// Whether it is held for or against its agent. What is not yet accepted or merged, what was cancelled or
    /// not wanted, what never ran and what nobody can be blamed for is paid for, and says nothing of whom it
    /// was given to.
    pub weighs: bool,
    /// Whether its result was seen on the forge; else it was given up, rejected or cancelled.
    pub is_verified: bool,
    /// Whether somebody merged it.
    pub is_merged: bool,
    pub at: Timestamp,
    /// How many attempts it took, with those of its rounds, and without what costs none.
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
    /// What `agent` achieved of `ended`; none if nothing ended with it that says anything of it.
    pub fn of(agent: &str, ended: &[EndedJob]) -> Option<Self> {
        let own: Vec<&EndedJob> =
            ended.iter().filter(|job| job.weighs && job.agent == agent).collect();
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

#[cfg(test)]
mod tests {
    use crate::core::report::agent_results::*;

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
    fn an_agent_is_told_by_what_was_seen_of_its_jobs() {
        let all = [ended(true, 1, 5), ended(true, 2, 9), ended(true, 1, 20), ended(false, 3, 60)];
        let results = AgentResults::of("ezra", &all).expect("results");
        assert_eq!((results.verified, results.ended, results.first_try), (3, 4, 50));
        assert_eq!((results.median.as_deref(), results.usd.as_str()), (Some("9 min"), "0.30"));
        assert_eq!(AgentResults::of("bezalel", &all), None);
        let light = [EndedJob { weighs: false, ..ended(false, 1, 5) }];
        assert_eq!(AgentResults::of("ezra", &light), None);
    }
}
