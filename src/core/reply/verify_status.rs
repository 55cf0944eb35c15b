//! What timmy says of the commit of a job, for branch protection and whoever looks at it there.

use std::collections::BTreeSet;

use super::jobs::guards_of;
use crate::core::effect::defuse::short;
use crate::core::effect::{Effect, Keyed, SetStatus};
use crate::core::guards::{ExaminedChange, GuardCount, OWN_CONTEXT};
use crate::core::jobs::evidence::Grade;
use crate::core::jobs::{
    Deciding, JobEvent, JobRecord, JobStep, Purpose, Question, ResultJudgement, State, Verdict,
};
use crate::core::model::commit_status::{CheckState, SaidOfCommit};
use crate::core::model::ids::ThreadId;

/// How many guards are named: Gitea shows some 80 characters.
const MOST_NAMED: usize = 4;

/// The longest that such a status says.
const LONGEST: usize = 139;

/// The status that `step` gives the commit which it judges, if that stands in a pull request.
/// `key`: what it is called.
pub(super) fn verify_status(record: &JobRecord, step: &JobStep, key: String) -> Option<Keyed> {
    let JobStep::Event(JobEvent::Judged(ResultJudgement { commit, verdict, .. })) = step else {
        return None;
    };
    let job = &record.job;
    match job.spec.purpose {
        Purpose::Code | Purpose::Repair => {}
        Purpose::Review | Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => {
            return None;
        }
    }
    let (commit, number) = (commit.clone()?, job.past.pull?);
    let (state, description) = says(record, *verdict)?;
    let thread = ThreadId { number, repo: job.spec.repo() };
    // Where it says more is known where it is sent: repositories get other names.
    let target_url = String::new();
    let says = SaidOfCommit { context: OWN_CONTEXT.to_owned(), state, description, target_url };
    Some(Keyed { key, thread, effect: Effect::Status(SetStatus { commit, says }) })
}

fn says(record: &JobRecord, verdict: Verdict) -> Option<(CheckState, String)> {
    Some(match verdict {
        Verdict::NoChange { .. } | Verdict::Nothing | Verdict::HeadMoved | Verdict::Unfit => {
            return None;
        }
        Verdict::Stuck => {
            (CheckState::Failure, "The agent cannot go on without a person.".to_owned())
        }
        Verdict::Block => {
            (CheckState::Failure, format!("Blocked by {}.", names(record, Grade::Block)))
        }
        // A yes to it comes as a pass; while it is sent back nobody is asked at all.
        Verdict::Ask => asks(record),
        // Late work is never trusted unseen, whatever it holds.
        Verdict::Pass { .. } if is_asked_about(record) => asks(record),
        Verdict::Pass { .. } => (CheckState::Success, passed(record)),
    })
}

fn asks(record: &JobRecord) -> (CheckState, String) {
    (CheckState::Pending, format!("A person decides about {}.", names(record, Grade::Ask)))
}

/// How many guards passed, and which did not and were let pass.
fn passed(record: &JobRecord) -> String {
    let examined = record.last_judgement().and_then(|judged| judged.examined.as_ref());
    let Some(ExaminedChange {
        guards: GuardCount { passed, of, lifted }, lifted: names_of, ..
    }) = examined
    else {
        return "All that was checked passed, or a person let it pass.".to_owned();
    };
    let mut said = format!("{passed} of {of} guards passed");
    if *lifted > 0 {
        let names = named(&names_of.iter().map(|one| one.guard.as_str()).collect());
        said.push_str(&format!(", {lifted} lifted ({names})"));
    }
    let let_pass = of.saturating_sub(*passed).saturating_sub(*lifted);
    if let_pass > 0 {
        let names = names(record, Grade::Ask);
        said.push_str(&format!(", {let_pass} let pass by a person ({names})"));
    }
    short(&(said + "."), LONGEST)
}

fn is_asked_about(record: &JobRecord) -> bool {
    matches!(&record.job.state, State::Deciding(Deciding { question: Question::Guard, .. }))
}

/// The guards that found something of this grade.
fn names(record: &JobRecord, grade: Grade) -> String {
    let found = record.findings().unwrap_or_default();
    named(&guards_of(found, grade).collect())
}

/// Some of `names`, in words.
pub(super) fn named(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_NAMED).copied().collect();
    match (shown.as_slice(), names.len() - shown.len()) {
        ([], _) => "what was found".to_owned(),
        (shown, 0) => shown.join(", "),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
