//! What is told in a comment of its own: what came of a job, and what nobody should miss meanwhile.
//! Edits of a card notify nobody.

use askama::Template;
use jiff::tz::TimeZone;

use super::standing::{CancelledBy, JobStanding, branch, run};
use super::view::JobView;
use super::words::{moment, short, usd};
use crate::core::jobs::{
    AgentClaim, AttemptRecord, Job, JobEvent, JobRecord, JobStep, Late, Purpose, State, Verdict,
};
use crate::core::model::time::{Timestamp, rounded};
use crate::core::reply::filters::{self, Name};

/// What is told of a job in a comment of its own.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(ext = "md")]
pub enum JobOutcome {
    /// What it was to bring is on the forge.
    #[template(path = "job/done.md")]
    Done { view: Box<JobView>, is_comment: bool, commit: Option<String> },
    /// Somebody merged what it brought while an agent still worked on it.
    #[template(path = "job/merged.md")]
    Merged { pull: Option<i64> },
    #[template(path = "job/no_change.md")]
    NoChange { view: Box<JobView>, agent: Option<String> },
    /// Nothing more is tried.
    #[template(path = "job/dead.md")]
    Dead { view: Box<JobView>, attempts: Vec<AttemptLine>, claim: Option<String> },
    /// Nobody could find out whether its attempt ran.
    #[template(path = "job/doubt.md")]
    Doubt { agent: Option<String>, run: Option<String>, branch: String },
    /// An agent says that it did what the forge does not show; another attempt follows.
    #[template(path = "job/claimed.md")]
    Claimed {
        agent: String,
        claim: String,
        branch: Option<String>,
        attempt: u32,
        of: u32,
        until: String,
    },
    /// A person is needed.
    #[template(path = "job/needs_person.md")]
    NeedsPerson { question: &'static str, pull: Option<i64> },
}

/// An attempt in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptLine {
    pub agent: String,
    pub took: Option<String>,
    pub usd: String,
    pub how: String,
}

impl JobOutcome {
    /// All that is said, by the account `name`, as Markdown.
    pub fn text(&self, name: &str) -> String {
        let text = self.render_with_values(&Name(name.to_owned()));
        text.expect("a String takes everything, and the name is told").trim().to_owned()
    }
}

/// What is to be told where a job moved from `before` to what `record` tells, by `step`.
pub fn outcome(
    before: &Job,
    record: &JobRecord,
    step: &JobStep,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<JobOutcome> {
    let after = &record.job;
    let (was_over, is_over) = (before.state.kind().is_end(), after.state.kind().is_end());
    match (was_over, is_over) {
        (true, _) => None,
        (false, true) => ended(record, now, zone),
        (false, false) => meanwhile(before, record, step, now, zone),
    }
}

fn ended(record: &JobRecord, now: Timestamp, zone: &TimeZone) -> Option<JobOutcome> {
    let view = Box::new(JobView::of(record, now, zone));
    let job = &record.job;
    let agent = record.agent().map(str::to_owned);
    Some(match view.standing {
        JobStanding::Delivered { .. } => JobOutcome::Done {
            view,
            is_comment: matches!(job.spec.purpose, Purpose::Research | Purpose::Ops),
            commit: job.past.commit.as_ref().map(short),
        },
        JobStanding::Merged { pull } => JobOutcome::Merged { pull },
        JobStanding::NoChange => JobOutcome::NoChange { view, agent },
        JobStanding::Dead { .. } => JobOutcome::Dead {
            view,
            attempts: record.attempts.iter().map(line).collect(),
            claim: record.last_claim().and_then(claimed),
        },
        JobStanding::Cancelled { by: CancelledBy::Doubt, .. } => {
            let number = job.past.last.as_ref().map_or(job.past.branch, |last| last.branch);
            JobOutcome::Doubt { agent, run: run(record), branch: branch(record, number) }
        }
        // Whoever did it was answered, or sees what they did.
        _ => return None,
    })
}

fn meanwhile(
    before: &Job,
    record: &JobRecord,
    step: &JobStep,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<JobOutcome> {
    let job = &record.job;
    match (&job.state, step) {
        (State::Deciding(deciding), _) if before.state != job.state => {
            let (question, pull) = (deciding.question.said(), job.past.pull);
            Some(JobOutcome::NeedsPerson { question, pull })
        }
        (State::BackingOff(pause), JobStep::Event(JobEvent::Judged(judgement)))
            if judgement.verdict == Verdict::Nothing =>
        {
            Some(JobOutcome::Claimed {
                agent: record.agent()?.to_owned(),
                claim: record.last_claim().and_then(claimed)?,
                branch: JobView::of(record, now, zone).branch,
                attempt: job.attempt_number(),
                of: job.spec.limits.attempts,
                until: moment(pause.until, now, zone),
            })
        }
        _ => None,
    }
}

/// What an agent claims, if it claims to have done something.
fn claimed(claim: &AgentClaim) -> Option<String> {
    match claim {
        AgentClaim::PullRequest { .. } | AgentClaim::Comment | AgentClaim::NoChange { .. } => {
            Some(claim.said())
        }
        AgentClaim::Blocked | AgentClaim::Nothing => None,
    }
}

fn line(attempt: &AttemptRecord) -> AttemptLine {
    let ran = attempt.started_at.zip(attempt.ended);
    AttemptLine {
        agent: attempt.agent.clone(),
        took: ran.map(|(from, (until, _))| rounded(until.since(from))),
        usd: usd(attempt.charge.spent.micro_usd),
        how: attempt.ended.map_or_else(|| "runs".to_owned(), |(_, end)| end.said()),
    }
}

/// What was pushed outside of any attempt: it is one fact, by its commit.
pub fn late(job: &Job, late: &Late, name: &str) -> String {
    let mut branch = job.branch();
    branch.number = late.branch;
    let page = LatePush { branch: branch.to_string(), commit: short(&late.commit) };
    let text = page.render_with_values(&Name(name.to_owned()));
    text.expect("a String takes everything, and the name is told").trim().to_owned()
}

#[derive(Template)]
#[template(path = "job/late.md")]
struct LatePush {
    branch: String,
    commit: String,
}
