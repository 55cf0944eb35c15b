//! What is said where a job moved.
//!
//! It is asked in the transaction that moves the job, so that nothing is told that did not happen,
//! and nothing happens that is not told. Pure: job before, job after, and what is known beside them.
//! Who reads it is in any zone: times are told in UTC.

use jiff::tz::TimeZone;

use super::cards::ENDED;
use super::crew::CrewView;
use super::decisions::{accepted_by, still_accepted, unwanted};
use super::jobs::{JobOutcome, JobView, late, not_merged, outcome, said_in_report, superseded};
use super::remarks::remarks_answered;
use super::split::{SplitOrder, split_effects};
use super::verify_status::verify_status;
use crate::core::crew::{CrewRecord, CrewState};
use crate::core::decisions::{Decision, TakeOver};
use crate::core::effect::{
    ApprovePull, Body, ClosePulls, CommentRef, CreateComment, EditComment, Effect, Keyed,
    MergePull, SetOpen, WithdrawApproval,
};
use crate::core::jobs::{
    Done, Job, JobAction, JobEvent, JobRecord, JobStep, MergeRefusal, Phase, Progress, Purpose,
    Spec, State, ToldReview, ToldText,
};
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// A job that moved, or whose card is to be brought up to date.
#[derive(Debug, Clone, Copy)]
pub struct JobChange<'a> {
    pub before: &'a Job,
    /// The job after it, with its history; the same as before where only time has passed.
    pub after: &'a JobRecord,
    /// What moved it; none where only time has passed.
    pub step: Option<&'a JobStep>,
    /// What is to be done now that was not before.
    pub actions: &'a [JobAction],
    pub now: Timestamp,
    /// With what all names of this change begin: never given twice, also by no other ledger.
    pub key: &'a str,
    /// timmy's account: how commands are written to it.
    pub name: &'a str,
    /// The decision on the question that it asked before, if one was put.
    pub decided: Option<&'a Decision>,
    /// Its crew with all its jobs, if it is of one: the card shows that.
    pub crew: Option<&'a CrewRecord>,
    /// The issue of the report, where a routine's job is talked of before it has a thread; and how its
    /// repository is called.
    pub report: Option<ThreadId>,
    pub repo: &'a str,
    /// The comment that is the job's card, if there is one.
    pub card: Option<CardState<'a>>,
}

/// The comment that shows a job.
#[derive(Debug, Clone, Copy)]
pub struct CardState<'a> {
    /// The key of the effect that wrote it.
    pub key: &'a str,
    /// What it says, if it was written as a card already.
    pub says: Option<&'a str>,
}

/// What is to be said, and where it is said from now on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobSpeech {
    pub card: Option<CardWrite>,
    /// What is told in comments of its own.
    pub comments: Vec<Keyed>,
    /// What follows from it beyond words.
    pub follow_ups: Vec<Keyed>,
}

/// The card is written.
#[derive(Debug, Clone, PartialEq)]
pub struct CardWrite {
    /// The new comment, or the edit.
    pub effect: Keyed,
    /// The key of the comment, if it is a new one.
    pub begins: Option<String>,
    /// What it says.
    pub says: String,
}

/// What is said about `change`.
pub fn speech(change: &JobChange<'_>) -> JobSpeech {
    JobSpeech { card: card(change), comments: comments(change), follow_ups: follow_ups(change) }
}

/// Whether nothing at all is said of a step to `after`, so that nobody has to read up on it.
pub fn is_silent(after: &Job, step: &JobStep, actions: &[JobAction]) -> bool {
    let tells = |action: &JobAction| match action {
        JobAction::TellLate(_)
        | JobAction::CloseBefore(_)
        | JobAction::TakeOver { .. }
        | JobAction::CloseAll
        | JobAction::MakeIssues
        | JobAction::AnswerRemarks(_) => true,
        JobAction::Preflight(_)
        | JobAction::Start(_)
        | JobAction::Follow(_)
        | JobAction::Tell(..)
        | JobAction::Answer(..)
        | JobAction::Stop(_)
        | JobAction::Look(_)
        | JobAction::Judge(_)
        | JobAction::Ask(..)
        | JobAction::Release { .. }
        | JobAction::Left { .. } => false,
    };
    // A yes to what it brought may be void by that.
    let voids = matches!(
        step,
        JobStep::Event(JobEvent::NotMerged(_) | JobEvent::Retry(_) | JobEvent::Restored)
    );
    leaves_card(step, &after.state) && !voids && !actions.iter().any(tells)
}

/// Whether the card stays as it is.
fn leaves_card(step: &JobStep, after: &State) -> bool {
    is_told_otherwise(step) || is_passing(after)
}

/// Whether timmy itself is at work for a moment: a card that told it would be wrong when it is
/// read. If it takes longer, the card is brought up to date.
pub fn is_passing(state: &State) -> bool {
    match state {
        State::Preflight(_) | State::Verifying(_) => true,
        State::Running(running) => matches!(running.attempt.phase, Phase::Starting { .. }),
        _ => false,
    }
}

/// Where it is said.
fn home(change: &JobChange<'_>) -> Option<ThreadId> {
    change.after.job.home().or(change.report)
}

fn card(change: &JobChange<'_>) -> Option<CardWrite> {
    let JobChange { after, now, key, name, .. } = *change;
    if change.step.is_some_and(|step| leaves_card(step, &after.job.state)) {
        return None;
    }
    // Nobody waits for a routine: what it comes to is told by itself.
    if change.card.is_none() && after.job.spec.routine().is_some() {
        return None;
    }
    let home = home(change);
    let of_crew = change.crew.and_then(|crew| {
        let card = CrewView::of(crew, now, &TimeZone::UTC)?.card(name);
        let thread = crew.job(crew.crew.id)?.job.home();
        Some((card, crew.crew.state.is_end(), thread))
    });
    let (says, is_over, thread) = of_crew.unwrap_or_else(|| {
        let is_over = after.job.state.kind().is_end();
        (JobView::of(after, now, &TimeZone::UTC).card(name), is_over, home)
    });
    let thread = thread?;
    let text = match is_over {
        true => format!("{says}\n\n{ENDED}"),
        false => says.clone(),
    };
    match change.card {
        Some(card) if card.says == Some(says.as_str()) => None,
        Some(card) => {
            let body = Body::finished(text).marked(card.key);
            let comment = CommentRef::Key(card.key.to_owned());
            let effect = Effect::EditComment(EditComment { comment, body });
            let effect = Keyed { key: format!("{key}.card"), thread, effect };
            Some(CardWrite { effect, begins: None, says })
        }
        None => {
            let key = format!("{key}.card");
            let effect = comment(&text, &key, now);
            let begins = Some(key.clone());
            Some(CardWrite { effect: Keyed { key, thread, effect }, begins, says })
        }
    }
}

/// A sign of life shows in ten minutes; what begins a job again is told by the answer to it.
fn is_told_otherwise(step: &JobStep) -> bool {
    match step {
        JobStep::Event(JobEvent::Attempt(_, Progress::Alive)) => true,
        JobStep::Event(JobEvent::Retry(_) | JobEvent::Refund(_)) => true,
        JobStep::Event(_) | JobStep::Act(_) => false,
    }
}

fn comments(change: &JobChange<'_>) -> Vec<Keyed> {
    let JobChange { before, after, now, key, name, .. } = *change;
    let Some(thread) = home(change) else { return Vec::new() };
    let said = |key: String, text: String| {
        let text = said_in_report(&after.job, change.repo, text);
        let effect = comment(&text, &key, now);
        Keyed { key, thread, effect }
    };
    let of_late = change.actions.iter().filter_map(|action| match action {
        // By its commit: it is one fact, however often it is seen.
        JobAction::TellLate(push) => {
            let name_of_job = key.rsplit_once('.').map_or(key, |(job, _)| job);
            let key = format!("{name_of_job}.late.{}", push.commit);
            Some(said(key, late(&after.job, push, name)))
        }
        _ => None,
    });
    let refused = change.step.and_then(|step| match step {
        JobStep::Event(JobEvent::NotMerged(refusal)) => not_merged(&after.job, refusal),
        _ => None,
    });
    let ended = change.step.and_then(|step| outcome(before, after, step, now, &TimeZone::UTC));
    let ended = ended.filter(|it| is_told_apart(change, it) && is_of_interest(&after.job, it));
    let goes_on = change.actions.iter().find_map(|action| goes_on(change, action));
    let told = goes_on.or_else(|| ended.map(|outcome| outcome.text(name))).or(refused);
    of_late.chain(told.map(|text| said(key.to_owned(), text))).collect()
}

/// Whether anybody is told of an outcome: of a routine that found nothing nobody is, and in the report it
/// is told only what has to be.
fn is_of_interest(job: &Job, outcome: &JobOutcome) -> bool {
    if job.spec.given().is_some() {
        return true;
    }
    match outcome {
        JobOutcome::Dead { .. } | JobOutcome::NotAllowed { .. } | JobOutcome::Doubt { .. } => true,
        JobOutcome::Done { .. }
        | JobOutcome::NoChange { .. }
        | JobOutcome::Reviewed { .. }
        | JobOutcome::Merged { .. }
        | JobOutcome::Reverted { .. }
        | JobOutcome::Claimed { .. } => job.home().is_some(),
    }
}

/// Whether an outcome is told apart from the card of a crew: of its tasks only what ends it, and what
/// nobody should miss.
fn is_told_apart(change: &JobChange<'_>, outcome: &JobOutcome) -> bool {
    let purpose = change.after.job.spec.purpose;
    // That it is told what is wrong shows its card.
    if purpose == Purpose::Split && matches!(outcome, JobOutcome::Claimed { .. }) {
        return false;
    }
    let Some(crew) = change.crew else { return true };
    match outcome {
        JobOutcome::Done { .. } => {
            let ends = crew.crew.state == CrewState::Done;
            purpose != Purpose::Plan && (purpose.is_change() || ends)
        }
        JobOutcome::Claimed { .. } => purpose != Purpose::Plan,
        JobOutcome::Reviewed { .. } => false,
        JobOutcome::Merged { .. }
        | JobOutcome::NoChange { .. }
        | JobOutcome::Dead { .. }
        | JobOutcome::Reverted { .. }
        | JobOutcome::NotAllowed { .. }
        | JobOutcome::Doubt { .. } => true,
    }
}

fn follow_ups(change: &JobChange<'_>) -> Vec<Keyed> {
    let JobChange { after, key, .. } = *change;
    let of_pull = change.actions.iter().flat_map(|action| taken_over(change, action));
    let answers = change.actions.iter().flat_map(|action| answered(change, action));
    let made = change.actions.iter().flat_map(|action| made(change, action));
    let effects = change.actions.iter().filter_map(|action| match action {
        JobAction::CloseBefore(number) => Some(("before", close_before(after, *number)?)),
        JobAction::TakeOver { pull: None, .. } if after.job.spec.given().is_some() => {
            Some(("close", Effect::SetOpen(SetOpen { open: false })))
        }
        JobAction::CloseAll => Some(("all", close_all(&after.job, change.decided)?)),
        _ => None,
    });
    let keyed = |(what, effect)| {
        let thread = after.job.home()?;
        Some(Keyed { key: format!("{key}.{what}"), thread, effect })
    };
    let status = change.step.and_then(|step| verify_status(after, step, format!("{key}.verify")));
    // Before whatever is done there because of it.
    status
        .into_iter()
        .chain(effects.chain(close_merged(change)).filter_map(keyed))
        .chain(of_pull)
        .chain(answers)
        .chain(made)
        .chain(withdrawn(change))
        .collect()
}

/// What a person said yes to is not merged as it is: what timmy approved for them counts no more.
fn withdrawn(change: &JobChange<'_>) -> Option<Keyed> {
    let JobChange { before, after, step, key, .. } = *change;
    // Over timmy's own update a yes stands until that is judged.
    let awaits =
        |job: &Job| matches!(job.state, State::Verifying(_)) && job.past.accepted.is_some();
    let is_update = matches!(step, Some(JobStep::Event(JobEvent::NotMerged(MergeRefusal::Behind))));
    let was_accepted = before.state == State::Done(Done::Accepted);
    let stood = was_accepted || awaits(before);
    let may_stand = awaits(&after.job) && (is_update || awaits(before));
    let stands = may_stand || matches!(after.job.state, State::Done(_));
    // What was pushed after the yes nobody has looked at.
    let is_late = was_accepted
        && after.job.state == before.state
        && after.job.past.late.is_some()
        && after.job.past.late != before.past.late;
    let is_void = is_late || (stood && !stands);
    let number = before.past.pull.filter(|_| is_void)?;
    let thread = ThreadId { number, repo: before.spec.repo() };
    let effect = Effect::WithdrawApproval(WithdrawApproval { word: VOID.to_owned() });
    Some(Keyed { key: format!("{key}.withdraw"), thread, effect })
}

/// A person said yes to what an epic becomes: that is made, and listed.
fn made(change: &JobChange<'_>, action: &JobAction) -> Vec<Keyed> {
    let JobChange { after, key, now, .. } = *change;
    let decided = change.decided.filter(|_| *action == JobAction::MakeIssues);
    let Some((decision, by)) = decided.and_then(|d| Some((d, d.decided_by()?))) else {
        return Vec::new();
    };
    let Some(thread) = after.job.spec.given() else { return Vec::new() };
    decision.covers.split.as_ref().map_or_else(Vec::new, |split| {
        let of = SplitOrder { decision: decision.id, by, thread, key, since: now.before(MARGIN) };
        split_effects(split, &of)
    })
}

/// The remarks of reviews were dealt with: each is answered.
fn answered(change: &JobChange<'_>, action: &JobAction) -> Vec<Keyed> {
    let JobChange { after, key, .. } = *change;
    let (JobAction::AnswerRemarks(texts), Some(head)) = (action, &after.job.past.commit) else {
        return Vec::new();
    };
    let told: Vec<&ToldText> = after.told().collect();
    let reviews = texts.iter().filter_map(|text| {
        let told = told.get(usize::try_from(*text).ok()?)?;
        Some((text, told.review.as_ref()?))
    });
    let answer = |(text, review): (&u32, &ToldReview)| {
        let effect = Effect::AnswerRemarks(remarks_answered(review, head)?);
        let thread = ThreadId { number: review.pull, repo: after.job.spec.repo() };
        Some(Keyed { key: format!("{key}.remarks{text}"), thread, effect })
    };
    reviews.filter_map(answer).collect()
}

/// A person took what is in a pull request: what their yes covers is done there.
fn taken_over(change: &JobChange<'_>, action: &JobAction) -> Vec<Keyed> {
    let JobChange { after, key, .. } = *change;
    let JobAction::TakeOver { pull: Some(pull), commit: Some(commit) } = action else {
        return Vec::new();
    };
    let Some((decision, by)) = change.decided.and_then(|d| Some((d, d.decided_by()?))) else {
        return Vec::new();
    };
    let thread = ThreadId { number: *pull, repo: after.job.spec.repo() };
    let keyed = |what, effect| Keyed { key: format!("{key}.{what}"), thread, effect };
    let word = goes_on(change, action).unwrap_or_else(|| accepted_by(decision.id, by));
    let job = Some(after.job.spec.id);
    let approve = Effect::Approve(ApprovePull { commit: commit.clone(), word, job });
    let mut effects = vec![keyed("approve", approve)];
    let head = decision.covers.head.as_ref();
    if let (Some(TakeOver::Merge), Some(head)) = (decision.covers.take_over, head) {
        let Spec { id: job, adopts, .. } = &after.job.spec;
        let (job, commit, target) = (*job, commit.clone(), head.target.clone());
        let keeps_branch = adopts.is_some();
        let message = format!("Approved-by: {}", by.login);
        effects.push(keyed(
            "merge",
            Effect::Merge(MergePull { job, commit, target, message, keeps_branch }),
        ));
    }
    effects
}

/// What is said where a yes goes on: what is taken is timmy's own update of what was shown.
fn goes_on(change: &JobChange<'_>, action: &JobAction) -> Option<String> {
    let JobAction::TakeOver { commit: Some(commit), .. } = action else { return None };
    let decision = change.decided?;
    let shown = decision.covers.head.as_ref().filter(|shown| shown.commit != *commit)?;
    Some(still_accepted(decision.id, decision.decided_by()?, shown, commit))
}

/// Once what it brought is merged, its issue is closed, if it is not yet.
fn close_merged(change: &JobChange<'_>) -> Option<(&'static str, Effect)> {
    let is_merged = |job: &Job| job.state == State::Done(Done::Merged);
    // A pull request that was adopted is the thread itself, as that of a routine: the merge closed it.
    let has_issue = change.before.spec.adopts.is_none() && change.before.spec.given().is_some();
    let was_merged_now = has_issue && !is_merged(change.before) && is_merged(&change.after.job);
    was_merged_now.then_some(("close", Effect::SetOpen(SetOpen { open: false })))
}

/// The pull requests of a job's branches before this one are closed: it took their place.
fn close_before(record: &JobRecord, number: u32) -> Option<Effect> {
    let word = superseded(record, record.job.past.pull?);
    close_pulls(&record.job, 1..number, word)
}

/// All its pull requests are closed: nobody wants them. One that it adopted was there before, and
/// stays open.
fn close_all(job: &Job, decided: Option<&Decision>) -> Option<Effect> {
    if job.spec.adopts.is_some() {
        return None;
    }
    close_pulls(job, 1..job.past.branch + 1, unwanted(decided))
}

fn close_pulls(job: &Job, numbers: std::ops::Range<u32>, word: String) -> Option<Effect> {
    match job.spec.purpose {
        Purpose::Code | Purpose::Repair => {}
        Purpose::Review | Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => {
            return None;
        }
    }
    let branch = |number| job.branch_numbered(number).to_string();
    let branches = numbers.map(branch).collect();
    Some(Effect::ClosePulls(ClosePulls { branches, word }))
}

fn comment(text: &str, key: &str, now: Timestamp) -> Effect {
    Effect::Comment(CreateComment {
        body: Body::finished(text).marked(key),
        since: now.before(MARGIN),
        reply_to: None,
    })
}

/// What stands in the forge's page beside an approval that counts no more.
const VOID: &str = "The yes that this stood for is void.";

/// How far the forge's clock and ours may be apart when a comment is looked for.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
