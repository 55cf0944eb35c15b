//! What an attempt is told: of its thread, of what is wrong with what there is, of what came before;
//! and where it begins.

use super::base::Base;
use super::drivers::{JobOrder, OrderSubject};
use crate::core::guards::{CheckLink, GuardName};
use crate::core::jobs::evidence::{Finding, Grade, read_result};
use crate::core::jobs::{AgentClaim, AttemptEnd, AttemptResult, Job, Sequel, Verdict, WorkKind};
use crate::core::model::issue::Issue;
use crate::core::prompt::{AskedPermission, PromptSubject, PromptThread};
use crate::engine::context::WorksBy;
use crate::store::jobs::StoredAttempt;
use crate::store::permissions::PermissionSaid;

/// What an agent is told of an issue.
pub(super) fn told_thread(issue: &Issue) -> PromptThread {
    let Issue { number, title, body, .. } = issue.clone();
    PromptThread { number, title, body }
}

/// What an agent is told of what it is about.
pub(super) fn told_subject(about: &OrderSubject) -> PromptSubject {
    match about {
        OrderSubject::Issue(issue) => PromptSubject::Thread(told_thread(issue)),
        OrderSubject::Routine(run) => {
            PromptSubject::Routine { name: run.routine.clone(), text: run.prompt.clone() }
        }
    }
}

/// Whether the attempt that the job holds is to be a round of repair.
fn is_round(job: &Job) -> bool {
    job.state.leased().is_some_and(|leased| leased.work != WorkKind::Begin)
}

/// Where an attempt begins. A round whose branch was left, since the lost attempt before it may still
/// push there, begins at what is to be repaired. An agent with timmy's tools sees no other commit
/// than the one that it begins at: where the branch is its own that is what it brought, and a new
/// branch is begun at the head of the base branch. A clone that timmy makes begins at what is to be
/// repaired, whichever branch that is on.
pub(super) fn begin_of(job: &Job, base: Base, works_by: WorksBy) -> Base {
    let has_left = job.past.branch > 1 && job.past.pull.is_none();
    let at_delivered = match works_by {
        WorksBy::Pushing => has_left,
        WorksBy::Tools => !has_left,
        WorksBy::Clone => true,
    };
    match &job.past.commit {
        Some(delivered) if is_round(job) && at_delivered => {
            Base { head: delivered.clone(), ..base }
        }
        _ => base,
    }
}

/// What is wrong with what there is, for a repair, or for whoever goes on with a pull request.
pub(super) fn faults(order: &JobOrder) -> Vec<String> {
    let branch = order.branch.to_string();
    to_mend(order).into_iter().map(|finding| fault(finding, &branch)).collect()
}

/// A script may say nothing but that it failed: which one it was is told as well.
fn fault(finding: &Finding, branch: &str) -> String {
    let said = finding.said(branch);
    match finding {
        Finding::Guard(found) if !GuardName::is_built_in(found.guard.as_str()) => {
            format!("The guard {} speaks against it. {said}", found.guard)
        }
        _ => said,
    }
}

/// The checks that are red among that.
pub(super) fn red_checks(order: &JobOrder) -> Vec<CheckLink> {
    to_mend(order).into_iter().filter_map(Finding::red_check).cloned().collect()
}

fn to_mend(order: &JobOrder) -> Vec<&Finding> {
    let job = &order.job;
    if !is_round(job) && job.past.pull.is_none() {
        return Vec::new();
    }
    // Of an attempt that brought nothing more, what is wrong was found before.
    let is_to_mend = |finding: &&Finding| matches!(finding.grade(), Grade::Ask | Grade::Block);
    let mut found = order.earlier.iter().rev().map(|attempt| {
        attempt.findings.iter().flatten().filter(is_to_mend).collect::<Vec<&Finding>>()
    });
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// What an agent asked to do, and whether it may.
pub(super) fn permission((asks, said): &(String, PermissionSaid)) -> AskedPermission {
    let asks = asks.clone();
    AskedPermission { asks, is_allowed: matches!(said, PermissionSaid::Allowed(_)) }
}

/// What came of the attempts before, in words; nothing of those that never ran.
pub(super) fn earlier(order: &JobOrder) -> Vec<String> {
    let JobOrder { earlier, course, .. } = order;
    earlier.iter().filter_map(|attempt| came_of(attempt, course.result(attempt.fence))).collect()
}

fn came_of(attempt: &StoredAttempt, result: Option<&AttemptResult>) -> Option<String> {
    let (_, end) = attempt.ended?;
    let what = match end {
        AttemptEnd::Ended => match result {
            Some(AttemptResult { verdict: Verdict::Nothing, sequel: None }) => {
                left_nothing(attempt).to_owned()
            }
            Some(result) => of_result(attempt, result),
            None if attempt.left == Some(false) => left_nothing(attempt).to_owned(),
            None => "ended, and nobody looked at what it brought".to_owned(),
        },
        AttemptEnd::Failed => failed(attempt),
        AttemptEnd::TimedOut(_) => "took too long".to_owned(),
        AttemptEnd::Stopped | AttemptEnd::CutOff => "was stopped".to_owned(),
        AttemptEnd::Lost | AttemptEnd::Uncertain => {
            "was lost: it may still push to its own branch".to_owned()
        }
        AttemptEnd::Asked => "had to ask a person".to_owned(),
        AttemptEnd::NeverRan(_) => return None,
    };
    Some(format!("{} {what}", attempt.agent))
}

const LEFT_NOTHING: &str = "said that it was done and left nothing";

/// How much of an agent's reason the next one is told, in characters.
const LONGEST_REASON: usize = 1000;

/// Whoever goes on should not fail in the same way.
fn failed(attempt: &StoredAttempt) -> String {
    let reason = attempt.said.as_deref().map(str::trim).filter(|said| !said.is_empty());
    reason.map_or_else(
        || "failed".to_owned(),
        |reason| format!("failed: {}", reason.chars().take(LONGEST_REASON).collect::<String>()),
    )
}

fn left_nothing(attempt: &StoredAttempt) -> &'static str {
    let claim = read_result(attempt.said.as_deref().unwrap_or_default()).claim;
    if claim == AgentClaim::Nothing {
        return "ended without a result line that can be read, and left nothing";
    }
    LEFT_NOTHING
}

/// What it asked is told with that: an answer alone says little to whoever asked nothing.
fn stuck(attempt: &StoredAttempt) -> String {
    let asked = read_result(attempt.said.as_deref().unwrap_or_default()).summary;
    match asked.is_empty() {
        true => "said that it could not go on without a person".to_owned(),
        false => format!("could not go on without a person, and said: {asked}"),
    }
}

fn of_result(attempt: &StoredAttempt, AttemptResult { verdict, sequel }: &AttemptResult) -> String {
    let stuck = stuck(attempt);
    let brought = match verdict {
        Verdict::Pass { .. } => "brought a result that passed all checks",
        Verdict::Ask => "brought something that a person had to look at",
        Verdict::NoChange { .. } => "said that nothing has to change",
        Verdict::Block => "brought something that was not good enough",
        Verdict::Stuck => stuck.as_str(),
        Verdict::Nothing => LEFT_NOTHING,
        Verdict::Unfit => "gave a review that does not stand",
        Verdict::HeadMoved => "reviewed a commit that was the head no more when it ended",
    };
    let then = match sequel {
        None => return brought.to_owned(),
        Some(Sequel::WantedOtherwise) => "a person wanted it otherwise".to_owned(),
        Some(Sequel::Rejected) => "a person rejected it".to_owned(),
        Some(Sequel::Answered) => "a person answered".to_owned(),
        Some(Sequel::NotMerged) => "it could not be merged".to_owned(),
        Some(Sequel::Merged) => "it was merged".to_owned(),
        Some(Sequel::Reverted(commit)) => {
            format!("it was merged, and reverted since, by commit {commit}")
        }
    };
    format!("{brought}; {then}")
}
