//! A job as people are shown it: on its card, in `status`, on a terminal.

use askama::Template;
use jiff::tz::TimeZone;

use super::findings::guards_of_result;
use super::log::{JobLogLine, log};
use super::standing::{CancelledBy, JobStanding, branch, is_cancelling, lasted, running_for};
use super::words::{moment, usd};
use crate::core::command::verb::Verb;
use crate::core::decisions::verbs_for;
use crate::core::effect::Body;
use crate::core::guards::GuardCount;
use crate::core::jobs::{Course, JobRecord, Purpose, State, Tries};
use crate::core::model::time::{Timestamp, rounded};
use crate::core::reply::filters::{self, Name};
use crate::core::reply::plain::plain;

/// A job, as people are shown it. Moments are as they say them, in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Its number: `j42`.
    pub id: String,
    /// Its thread, where it is told elsewhere.
    pub target: Option<String>,
    /// Whether it has no thread yet, so that whoever speaks to it has to name it.
    pub is_unplaced: bool,
    /// The routine that it is of, if it is of one: `routine dependencies`.
    pub routine: Option<String>,
    /// Its title, where that is told beside it, as people wrote it.
    pub title: Option<String>,
    /// The agent that has it, or had it last.
    pub agent: Option<String>,
    pub role: String,
    pub standing: JobStanding,
    /// Which attempt this is, or comes next, and how many there may be.
    pub attempt: u32,
    pub of: u32,
    /// How many were made, and how many rounds of repair.
    pub tries: Tries,
    /// How many rounds of repair were begun, and how many there may be.
    pub rounds: (u32, u32),
    /// How many guards let its result pass, and how many looked.
    pub guards: Option<GuardCount>,
    pub purpose: Purpose,
    /// Whether it reviews: then the job that works on its thread is another one.
    pub is_review: bool,
    /// Whether it has ended.
    pub is_over: bool,
    /// How long its attempt runs; once it ended, how long all of them took.
    pub took: Option<String>,
    /// What its attempts cost that ended, and whether that may be less.
    pub cost: Option<(String, bool)>,
    /// When its present attempt began: what is read later tells this in the place of a span.
    pub since: Option<String>,
    /// How long ago its agent showed a sign of life.
    pub seen: Option<String>,
    /// When that was.
    pub seen_at: Option<String>,
    /// When its agent must have answered.
    pub answer_by: Option<String>,
    pub branch: Option<String>,
    /// The open decision that it waits for, if one was put.
    pub asked: Option<String>,
    /// Whether it is to be cancelled.
    pub is_cancelling: bool,
    /// What it went through.
    pub log: Vec<JobLogLine>,
    /// How the zone of its moments is called.
    pub zone: String,
}

impl JobView {
    pub fn of(record: &JobRecord, now: Timestamp, zone: &TimeZone) -> Self {
        let job = &record.job;
        let is_over = job.state.kind().is_end();
        let spent = record.spent();
        let attempt = job.state.attempt();
        let seen = record.seen_at.filter(|_| attempt.is_some());
        let clocks = match &job.state {
            State::Running(running) => Some(running.clocks),
            _ => None,
        };
        let works_on_a_branch = matches!(job.spec.purpose, Purpose::Code | Purpose::Repair);
        Self {
            id: job.spec.id.to_string(),
            target: None,
            is_unplaced: job.home().is_none(),
            routine: job.spec.routine().map(|run| format!("routine {}", run.routine)),
            title: None,
            agent: record.agent().map(str::to_owned),
            role: job.spec.role.clone(),
            standing: JobStanding::of(record, now, zone),
            attempt: job.attempt_number(),
            of: job.spec.limits.attempts,
            tries: Course::of(record).tries,
            rounds: (job.past.rounds, job.past.rounds_allowed),
            guards: guards_of_result(record),
            purpose: job.spec.purpose,
            is_review: job.spec.purpose.is_review(),
            is_over,
            took: lasted(match is_over {
                true => record.ran_for(now),
                false => running_for(record, now),
            }),
            cost: (spent.spent.runs > 0).then(|| (usd(spent.spent.micro_usd), spent.is_bound)),
            since: attempt.map(|attempt| moment(attempt.since, now, zone)),
            seen: seen.map(|at| rounded(now.since(at))),
            seen_at: seen.map(|at| moment(at, now, zone)),
            answer_by: clocks.map(|clocks| moment(clocks.total, now, zone)),
            branch: works_on_a_branch.then(|| branch(record, job.past.branch)),
            asked: record.asked.map(|id| id.to_string()),
            is_cancelling: is_cancelling(record),
            log: log(record, zone),
            zone: now.zoned(zone).strftime("%Z").to_string(),
        }
    }

    /// The text of its card, said by the account `name`.
    pub fn card(&self, name: &str) -> String {
        let text = Card { view: self }.render_with_values(&Name(name.to_owned()));
        text.expect("a String takes everything, and the name is told").trim().to_owned()
    }

    /// The card as a comment that is marked with `key`.
    pub fn card_body(&self, name: &str, key: &str) -> Body {
        Body::finished(self.card(name)).marked(key)
    }

    /// What takes it up again, from where it is told.
    pub(in crate::core) fn retry(&self) -> String {
        self.line("retry")
    }

    /// What ends it, from where it is told.
    pub(in crate::core) fn cancel(&self) -> String {
        self.line("cancel")
    }

    /// What says something to it, from where it is told.
    pub(in crate::core) fn tell(&self) -> String {
        self.line("tell")
    }

    fn line(&self, verb: &str) -> String {
        match self.target.is_some() || self.is_review || self.is_unplaced {
            false => verb.to_owned(),
            true => format!("{verb} {}", self.id),
        }
    }

    /// Another thread of its repository, where its own is named in full.
    pub(in crate::core) fn beside(&self, number: impl std::fmt::Display) -> String {
        let repo = self.target.as_deref().and_then(|target| target.split_once('#'));
        format!("{}#{number}", repo.map_or("", |(repo, _)| repo))
    }

    /// Its rounds of repair, once it had one: `round 2 of 3`.
    pub fn round(&self) -> Option<String> {
        let (round, of) = self.rounds;
        (round > 0).then(|| format!("round {round} of {}", of.max(round)))
    }

    /// How many guards let its result pass, in a column.
    pub(in crate::core) fn guards(&self) -> String {
        let said = |GuardCount { passed, of, lifted }| match lifted {
            0 => format!("{passed}/{of}"),
            _ => format!("{passed} of {of}, {lifted} lifted"),
        };
        self.guards.map_or_else(|| "–".to_owned(), said)
    }

    /// Whether it goes on by itself.
    pub(in crate::core) fn needs_nobody(&self) -> bool {
        match self.standing {
            JobStanding::Queued { because: None, .. }
            | JobStanding::Taken { .. }
            | JobStanding::Working { .. }
            | JobStanding::Stopping { .. }
            | JobStanding::Checking { .. }
            | JobStanding::Delivered { .. }
            | JobStanding::InReview { .. }
            | JobStanding::Split
            | JobStanding::Reviewed { .. }
            | JobStanding::Dismissed { .. }
            | JobStanding::Merged { .. }
            | JobStanding::Reverted { .. }
            | JobStanding::NoChange => true,
            JobStanding::Queued { because: Some(_), .. }
            | JobStanding::NeedsPerson { .. }
            | JobStanding::Pausing { .. }
            | JobStanding::HostAway { .. }
            | JobStanding::QuotaSpent { .. }
            | JobStanding::RedBranch
            | JobStanding::Unclear { .. }
            | JobStanding::Cancelled { .. }
            | JobStanding::Dead { .. } => false,
        }
    }

    /// Where it stands, in a few words without any markup.
    pub fn said(&self) -> String {
        let text = Standing { view: self }.render_with_values(&Name(String::new()));
        plain(&text.expect("a String takes everything"))
    }

    /// What stands behind its headline, where it is read at once.
    pub fn facts(&self) -> Vec<String> {
        self.facts_with(self.took.clone())
    }

    /// The same on its card, which is read minutes after it was written: a span would be wrong by then.
    fn lasting_facts(&self) -> Vec<String> {
        // What its headline tells of anything else may have begun later than the attempt.
        let word = match self.standing {
            JobStanding::Working { .. } => "since",
            _ => "begun at",
        };
        let since = self.since.as_ref().map(|since| format!("{word} {since}"));
        self.facts_with(since.or_else(|| self.took.clone()))
    }

    fn facts_with(&self, time: Option<String>) -> Vec<String> {
        let (attempts, round) = match self.is_over {
            true => (tried(self.tries, self.purpose), None),
            false => (Some(format!("attempt {} of {}", self.attempt, self.of)), self.round()),
        };
        let tries = self.routine.clone().into_iter().chain(attempts).chain(round);
        tries.chain(time).chain(self.money()).collect()
    }

    /// What it cost so far, in a column of US dollars.
    pub fn usd(&self) -> String {
        self.cost.as_ref().map_or_else(
            || "–".to_owned(),
            |(usd, is_bound)| if *is_bound { format!("≤ {usd}") } else { usd.clone() },
        )
    }

    /// What it cost so far.
    fn money(&self) -> Option<String> {
        self.cost.as_ref().map(|(usd, is_bound)| match is_bound {
            true => format!("at most {usd} USD"),
            false => format!("{usd} USD"),
        })
    }

    /// The line that answers what it waits for: the first of those that its question names.
    pub fn answer(&self) -> Option<String> {
        let (JobStanding::NeedsPerson { question }, Some(id)) = (&self.standing, &self.asked)
        else {
            return None;
        };
        let verb = verbs_for(*question).first()?;
        let note = if *verb == Verb::Answer { " what it needs to know" } else { "" };
        Some(format!("{verb} {id}{note}"))
    }

    /// Whether there is anything to say of what comes next.
    fn has_next(&self) -> bool {
        !matches!(
            self.standing,
            JobStanding::Delivered { .. }
                | JobStanding::InReview { .. }
                | JobStanding::Split
                | JobStanding::Reviewed { .. }
                | JobStanding::Dismissed { .. }
                | JobStanding::Merged { .. }
                | JobStanding::Reverted { .. }
                | JobStanding::NoChange
                | JobStanding::Cancelled { may_run: false, .. }
        )
    }

    /// Whether a sentence says all of it: nothing has happened yet.
    fn is_brief(&self) -> bool {
        let waits = matches!(self.standing, JobStanding::Queued { .. } | JobStanding::Taken { .. });
        waits && self.tries.all() <= 1 && !self.is_over
    }

    /// Whether its history says more than the headline.
    pub(super) fn shows_log(&self) -> bool {
        let is_done = matches!(
            self.standing,
            JobStanding::Delivered { .. }
                | JobStanding::Split
                | JobStanding::Reviewed { .. }
                | JobStanding::Dismissed { .. }
                | JobStanding::Merged { .. }
                | JobStanding::Reverted { .. }
        );
        !is_done || self.tries.all() > 1
    }
}

/// How often agents were set to work: `2 attempts, 1 round of repair`.
pub(super) fn tried(tries: Tries, purpose: Purpose) -> Option<String> {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let attempts = count(tries.attempts, "attempt", "attempts");
    let rounds = match purpose.proposes() {
        Some(what) => {
            let (one, many) = (format!("{what} given back"), format!("{what}s given back"));
            count(tries.rounds, &one, &many)
        }
        None => count(tries.rounds, "round of repair", "rounds of repair"),
    };
    let all: Vec<String> = attempts.into_iter().chain(rounds).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

#[derive(Template)]
#[template(path = "job/standing.md")]
struct Standing<'a> {
    view: &'a JobView,
}

#[derive(Template)]
#[template(path = "job/card.md")]
struct Card<'a> {
    view: &'a JobView,
}
