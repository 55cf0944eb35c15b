//! What is told in a comment of its own: what came of a job, and what nobody should miss meanwhile.
//! Edits of a card notify nobody.

use std::collections::BTreeSet;

use askama::Template;
use jiff::tz::TimeZone;
use url::Url;

use super::findings::{
    CheckLine, blocked, checks, checks_of_words, guards_of, sentences, shown_by,
};
use super::let_pass::LetPassView;
use super::log::reason;
use super::standing::{CancelledBy, JobStanding, branch};
use super::unheard::UnheardView;
use super::view::{JobView, tried};
use super::words::{moment, short, usd};
use crate::core::guards::CheckLink;
use crate::core::jobs::evidence::{Finding, Grade};
use crate::core::jobs::{
    AgentClaim, AttemptEnd, AttemptRecord, AttemptResult, Course, Deciding, Done, GivenReview, Job,
    JobEvent, JobRecord, JobStep, Late, LeftBranch, Purpose, Question, ReviewFollowUp, RunHandle,
    Sequel, State, Verdict, WorkKind,
};
use crate::core::model::time::{Timestamp, rounded};
use crate::core::reply::filters::{self, Name};

/// How many red checks are shown one by one, and how much of their logs.
const MOST_RED_CHECKS: usize = 3;
const MOST_LOG_LINES: usize = 20;

/// What is told of a job in a comment of its own.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(ext = "md")]
pub enum JobOutcome {
    /// What it was to bring is on the forge.
    #[template(path = "job/done.md")]
    Done {
        view: Box<JobView>,
        is_comment: bool,
        /// timmy wrote that for its agent.
        is_posted_for: bool,
        commit: Option<String>,
        let_pass: LetPassView,
        /// What its agent was told and did not hear.
        unheard: Vec<UnheardView>,
        checks: Vec<CheckLine>,
    },
    /// It reviewed something, and somebody should know more of that than what it says itself.
    #[template(path = "job/reviewed.md")]
    Reviewed { review: Box<GivenReview>, found: Vec<String> },
    /// Somebody merged what it brought while an agent still worked on it.
    #[template(path = "job/merged.md")]
    Merged { pull: Option<i64>, by_agent: Option<String> },
    #[template(path = "job/no_change.md")]
    NoChange {
        view: Box<JobView>,
        agent: Option<String>,
        /// What it cites that is there, and what is to be told beside.
        shown_by: Vec<String>,
        found: Vec<String>,
    },
    /// Nothing more is tried.
    #[template(path = "job/dead.md")]
    Dead {
        view: Box<JobView>,
        /// Whether it was to review what others work on, which is not given up with it.
        is_review: bool,
        tried: Option<String>,
        attempts: Vec<AttemptLine>,
        left: LeftResult,
        found: Vec<String>,
    },
    /// What was merged was taken back, by this commit. `is_adopted`: the thread is what was merged.
    #[template(path = "job/reverted.md")]
    Reverted { pull: Option<i64>, by: Option<String>, is_adopted: bool },
    /// Nobody said yes in time.
    #[template(path = "job/not_allowed.md")]
    NotAllowed { what: Unallowed, pull: Option<i64>, retry: String },
    /// Nobody could find out whether its attempt ran.
    #[template(path = "job/doubt.md")]
    Doubt {
        agent: Option<String>,
        branch: String,
        /// How its agent calls the attempt, if it ever said so, and how timmy does.
        run: Option<RunHandle>,
        key: Option<String>,
        retry: String,
    },
    /// An agent says that it did what the forge does not show, or not so; it is tried again.
    #[template(path = "job/claimed.md")]
    Claimed {
        agent: String,
        claim: String,
        branch: Option<String>,
        found: Vec<String>,
        /// What blocks, if nothing but guards speaks against it, and how many of them do.
        blocked: Vec<CheckLine>,
        guards: usize,
        /// Whether they look at a commit, on which a person may lift one.
        can_be_lifted: bool,
        /// The checks that are red among that.
        red_checks: Vec<RedCheck>,
        next: NextTry,
        until: String,
    },
}

/// A red check, as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedCheck {
    pub context: String,
    /// Where more of it stands, if that is an address.
    pub address: Option<Url>,
    /// The last lines of its log, where it was read.
    pub log: Vec<String>,
}

impl RedCheck {
    fn of(link: &CheckLink) -> Self {
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        let log = link.log.iter().flat_map(|log| log.last_lines(MOST_LOG_LINES));
        Self {
            context: link.context.clone(),
            address: link.url.parse().ok().filter(is_web),
            log: log.map(str::to_owned).collect(),
        }
    }
}

/// What there is of a job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftResult {
    Nothing,
    /// What was claimed last, and is not there.
    Claim(String),
    /// A pull request, and the guards that block it.
    Pull {
        number: i64,
        blocked_by: BTreeSet<String>,
    },
}

impl LeftResult {
    fn of(record: &JobRecord) -> Self {
        let claim = || record.last_claim().and_then(claimed);
        match (record.job.past.pull, record.last_verdict()) {
            (Some(number), Some(_)) => {
                let mut found = record.attempts.iter().rev().map(|attempt| &attempt.findings);
                let found = found.find_map(Option::as_deref).unwrap_or_default();
                let blocked_by = guards_of(found, Grade::Block).map(str::to_owned).collect();
                Self::Pull { number, blocked_by }
            }
            (None, Some(Verdict::Nothing)) => claim().map_or(Self::Nothing, Self::Claim),
            (_, _) => Self::Nothing,
        }
    }
}

/// What nobody allowed in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unallowed {
    /// That it begins.
    Start,
    /// That it goes on: it costs more than it may, or what was shown is not so any more.
    GoingOn,
    /// The plan of a crew.
    Plan,
    /// The issues that an epic would become.
    Split,
}

impl Unallowed {
    /// `before`: the job as it waited for that.
    fn of(before: &Job, record: &JobRecord) -> Self {
        match &before.state {
            State::Deciding(Deciding { question: Question::Plan, .. }) => Self::Plan,
            State::Deciding(Deciding { question: Question::Split, .. }) => Self::Split,
            _ if record.started().next().is_some() => Self::GoingOn,
            _ => Self::Start,
        }
    }
}

/// What follows a claim that was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// Nothing of it is there: another attempt.
    Attempt { number: u32, of: u32 },
    /// Something is there, and has to be mended: a round of repair.
    Round { number: u32, of: u32 },
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
        (true, true) if before.state != after.state => reverted(record),
        (true, _) => None,
        // Whoever decided it was answered.
        (false, true) if matches!(step, JobStep::Event(JobEvent::Decided(..))) => None,
        (false, true) => ended(before, record, now, zone),
        (false, false) => meanwhile(record, step, now, zone),
    }
}

/// Edits of a card notify nobody, and this is no card's business any more.
fn reverted(record: &JobRecord) -> Option<JobOutcome> {
    let job = &record.job;
    (job.state == State::Done(Done::Reverted)).then(|| JobOutcome::Reverted {
        pull: job.past.pull,
        by: record.reverted().map(|(commit, _)| short(commit)),
        is_adopted: job.spec.adopts.is_some() || job.spec.routine().is_some(),
    })
}

fn ended(before: &Job, record: &JobRecord, now: Timestamp, zone: &TimeZone) -> Option<JobOutcome> {
    let view = Box::new(JobView::of(record, now, zone));
    let job = &record.job;
    let agent = record.agent().map(str::to_owned);
    let found = record.findings().unwrap_or_default();
    let on = branch(record, job.past.branch);
    Some(match view.standing {
        JobStanding::Delivered { .. } => JobOutcome::Done {
            view,
            is_comment: matches!(job.spec.purpose, Purpose::Research | Purpose::Ops),
            is_posted_for: found.contains(&Finding::PostedByTimmy),
            commit: job.past.commit.as_ref().map(short),
            let_pass: LetPassView::of(record),
            unheard: UnheardView::all(record),
            checks: match job.spec.purpose {
                Purpose::Research | Purpose::Ops => checks_of_words(record, &on),
                _ => checks(record, &on),
            },
        },
        JobStanding::Reviewed { .. } => {
            let review = Box::new(record.reviews.last()?.clone());
            let told = found.iter().filter(|finding| !is_told_by_review(finding));
            let found = sentences(told, &on);
            let is_plain = match review.follow_up {
                ReviewFollowUp::Nothing | ReviewFollowUp::Told(_) => found.is_empty(),
                ReviewFollowUp::Offered | ReviewFollowUp::ByPeople => false,
            };
            // The review stands there, and whoever mends it tells the rest.
            if is_plain {
                return None;
            }
            JobOutcome::Reviewed { review, found }
        }
        JobStanding::Merged { pull, by_agent } => JobOutcome::Merged { pull, by_agent },
        JobStanding::NoChange => JobOutcome::NoChange {
            view,
            agent,
            shown_by: record
                .findings()
                .map_or_else(Vec::new, |found| shown_by(record.last_claim(), found)),
            found: sentences(found, &on),
        },
        JobStanding::Dead { .. } => JobOutcome::Dead {
            is_review: job.spec.purpose.is_review(),
            tried: tried(view.tries, view.purpose),
            attempts: attempt_lines(record),
            left: LeftResult::of(record),
            found: sentences(found, &on),
            view,
        },
        JobStanding::Cancelled { by: CancelledBy::NotAllowed, .. } => {
            let what = Unallowed::of(before, record);
            JobOutcome::NotAllowed { what, pull: job.past.pull, retry: view.retry() }
        }
        JobStanding::Cancelled { by: CancelledBy::Doubt, .. } => {
            let number = job.past.last.as_ref().map_or(job.past.branch, |last| last.branch);
            let attempt = record.started().last();
            JobOutcome::Doubt {
                agent,
                branch: branch(record, number),
                run: attempt.and_then(|attempt| attempt.run.clone()),
                key: attempt.map(|attempt| attempt.key.clone()),
                retry: view.retry(),
            }
        }
        // Whoever did it was answered, or sees what they did.
        _ => return None,
    })
}

/// Whether a review shows by itself what was found of it.
fn is_told_by_review(finding: &Finding) -> bool {
    matches!(finding, Finding::PostedByTimmy | Finding::NoResultLine)
}

fn meanwhile(
    record: &JobRecord,
    step: &JobStep,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<JobOutcome> {
    let job = &record.job;
    let on = branch(record, job.past.branch);
    let judged = match step {
        JobStep::Event(JobEvent::Judged(judgement)) => Some(judgement.verdict),
        JobStep::Event(_) | JobStep::Act(_) => None,
    };
    let found = record.findings().filter(|_| judged.is_some()).unwrap_or_default();
    match (&job.state, judged) {
        (State::BackingOff(pause), Some(verdict)) => {
            let next = match (verdict, pause.work) {
                (Verdict::Nothing, _) => {
                    NextTry::Attempt { number: job.attempt_number(), of: job.spec.limits.attempts }
                }
                // It is good as it is: who wants it otherwise said so.
                (Verdict::Pass { .. }, _) => return None,
                (_, WorkKind::Repair(number)) if !found.is_empty() => {
                    NextTry::Round { number, of: job.past.rounds_allowed }
                }
                _ => return None,
            };
            Some(JobOutcome::Claimed {
                agent: record.agent()?.to_owned(),
                claim: record.last_claim().and_then(claimed)?,
                branch: JobView::of(record, now, zone).branch,
                found: sentences(found, &on),
                guards: guards_of(found, Grade::Block).collect::<BTreeSet<_>>().len(),
                can_be_lifted: job.spec.purpose.is_change(),
                red_checks: red_checks(found),
                blocked: blocked(found, &on),
                next,
                until: moment(pause.until, now, zone),
            })
        }
        _ => None,
    }
}

fn red_checks(found: &[Finding]) -> Vec<RedCheck> {
    let red = found.iter().filter_map(Finding::red_check).take(MOST_RED_CHECKS);
    red.map(RedCheck::of).collect()
}

/// What an agent claims, if it claims to have done something.
fn claimed(claim: &AgentClaim) -> Option<String> {
    match claim {
        AgentClaim::PullRequest { .. }
        | AgentClaim::Comment
        | AgentClaim::Review(_)
        | AgentClaim::NoChange { .. } => Some(claim.said()),
        AgentClaim::Blocked | AgentClaim::Nothing => None,
    }
}

fn attempt_lines(record: &JobRecord) -> Vec<AttemptLine> {
    let course = Course::of(record);
    let of = |attempt: &AttemptRecord| {
        let failure = record.failure(attempt.fence).map(reason);
        line(attempt, course.result(attempt.fence), failure)
    };
    record.attempts.iter().map(of).collect()
}

fn line(
    attempt: &AttemptRecord,
    result: Option<&AttemptResult>,
    failure: Option<String>,
) -> AttemptLine {
    let ran = attempt.started_at.zip(attempt.ended);
    AttemptLine {
        agent: attempt.agent.clone(),
        took: ran.map(|(from, (until, _))| rounded(until.since(from))),
        usd: usd(attempt.charge.spent.micro_usd),
        how: match (attempt.ended, result) {
            (None, _) => "runs".to_owned(),
            (Some((_, AttemptEnd::Ended)), Some(result)) => came_of(attempt, result),
            (Some((_, end @ AttemptEnd::Failed)), _) => match failure {
                Some(why) => format!("{}: {why}", end.said()),
                None => end.said(),
            },
            (Some((_, end)), _) => end.said(),
        },
    }
}

/// What came of what an attempt brought.
fn came_of(attempt: &AttemptRecord, AttemptResult { verdict, sequel }: &AttemptResult) -> String {
    let found = attempt.findings.as_deref().unwrap_or_default();
    let judged = match verdict {
        Verdict::Pass { .. } => "verified".to_owned(),
        Verdict::NoChange { .. } => "no change was needed".to_owned(),
        Verdict::Ask => "a person had to look".to_owned(),
        Verdict::Stuck => "could not go on without a person".to_owned(),
        Verdict::Nothing => "nothing of it was here".to_owned(),
        Verdict::HeadMoved => "the head moved meanwhile".to_owned(),
        Verdict::Unfit => "a review that does not stand".to_owned(),
        Verdict::Block => {
            let guards: BTreeSet<&str> = guards_of(found, Grade::Block).collect();
            let guards: Vec<String> = guards.iter().map(|guard| format!("`{guard}`")).collect();
            match guards.is_empty() {
                true => "blocked by what was found".to_owned(),
                false => format!("blocked by {}", guards.join(", ")),
            }
        }
    };
    let then = match sequel {
        None => return judged,
        Some(Sequel::WantedOtherwise) => "a person wanted it otherwise".to_owned(),
        Some(Sequel::Rejected) => "rejected".to_owned(),
        Some(Sequel::Answered) => "answered".to_owned(),
        Some(Sequel::NotMerged) => "could not be merged".to_owned(),
        Some(Sequel::Merged) => "merged".to_owned(),
        Some(Sequel::Reverted(commit)) => format!("merged, reverted by `{}`", short(commit)),
    };
    format!("{judged}; {then}")
}

/// What was pushed outside of any attempt: it is one fact, by its commit.
pub fn late(job: &Job, late: &Late, name: &str) -> String {
    let branch = job.branch_numbered(late.branch).to_string();
    let page = LatePush { branch, commit: short(&late.commit) };
    let text = page.render_with_values(&Name(name.to_owned()));
    text.expect("a String takes everything, and the name is told").trim().to_owned()
}

/// What is said in the pull requests that `pull` took the place of.
pub fn superseded(record: &JobRecord, pull: i64) -> String {
    let mut left = Course::of(record).left;
    left.dedup();
    let why = left.pop().filter(|_| left.is_empty());
    let page = Superseded { pull, why }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "job/superseded.md")]
struct Superseded {
    pull: i64,
    /// Why what is there was left; none if that is not the same of all.
    why: Option<LeftBranch>,
}

#[derive(Template)]
#[template(path = "job/late.md")]
struct LatePush {
    branch: String,
    commit: String,
}
