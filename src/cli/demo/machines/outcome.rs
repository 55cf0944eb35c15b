//! What must be so in the end, whatever was restarted meanwhile.

use std::collections::BTreeSet;

use crate::core::effect::marker::key_of;
use crate::core::jobs::{JobId, StateKind};
use crate::store::{Connection, Error, jobs, outbox};

/// The most jobs and dead letters that are read.
const MOST: u32 = 1_000;

/// How the comment begins that tells that a job is done.
const DONE: &str = "**Done:";

/// A job, as far as it matters how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlayedJob {
    pub(super) id: JobId,
    pub(super) issue: Option<i64>,
    pub(super) state: StateKind,
    pub(super) pull: Option<i64>,
    /// The agent of its last attempt.
    pub(super) agent: String,
    pub(super) attempts: usize,
    /// Attempts of which the ledger knows no end.
    pub(super) open: usize,
}

impl PlayedJob {
    /// Those that have ended, in the order of their numbers.
    pub(super) fn ended(conn: &Connection) -> Result<Vec<Self>, Error> {
        let mut ids = jobs::ended_ids(conn, MOST)?;
        ids.sort_unstable();
        Self::these(conn, &ids)
    }

    fn these(conn: &Connection, ids: &[JobId]) -> Result<Vec<Self>, Error> {
        ids.iter().filter_map(|id| Self::of(conn, *id).transpose()).collect()
    }

    fn of(conn: &Connection, id: JobId) -> Result<Option<Self>, Error> {
        let Some(stored) = jobs::get(conn, id)? else { return Ok(None) };
        let (attempts, job) = (jobs::attempts(conn, id)?, stored.job);
        Ok(Some(Self {
            id,
            issue: job.spec.given().map(|thread| thread.number),
            state: job.state.kind(),
            pull: job.past.pull,
            agent: attempts.last().map(|last| last.agent.clone()).unwrap_or_default(),
            attempts: attempts.len(),
            open: attempts.iter().filter(|attempt| attempt.ended.is_none()).count(),
        }))
    }
}

/// All that came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) jobs: Vec<PlayedJob>,
    /// What timmy said in each issue.
    pub(super) said: Vec<(i64, Vec<String>)>,
    /// The key of each attempt whose agent began, as often as it did.
    pub(super) starts: Vec<String>,
    /// Jobs whose history gives another job.
    pub(super) unfolded: usize,
    pub(super) dead_letters: usize,
}

impl Outcome {
    /// What the ledger tells.
    pub(super) fn of(conn: &Connection) -> Result<Self, Error> {
        let mut ids = [jobs::live_ids(conn)?, jobs::ended_ids(conn, MOST)?].concat();
        ids.sort_unstable();
        Ok(Self {
            jobs: PlayedJob::these(conn, &ids)?,
            unfolded: jobs::rebuilt(conn)?.len(),
            dead_letters: outbox::dead(conn, MOST)?.len(),
            ..Self::default()
        })
    }

    pub(super) fn attempts(&self) -> usize {
        self.jobs.iter().map(|job| job.attempts).sum()
    }

    /// What is not as it must be, where one job was given for each of the issues from 1 on.
    pub(super) fn problems(&self, issues: i64) -> Vec<String> {
        let mut problems = Vec::new();
        let given: BTreeSet<_> = self.jobs.iter().map(|job| job.issue).collect();
        let wanted: BTreeSet<_> = (1..=issues).map(Some).collect();
        if given != wanted || self.jobs.len() != wanted.len() {
            problems.push(format!("{} jobs for {issues} issues", self.jobs.len()));
        }
        for job in &self.jobs {
            if job.state != StateKind::Done || job.pull.is_none() || job.open > 0 {
                problems.push(format!("not verified: {job:?}"));
            }
        }
        let pulls = self.jobs.iter().filter_map(|job| job.pull).map(|pull| format!("#{pull}"));
        problems.extend(twice(pulls).map(|pull| format!("two jobs brought {pull}")));
        for (issue, bodies) in &self.said {
            let keys = bodies.iter().map(|body| key_of(body).unwrap_or("no key").to_owned());
            problems.extend(twice(keys).map(|key| format!("#{issue} was told {key} twice")));
            let outcomes = bodies.iter().filter(|body| body.starts_with(DONE)).count();
            if outcomes != 1 {
                problems.push(format!("#{issue} was told {outcomes} times that it is done"));
            }
        }
        let starts = twice(self.starts.iter().cloned());
        problems.extend(starts.map(|key| format!("the agent of {key} was started twice")));
        if self.starts.len() > self.attempts() || self.starts.len() < self.jobs.len() {
            let (starts, attempts) = (self.starts.len(), self.attempts());
            problems.push(format!("agents began {starts} times, by {attempts} attempts"));
        }
        if (self.unfolded, self.dead_letters) != (0, 0) {
            let (unfolded, dead) = (self.unfolded, self.dead_letters);
            problems.push(format!("{unfolded} histories give another job, {dead} dead letters"));
        }
        problems
    }
}

/// What is there more than once.
fn twice(all: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let (mut known, mut doubled) = (BTreeSet::new(), BTreeSet::new());
    for one in all {
        if !known.insert(one.clone()) {
            doubled.insert(one);
        }
    }
    doubled.into_iter()
}

#[cfg(test)]
mod tests {
    use crate::cli::demo::machines::outcome::*;
    use crate::core::effect::marker::marker;

    fn job(number: i64) -> PlayedJob {
        PlayedJob {
            id: JobId(number),
            issue: Some(number),
            state: StateKind::Done,
            pull: Some(number + 100),
            agent: "ezra".to_owned(),
            attempts: 1,
            open: 0,
        }
    }

    fn good() -> Outcome {
        let said = |issue: i64| {
            let bodies = ["card", "done"].map(|part| {
                let words = if part == "done" { "**Done: #101 is open.**" } else { "At work." };
                format!("{words}\n\n{}", marker(&format!("j{issue}.{part}")))
            });
            (issue, bodies.to_vec())
        };
        Outcome {
            jobs: vec![job(1), job(2)],
            said: vec![said(1), said(2)],
            starts: vec!["a/j1/1".to_owned(), "a/j2/1".to_owned()],
            ..Outcome::default()
        }
    }

    #[test]
    fn what_went_well_has_no_problems() {
        assert_eq!(good().problems(2), Vec::<String>::new());
    }

    #[test]
    fn whatever_is_lost_or_doubled_is_told() {
        type Spoil = fn(&mut Outcome);
        let spoilt: [(&str, Spoil); 9] = [
            ("1 jobs for 2 issues", |o| drop(o.jobs.pop())),
            ("not verified", |o| o.jobs[0].state = StateKind::Dead),
            ("not verified", |o| o.jobs[0].pull = None),
            ("not verified", |o| o.jobs[1].open = 1),
            ("two jobs brought #101", |o| o.jobs[1].pull = Some(101)),
            ("#1 was told j1.done twice", |o| {
                let again = o.said[0].1[1].clone();
                o.said[0].1.push(again);
            }),
            ("#2 was told 0 times", |o| drop(o.said[1].1.pop())),
            ("the agent of a/j1/1 was started twice", |o| {
                o.jobs[0].attempts = 2;
                o.starts.push("a/j1/1".to_owned());
            }),
            ("1 dead letters", |o| o.dead_letters = 1),
        ];
        for (told, spoil) in spoilt {
            let mut outcome = good();
            spoil(&mut outcome);
            let problems = outcome.problems(2).join("\n");
            assert!(problems.contains(told), "{told}: {problems}");
        }
    }
}
