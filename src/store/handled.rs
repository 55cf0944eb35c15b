//! What handling a text led to, stored whole: that it is done, the thread's state, what is due
//! later, the effects with their finished text, a record of each line.

use rusqlite::Transaction;

use super::audit::{self, AuditEntry};
use super::error::Error;
use super::inbox::{self, Ending, InboxText};
use super::jobs::{self, GivenAnswer, NotCreated};
use super::lifted_guards::{self, NewLift};
use super::outbox::{self, NewEffect};
use super::tasks::{self, Confirmation, ScheduledTask, TaskId};
use super::{controls, forgotten, incidents, repos, threads};
use crate::core::handlers::{ChangeSet, JobRequest, ScheduledLabel};
use crate::core::jobs::{Job, JobEvent, JobId};
use crate::core::model::account::Account;
use crate::core::model::incident::Incident;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::{ControlChange, PauseScope};

/// A text was dealt with: the lines `ran` of it. What it asks its author to confirm is looked for
/// from `first_look` on.
pub fn text(
    tx: &Transaction<'_>,
    text: &InboxText,
    (ending, ran): (Ending, &[String]),
    actor: &Account,
    changes: &ChangeSet,
    (now, first_look): (Timestamp, Timestamp),
) -> Result<(), Error> {
    inbox::ran(tx, text.seq, ran)?;
    inbox::finish(tx, text.seq, ending, now)?;
    store(tx, &text.inbound, actor, changes, now)?;
    if changes.to_confirm.is_empty() {
        return Ok(());
    }
    let asked = Confirmation {
        inbound: text.inbound.clone(),
        question: text.key(),
        actor: actor.clone(),
        lines: changes.to_confirm.clone(),
        asked_at: now,
    };
    let task = ScheduledTask::Confirm(Box::new(asked));
    tasks::set(tx, text.inbound.thread(), &task, first_look)
}

/// What was asked about was confirmed, or could not be done after all. Nothing is stored if that
/// was done already.
pub fn confirmation(
    tx: &Transaction<'_>,
    task: TaskId,
    asked: &Confirmation,
    changes: &ChangeSet,
    now: Timestamp,
) -> Result<(), Error> {
    match tasks::take(tx, task)? {
        true => store(tx, &asked.inbound, &asked.actor, changes, now),
        false => Ok(()),
    }
}

fn store(
    tx: &Transaction<'_>,
    inbound: &InboundText,
    actor: &Account,
    changes: &ChangeSet,
    now: Timestamp,
) -> Result<(), Error> {
    let thread = inbound.thread();
    if let Some(change) = &changes.state {
        let made = change.made_of(&threads::state(tx, thread)?);
        threads::save(tx, thread, &made.ok_or(Error::JobMoved)?)?;
    }
    for ScheduledLabel { scope, due } in &changes.later {
        match due {
            Some((due, label)) => {
                tasks::set(tx, thread, &ScheduledTask::Relabel(label.clone()), *due)?;
            }
            None => tasks::forget_relabel(tx, thread, scope.name())?,
        }
    }
    for repo in &changes.repos {
        repos::remember(tx, repo)?;
    }
    for change in &changes.fleet {
        controls::apply(tx, change)?;
        match change {
            ControlChange::Resume(PauseScope::Agent(agent)) => {
                jobs::trust_again(tx, agent, now)?;
                incidents::trust_to_merge(tx, agent)?;
            }
            // Work may start by itself again.
            ControlChange::Resume(PauseScope::All) => {
                incidents::over(tx, &Incident::OtherLedger)?;
            }
            _ => {}
        }
    }
    for quota in &changes.quotas {
        jobs::try_quota_at_once(tx, quota, now)?;
    }
    for keyed in &changes.effects {
        let effect = NewEffect::new(keyed.key.clone(), keyed.thread, &keyed.effect, now)?;
        outbox::push(tx, &effect, now)?;
    }
    for request in &changes.jobs {
        requested(tx, request, changes, (actor, now))?;
    }
    for record in &changes.records {
        let entry = AuditEntry {
            at: now,
            subject: inbound.subject,
            thread,
            actor: actor.login.clone(),
            line: record.line.clone(),
            verb: record.verb,
            args: record.args.clone(),
            outcome: record.outcome.to_owned(),
            answer: record.answer.clone(),
            effect: record.needs.clone(),
        };
        audit::record(tx, &entry)?;
    }
    match changes.state {
        // It was decided from what was known before.
        Some(_) => forgotten::reason_nobody_gave(tx, thread),
        None => Ok(()),
    }
}

/// What a text does about a job, unless that moved since it was looked at: then nothing of the text
/// is stored, and it is answered anew.
fn requested(
    tx: &Transaction<'_>,
    request: &JobRequest,
    changes: &ChangeSet,
    (actor, now): (&Account, Timestamp),
) -> Result<(), Error> {
    let moved = Error::JobMoved;
    let id = match request {
        JobRequest::Begin(new) => match jobs::create(tx, new, now)? {
            Ok(job) => job.spec.id,
            Err(NotCreated::Live(_)) => return Err(moved),
        },
        JobRequest::Happen { seen, event, now } => {
            let id = unmoved(tx, seen)?;
            if jobs::advance(tx, id, None, event.clone(), *now)?.is_err() {
                return Err(moved);
            }
            id
        }
        JobRequest::Decide { seen, decision, answer, told, is_lent, now } => {
            let id = unmoved(tx, seen)?;
            // It was when the text was looked at, and may be taken back by now.
            if *is_lent && !controls::is_lent(tx, actor, now.at)? {
                return Err(moved);
            }
            let (told, is_lent) = (told.as_ref(), *is_lent);
            let given = GivenAnswer { answer: *answer, told, by: actor, is_lent };
            if jobs::decide(tx, *decision, given, *now)?.is_none() {
                return Err(moved);
            }
            id
        }
        JobRequest::Lift { seen, guard, commit, reason, ends_round, now } => {
            let id = unmoved(tx, seen)?;
            let lifted =
                NewLift { repo: seen.spec.repo(), commit, guard, job: id, by: actor, reason };
            lifted_guards::lift(tx, &lifted, now.at)?;
            if *ends_round && jobs::advance(tx, id, None, JobEvent::Lifted, *now)?.is_err() {
                return Err(moved);
            }
            id
        }
        JobRequest::Raise { seen, budget, now } => {
            let id = unmoved(tx, seen)?;
            controls::apply(tx, &ControlChange::SetBudget(budget.clone()))?;
            jobs::budget_raised(tx, id, *now)?;
            id
        }
        JobRequest::Void { seen, decision, why, now } => {
            let id = unmoved(tx, seen)?;
            if jobs::void(tx, *decision, why.clone(), true, *now)?.is_none() {
                return Err(moved);
            }
            id
        }
    };
    let reply = changes.effects.last().filter(|_| changes.is_card);
    match (reply, request) {
        (Some(reply), _) => jobs::set_card(tx, id, &reply.key, now),
        (None, JobRequest::Begin(_)) => jobs::refresh_card(tx, id, now),
        (
            None,
            JobRequest::Happen { .. }
            | JobRequest::Decide { .. }
            | JobRequest::Lift { .. }
            | JobRequest::Raise { .. }
            | JobRequest::Void { .. },
        ) => Ok(()),
    }
}

/// The job that was seen so, if it still stands there.
fn unmoved(tx: &Transaction<'_>, seen: &Job) -> Result<JobId, Error> {
    let stored = jobs::get(tx, seen.spec.id)?.map(|stored| stored.job);
    match stored.is_some_and(|job| is_as_seen(&job, seen)) {
        true => Ok(seen.spec.id),
        false => Err(Error::JobMoved),
    }
}

/// Whether a job stands where it stood, as far as what is said of it depends on that: a sign of
/// life changes nothing.
fn is_as_seen(job: &Job, seen: &Job) -> bool {
    let place = |job: &Job| {
        let attempt = job.state.attempt();
        (
            job.state.kind(),
            job.state.leased().map(|leased| leased.fence()),
            attempt.map(|attempt| (attempt.phase, attempt.stopping.clone())),
        )
    };
    place(job) == place(seen)
}
