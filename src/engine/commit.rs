//! Stores what a handler decided: all of it in one transaction.

use crate::core::handlers::{ChangeSet, ScheduledLabel};
use crate::core::model::account::Account;
use crate::core::model::text::InboundText;
use crate::core::model::time::Timestamp;
use crate::store::audit::{self, AuditEntry};
use crate::store::outbox::{self, NewEffect};
use crate::store::tasks::{self, ScheduledTask};
use crate::store::{Error, Transaction, controls, repos, threads};

/// Stores what follows from `heard`: the thread's state, what is due later, the effects, and a
/// record of each line.
pub(super) fn decision(
    tx: &Transaction<'_>,
    heard: &InboundText,
    actor: &Account,
    decision: &ChangeSet,
    now: Timestamp,
) -> Result<(), Error> {
    let thread = heard.thread();
    if let Some(state) = &decision.state {
        threads::save(tx, thread, state)?;
    }
    for ScheduledLabel { scope, due } in &decision.later {
        match due {
            Some((due, wish)) => {
                tasks::set(tx, thread, &ScheduledTask::Relabel(wish.clone()), *due)?;
            }
            None => tasks::forget_relabel(tx, thread, scope.name())?,
        }
    }
    for repo in &decision.repos {
        repos::remember(tx, repo)?;
    }
    for change in &decision.fleet {
        controls::apply(tx, change)?;
    }
    for keyed in &decision.effects {
        let effect = NewEffect::new(keyed.key.clone(), keyed.thread, &keyed.effect, now)?;
        outbox::push(tx, &effect, now)?;
    }
    for record in &decision.records {
        let entry = AuditEntry {
            at: now,
            subject: heard.subject,
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
    Ok(())
}
