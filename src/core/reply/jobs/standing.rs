//! Where a job stands, as people say it.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::words::{awaited_until, moment, short};
use crate::core::jobs::{
    AgentStop, Attempt, CancelReason, Cancelled, DeadReason, Done, GivenReview, HeldBy, IdleWait,
    JobRecord, Past, Phase, Purpose, Question, State, Then, WaitReason, Waiting, WorkKind,
};
use crate::core::model::time::{Timestamp, rounded};
use crate::core::model::verdict::Opinion;

/// Where a job stands. Moments are as people say them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStanding {
    /// It waits for an agent: for this one, if one is named.
    Queued {
        agent: Option<String>,
        because: Option<String>,
    },
    /// The agent has it, and begins.
    Taken {
        agent: String,
    },
    /// The agent works on it, and does this, in its own words.
    Working {
        agent: String,
        doing: Option<String>,
    },
    /// The agent was asked to stop; until then that is waited for.
    Stopping {
        agent: String,
        until: String,
    },
    /// What the agent says is compared with the forge.
    Checking {
        agent: Option<String>,
    },
    /// A person is needed.
    NeedsPerson {
        question: Question,
    },
    /// The next attempt begins then: `at 12:00 UTC`, or `now`.
    Pausing {
        until: String,
        is_repair: bool,
    },
    /// The machine of its agent is away; so long that is waited for.
    HostAway {
        agent: Option<String>,
        until: String,
    },
    /// The quota is used up until then.
    QuotaSpent {
        until: String,
    },
    /// The default branch is red.
    RedBranch,
    /// Whether the agent runs cannot be found out; until then it is looked for.
    Unclear {
        agent: String,
        run: Option<String>,
        branch: String,
        until: String,
    },
    /// Its result is on the forge.
    Delivered {
        agent: Option<String>,
        pull: Option<i64>,
    },
    /// Its change is verified, and the reviews of its crew are still to come.
    InReview {
        agent: Option<String>,
        pull: Option<i64>,
    },
    /// Its epic becomes what it proposed.
    Split,
    /// It reviewed this commit, and says this of it.
    Reviewed {
        agent: String,
        commit: String,
        opinion: Opinion,
    },
    /// It reviewed something, and somebody dismissed that.
    Dismissed {
        agent: Option<String>,
    },
    Merged {
        pull: Option<i64>,
        /// The agent whose account merged it, if one did.
        by_agent: Option<String>,
    },
    /// It was merged, and a commit took it back.
    Reverted {
        pull: Option<i64>,
        by: Option<String>,
    },
    NoChange,
    Cancelled {
        by: CancelledBy,
        may_run: bool,
    },
    Dead {
        reason: DeadReason,
    },
}

/// Who or what ended a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelledBy {
    /// A person, by login.
    Person(String),
    /// A person, by login, took its agent off.
    TakenOff(String),
    Rejection,
    /// A person, by login, closed its pull request.
    PullClosed {
        by: String,
        pull: i64,
    },
    /// The issue was closed, moved or deleted.
    IssueGone,
    /// The repository of a routine is watched no more.
    RepositoryGone,
    /// The pull request was merged before it was reviewed.
    PullMerged,
    /// Nobody knew whether it ran.
    Doubt,
    /// A person did not want it to begin, or to go on.
    Declined,
    /// Nobody said in time that it may.
    NotAllowed,
    /// Another ledger of the same account had it first.
    Elsewhere,
    /// It could not be said that it begins.
    Unannounced,
}

impl JobStanding {
    pub(super) fn of(record: &JobRecord, now: Timestamp, zone: &TimeZone) -> Self {
        let said = |at| moment(at, now, zone);
        let agent = || record.agent().map(str::to_owned);
        match &record.job.state {
            State::Queued(_) => {
                let agent = record.job.past.agent.clone();
                Self::Queued { agent, because: record.waits_for.clone() }
            }
            State::Preflight(preflight) => {
                Self::Taken { agent: preflight.leased.grant.agent.clone() }
            }
            State::Running(running) => working(record, &running.attempt, now, zone),
            State::Waiting(Waiting::Held(held)) => match (&held.attempt.stopping, held.by) {
                (Some(_), _) => working(record, &held.attempt, now, zone),
                (None, HeldBy::Host) => Self::HostAway { agent: agent(), until: said(held.until) },
                (None, HeldBy::Person) => Self::NeedsPerson { question: Question::Permission },
            },
            State::Uncertain(uncertain) => match &uncertain.attempt.stopping {
                Some(_) => working(record, &uncertain.attempt, now, zone),
                None => Self::Unclear {
                    agent: uncertain.attempt.leased.grant.agent.clone(),
                    run: run(record),
                    branch: branch(record, uncertain.attempt.leased.branch),
                    until: said(uncertain.until),
                },
            },
            State::Verifying(_) => Self::Checking { agent: agent() },
            State::Deciding(_) if record.in_review => {
                Self::InReview { agent: agent(), pull: record.job.past.pull }
            }
            State::Deciding(deciding) => Self::NeedsPerson { question: deciding.question },
            State::BackingOff(pause) => {
                let is_repair = matches!(pause.work, WorkKind::Repair(_));
                let until = match pause.until > now {
                    true => format!("at {}", said(pause.until)),
                    false => "now".to_owned(),
                };
                Self::Pausing { until, is_repair }
            }
            State::Waiting(Waiting::Start(_)) => Self::NeedsPerson { question: Question::Dispatch },
            State::Waiting(Waiting::Idle(idle)) => waiting(record, idle, &said),
            State::Done(Done::Verified | Done::Accepted) => {
                if let Some(review) = given(record) {
                    let (agent, commit) = (review.agent.clone(), short(&review.head));
                    return Self::Reviewed { agent, commit, opinion: review.opinion };
                }
                // What stands is told with a job that gives reviews.
                if record.job.spec.purpose.is_review() {
                    return Self::Dismissed { agent: agent() };
                }
                if record.job.spec.purpose == Purpose::Split {
                    return Self::Split;
                }
                let is_pull = matches!(record.job.spec.purpose, Purpose::Code | Purpose::Repair);
                let pull = record.job.past.pull.filter(|_| is_pull);
                Self::Delivered { agent: agent(), pull }
            }
            State::Done(Done::Merged) => {
                let Past { pull, merged_by, .. } = &record.job.past;
                Self::Merged { pull: *pull, by_agent: merged_by.clone() }
            }
            State::Done(Done::Reverted) => Self::Reverted {
                pull: record.job.past.pull,
                by: record.reverted().map(|(commit, _)| short(commit)),
            },
            State::NoChange => Self::NoChange,
            State::Cancelled(cancelled) => Self::Cancelled {
                by: CancelledBy::of(cancelled, record.job.spec.routine().is_some()),
                may_run: cancelled.agent == AgentStop::NotSeen,
            },
            State::Dead(reason) => Self::Dead { reason: *reason },
        }
    }
}

impl CancelledBy {
    fn of(cancelled: &Cancelled, is_routines: bool) -> Self {
        match &cancelled.reason {
            CancelReason::IssueGone if is_routines => Self::RepositoryGone,
            CancelReason::Person(login) => Self::Person(login.clone()),
            CancelReason::TakenOff(login) => Self::TakenOff(login.clone()),
            CancelReason::Rejected(_) => Self::Rejection,
            CancelReason::PullClosed { by, pull } => {
                Self::PullClosed { by: by.clone(), pull: *pull }
            }
            CancelReason::IssueGone => Self::IssueGone,
            CancelReason::PullMerged => Self::PullMerged,
            CancelReason::Uncertain => Self::Doubt,
            CancelReason::Declined => Self::Declined,
            CancelReason::NotAllowed => Self::NotAllowed,
            CancelReason::Elsewhere => Self::Elsewhere,
            CancelReason::Unannounced => Self::Unannounced,
        }
    }
}

/// The review that a job gave last, if it gives reviews.
fn given(record: &JobRecord) -> Option<&GivenReview> {
    record.reviews.last().filter(|_| record.job.spec.purpose.is_review())
}

fn working(record: &JobRecord, attempt: &Attempt, now: Timestamp, zone: &TimeZone) -> JobStanding {
    let agent = attempt.leased.grant.agent.clone();
    match (&attempt.stopping, attempt.phase) {
        (Some(stopping), _) => {
            JobStanding::Stopping { agent, until: awaited_until(stopping.until, now, zone) }
        }
        (None, Phase::Starting { .. }) => JobStanding::Taken { agent },
        (None, Phase::Working) => JobStanding::Working { agent, doing: record.doing.clone() },
    }
}

fn waiting(
    record: &JobRecord,
    idle: &IdleWait,
    said: &impl Fn(Timestamp) -> String,
) -> JobStanding {
    let until = said(idle.until);
    match idle.for_what {
        WaitReason::Host => {
            JobStanding::HostAway { agent: record.agent().map(str::to_owned), until }
        }
        WaitReason::Pool => JobStanding::QuotaSpent { until },
        WaitReason::Person => JobStanding::NeedsPerson { question: Question::Permission },
        WaitReason::GreenBranch => JobStanding::RedBranch,
    }
}

/// How the present attempt, or the last one, is called outside.
pub(super) fn run(record: &JobRecord) -> Option<String> {
    let attempt = record.started().last()?;
    Some(attempt.run.as_ref().map_or_else(|| attempt.key.clone(), |run| run.run.clone()))
}

/// What a branch of the job is called.
pub(super) fn branch(record: &JobRecord, number: u32) -> String {
    record.job.branch_numbered(number).to_string()
}

/// How long its present attempt has run.
pub(super) fn running_for(record: &JobRecord, now: Timestamp) -> Option<Duration> {
    record.job.state.attempt().map(|attempt| now.since(attempt.since))
}

/// Why an attempt is asked to stop is to be told as well.
pub(super) fn is_cancelling(record: &JobRecord) -> bool {
    let stopping = record.job.state.attempt().and_then(|attempt| attempt.stopping.as_ref());
    stopping.is_some_and(|stopping| matches!(stopping.then, Then::Cancel(_)))
}

/// How long something took, if it took any time.
pub(super) fn lasted(span: Option<Duration>) -> Option<String> {
    span.map(rounded)
}
