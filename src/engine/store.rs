//! Writes down what was decided: all of it, or nothing.

use crate::core::decide::{Decision, Later};
use crate::core::heard::{Account, Heard};
use crate::core::time::Timestamp;
use crate::store::audit::{self, Entry};
use crate::store::errands::{self, Errand};
use crate::store::outbox::{self, NewEffect};
use crate::store::{Error, Transaction, fleet, repos, threads};

/// Stores what follows from `heard`: the thread's state, what is due later, the effects, and a
/// record of each line.
pub(super) fn decision(
    tx: &Transaction<'_>,
    heard: &Heard,
    actor: &Account,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), Error> {
    let thread = heard.thread();
    if let Some(state) = &decision.state {
        threads::save(tx, thread, state)?;
    }
    for Later { scope, due } in &decision.later {
        match due {
            Some((due, wish)) => {
                errands::set(tx, thread, &Errand::Relabel(wish.clone()), *due)?;
            }
            None => errands::forget_relabel(tx, thread, scope.name())?,
        }
    }
    for repo in &decision.repos {
        repos::remember(tx, repo)?;
    }
    for change in &decision.fleet {
        fleet::apply(tx, change)?;
    }
    for keyed in &decision.effects {
        let effect = NewEffect::new(keyed.key.clone(), keyed.thread, &keyed.effect, now)?;
        outbox::push(tx, &effect, now)?;
    }
    for record in &decision.records {
        let entry = Entry {
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
