//! What a job went through, line by line.

use jiff::tz::TimeZone;

use super::words::short;
use crate::core::jobs::{
    Act, AgentClaim, CancelReason, Failure, JobEvent, JobRecord, JobStep, Origin, OutcomeDigest,
    PersonAnswer, Progress, Purpose, Pusher, ResultJudgement, State, Verdict,
};
use crate::core::model::time::Timestamp;

/// How many lines are told: the first and the latest.
const MOST: usize = 20;
const FIRST: usize = 4;

/// What happened at a moment. Foreign words in the text stand in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLogLine {
    pub at: String,
    pub text: String,
}

/// Whether what is told may repeat what an agent said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentWords {
    Shown,
    Withheld,
}

/// How a job began and the latest of what it went through.
pub(super) fn log(record: &JobRecord, zone: &TimeZone) -> Vec<JobLogLine> {
    timeline(record, zone, MOST, AgentWords::Shown)
}

/// The same in at most so many lines.
pub fn timeline(
    record: &JobRecord,
    zone: &TimeZone,
    most: usize,
    words: AgentWords,
) -> Vec<JobLogLine> {
    let purpose = record.job.spec.purpose;
    let begin = (record.created_at, begun(&record.job.spec.origin));
    let mut lines = vec![begin];
    let (mut is_live, mut permission, mut last) = (false, Permission::None, None);
    for (nth, (step, now)) in record.steps.iter().enumerate() {
        is_live = is_live_after(is_live, step);
        // Whoever says it twice wants it once.
        let is_retry = matches!(step, JobStep::Event(JobEvent::Retry(_)));
        if is_retry && last == Some(step) {
            continue;
        }
        last = Some(step);
        let next = record.steps.get(nth + 1);
        if next.is_some_and(|(next, at)| at.at == now.at && is_one_act(step, next)) {
            continue;
        }
        let before = permission;
        permission = before.after(step);
        let text = match words {
            AgentWords::Withheld if gives_its_words(step) => Some("it failed".to_owned()),
            _ if before == Permission::Asked && is_denied(step) => {
                Some("a person denied it".to_owned())
            }
            _ if before == Permission::Answered && has_to_ask(step) => {
                Some("it ended, and the next attempt has the answer".to_owned())
            }
            _ => told(step, is_live, purpose),
        };
        lines.extend(text.map(|text| (now.at, text)));
    }
    if let (Some(at), Some(doing), State::Running(_), AgentWords::Shown) =
        (record.seen_at, &record.doing, &record.job.state, words)
    {
        // What it did last may be older than what happened since.
        let place = lines.iter().rposition(|(line, _)| *line <= at).map_or(0, |place| place + 1);
        lines.insert(place, (at, foreign(doing)));
    }
    let days = lines.first().map(|(at, _)| at.zoned(zone).date());
    let is_one_day = lines.iter().all(|(at, _)| Some(at.zoned(zone).date()) == days);
    let form = if is_one_day { "%H:%M:%S" } else { "%-d %b, %H:%M:%S" };
    let line = |(at, text): (Timestamp, String)| JobLogLine {
        at: at.zoned(zone).strftime(form).to_string(),
        text,
    };
    let mut told: Vec<JobLogLine> = lines.into_iter().map(line).collect();
    if told.len() > most {
        let left_out = FIRST..told.len() - most.saturating_sub(FIRST + 1);
        let gap = JobLogLine {
            at: "…".to_owned(),
            text: format!("{} lines are left out here", left_out.len()),
        };
        told.splice(left_out, [gap]);
    }
    told
}

/// How it stands with what an attempt asks a person to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    None,
    Asked,
    /// A person answered, and neither the attempt heard that nor another one began since.
    Answered,
}

impl Permission {
    fn after(self, step: &JobStep) -> Self {
        match (self, step) {
            (_, JobStep::Event(JobEvent::Attempt(_, Progress::Asks))) => Self::Asked,
            (Self::Asked, JobStep::Event(JobEvent::Decided(..))) => Self::Answered,
            // It goes on with that: what it asks next is something else.
            (Self::Answered, JobStep::Event(JobEvent::Attempt(_, Progress::Answered))) => {
                Self::None
            }
            (_, JobStep::Event(JobEvent::Decided(..) | JobEvent::Judged(_)) | JobStep::Act(_)) => {
                Self::None
            }
            (before, JobStep::Event(_)) => before,
        }
    }
}

/// Whether an attempt ended since it cannot go on without a person.
fn has_to_ask(step: &JobStep) -> bool {
    let JobStep::Event(JobEvent::Attempt(_, Progress::Failed { failure, .. })) = step else {
        return false;
    };
    matches!(failure, Failure::NeedsAnswer)
}

/// Whether an answer to that allows it not: other words than a yes say what to do instead.
fn is_denied(step: &JobStep) -> bool {
    let answer = match step {
        JobStep::Event(JobEvent::Decided(_, answer)) => answer,
        JobStep::Event(_) | JobStep::Act(_) => return false,
    };
    matches!(answer, PersonAnswer::No(_) | PersonAnswer::Revise)
}

/// Whether the answer to a question follows what is told with it.
fn is_one_act(step: &JobStep, next: &JobStep) -> bool {
    matches!(step, JobStep::Event(JobEvent::Told(_)))
        && matches!(next, JobStep::Event(JobEvent::Decided(_, PersonAnswer::Revise)))
}

/// Whether an agent says itself why it failed.
fn gives_its_words(step: &JobStep) -> bool {
    let JobStep::Event(JobEvent::Attempt(_, Progress::Failed { failure, .. })) = step else {
        return false;
    };
    matches!(failure, Failure::Agent(_))
}

/// Words of others, that they may stand in a sentence.
pub(super) fn foreign(words: &str) -> String {
    match words.matches('`').count().is_multiple_of(2) {
        true => words.to_owned(),
        false => words.replace('`', "'"),
    }
}

/// Why an attempt failed, in its agent's words: without what tells failures from other outcomes.
pub(super) fn reason(how: &OutcomeDigest) -> String {
    foreign(how.0.strip_prefix("gave up: ").unwrap_or(&how.0))
}

fn begun(origin: &Origin) -> String {
    match origin {
        Origin::Person(login) => format!("asked by {login}"),
        Origin::Match => "matched by me".to_owned(),
        Origin::Routine => "a date of its routine".to_owned(),
    }
}

/// Whether an attempt may run after a step.
fn is_live_after(was_live: bool, step: &JobStep) -> bool {
    match step {
        JobStep::Act(Act::Lease(_) | Act::Start(_)) => true,
        JobStep::Event(JobEvent::Attempt(_, progress)) => was_live && !progress.is_end(),
        JobStep::Act(Act::Propose(_)) | JobStep::Event(_) => was_live,
    }
}

fn told(step: &JobStep, is_live: bool, purpose: Purpose) -> Option<String> {
    Some(match step {
        JobStep::Act(Act::Propose(proposal)) => {
            format!("a person is asked whether `{}` may begin", proposal.terms.agent)
        }
        JobStep::Act(Act::Lease(terms)) => format!("given to `{}`", terms.agent),
        JobStep::Act(Act::Start(_)) => "preflight passed".to_owned(),
        JobStep::Event(event) => return event_told(event, is_live, purpose),
    })
}

fn event_told(event: &JobEvent, is_live: bool, purpose: Purpose) -> Option<String> {
    Some(match event {
        JobEvent::Attempt(_, progress) => return progress_told(progress, purpose),
        JobEvent::Due if is_live => "its time was over".to_owned(),
        // What follows says so.
        JobEvent::Due => return None,
        JobEvent::Ready => "what it waited for is there".to_owned(),
        JobEvent::Judged(judgement) => judged(judgement, purpose),
        JobEvent::Pushed(push) => {
            let who = match push.by {
                Pusher::Agent => "its agent",
                Pusher::Known => "a person",
                Pusher::Unknown => "nobody who can be named",
            };
            format!("`{}` was pushed by {who}", short(&push.commit))
        }
        JobEvent::Merged(merge) => {
            let by =
                merge.by_agent.as_ref().map(|agent| format!(" by `{}` itself", foreign(agent)));
            format!("merged as `{}`{}", short(&merge.commit), by.unwrap_or_default())
        }
        JobEvent::Reverted(commit) => format!("reverted by `{}`", short(commit)),
        JobEvent::NotMerged(_) => "it could not be merged".to_owned(),
        JobEvent::Decided(_, PersonAnswer::Yes) => "a person said yes".to_owned(),
        JobEvent::Decided(_, PersonAnswer::No(_)) => "a person said no".to_owned(),
        JobEvent::Decided(_, PersonAnswer::Revise) => "a person asked for a change".to_owned(),
        JobEvent::AskAgain(_) => "asked anew".to_owned(),
        JobEvent::Recheck => "to be looked at again".to_owned(),
        JobEvent::Lifted => "a person let pass what was found".to_owned(),
        JobEvent::Told(_) => "a person said something to its agent".to_owned(),
        JobEvent::Reviewed(text) => match &text.by {
            Some(by) => format!("a review by `{}` asks for changes", foreign(by)),
            None => "a review asks for changes".to_owned(),
        },
        JobEvent::Dismissed(_) => {
            "a review that asked for changes was dismissed, or is gone".to_owned()
        }
        JobEvent::Cancel(CancelReason::Person(login)) => format!("cancelled by {login}"),
        JobEvent::Cancel(CancelReason::TakenOff(login)) if purpose.is_review() => {
            format!("cancelled by {login}, who asks for this review no longer")
        }
        JobEvent::Cancel(CancelReason::TakenOff(login)) => {
            format!("cancelled by {login}, who took its agent off")
        }
        JobEvent::Cancel(CancelReason::PullClosed { by, pull }) => {
            format!("cancelled by {by}: `#{pull}` was closed unmerged")
        }
        JobEvent::Cancel(CancelReason::Rejected(_)) => "its pull request was closed".to_owned(),
        JobEvent::Cancel(CancelReason::IssueGone) => "what it is about is gone".to_owned(),
        JobEvent::Cancel(CancelReason::PullMerged) => "the pull request was merged".to_owned(),
        JobEvent::Cancel(_) => "cancelled".to_owned(),
        JobEvent::Retry(Some(agent)) => format!("once more, by `{agent}`"),
        JobEvent::Retry(None) => "once more".to_owned(),
        JobEvent::Restored => "I was restored from a copy".to_owned(),
        JobEvent::Refund(_) => return None,
    })
}

fn progress_told(progress: &Progress, purpose: Purpose) -> Option<String> {
    Some(match progress {
        Progress::NeverRan(why) => format!("it did not begin: {}", why.said()),
        Progress::Accepted => "accepted".to_owned(),
        Progress::Alive | Progress::Answered => return None,
        Progress::Heard(_) => "it read what was said to it".to_owned(),
        Progress::Asks => "it asks for a permission".to_owned(),
        Progress::HostAway => "its host is away".to_owned(),
        Progress::HostBack => "its host is back".to_owned(),
        Progress::Ended { claim: AgentClaim::Nothing, .. } => {
            "it ended, and said nothing that I understand".to_owned()
        }
        Progress::Ended { claim, .. } => match (purpose.proposes(), claim) {
            (Some(what), AgentClaim::Comment) => {
                format!("it ended, and what it says is read as a {what}")
            }
            _ => format!("it ended, and claims {}", claim.said()),
        },
        Progress::Failed { failure, .. } => match failure {
            Failure::Agent(how) => format!("it failed: {}", reason(how)),
            Failure::BadRequest => "it does not understand what is asked".to_owned(),
            Failure::PoolSpent { .. } => "its quota ran out".to_owned(),
            Failure::Unable(why) => format!("it had to end: {}", why.said()),
            Failure::NeverBegan(why) => format!("it never began: {}", why.said()),
            Failure::NeedsAnswer => "it ended to ask a person".to_owned(),
        },
        Progress::Stopped { .. } => "it stopped".to_owned(),
        Progress::Lost => "it is lost: its gateway knows nothing of it".to_owned(),
        Progress::Unclear => "whether it runs cannot be found out".to_owned(),
        Progress::CutOff { .. } => "my own stop cut it off".to_owned(),
    })
}

fn judged(judgement: &ResultJudgement, purpose: Purpose) -> String {
    let commit = judgement.commit.as_ref().map(short);
    match (judgement.verdict, purpose.proposes()) {
        (Verdict::Pass { .. }, Some(what)) => return format!("the {what} stands"),
        (Verdict::Block, Some(what)) => return format!("the {what} was given back"),
        _ => {}
    }
    match (judgement.verdict, commit) {
        (Verdict::Pass { .. }, Some(commit)) => format!("verified on `{commit}`"),
        (Verdict::Pass { .. }, None) => "verified".to_owned(),
        (Verdict::NoChange { .. }, _) => "no change was needed".to_owned(),
        (Verdict::Ask, _) => "a person has to look".to_owned(),
        (Verdict::Block, _) => "blocked by what was found".to_owned(),
        (Verdict::Stuck, _) => "it cannot go on without a person".to_owned(),
        (Verdict::HeadMoved, _) => "the head moved meanwhile".to_owned(),
        (Verdict::Unfit, _) => "it does not stand as a review".to_owned(),
        (Verdict::Nothing, _) => "nothing of it is on the forge".to_owned(),
    }
}
