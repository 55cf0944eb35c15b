//! Asks the author of an issue what its text does not say: once, checked in the transaction that
//! does it.

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::outbox::{self, NewEffect, OutboxRow};
use super::scope_questions::{self, asked_since, insert, is_asked};
use super::{backlog, controls, jobs};
use crate::core::effect::{CreateComment, Effect};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::Issue;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{Ineligible, Readiness, Rules, obstacles};

/// A question that is to be asked.
#[derive(Debug, Clone)]
pub struct NewScopeQuestion {
    pub thread: ThreadId,
    pub author: Account,
    /// What the text says; what it does not say is asked for.
    pub readiness: Readiness,
    pub key: String,
    pub comment: CreateComment,
}

/// When a question may be asked.
#[derive(Debug, Clone)]
pub struct AskTerms {
    pub rules: Rules,
    /// How many may be asked since the day began.
    pub most: u32,
    pub day_began: Timestamp,
}

/// Asks a question, unless anything speaks against it by now. Whether it was asked.
pub fn ask(
    tx: &Transaction<'_>,
    new: &NewScopeQuestion,
    terms: &AskTerms,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(mut facts) = backlog::issue(tx, new.thread)? else { return Ok(false) };
    facts.work = jobs::work(tx, new.thread)?;
    let in_the_way = obstacles(&facts, &terms.rules, &controls::at(tx, now)?, now);
    let is_same = facts.author.as_ref().is_some_and(|author| author.id == new.author.id);
    if in_the_way != [Ineligible::MissingScope]
        || !is_same
        || is_asked(tx, new.thread)?
        || asked_since(tx, terms.day_began)? >= terms.most
    {
        return Ok(false);
    }
    insert(tx, new.thread, &new.key, new.readiness, now)?;
    let effect = Effect::Comment(new.comment.clone());
    outbox::push(tx, &NewEffect::new(new.key.clone(), new.thread, &effect, now)?, now)?;
    Ok(true)
}

/// Whether a question is still to be asked that is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StillLacks {
    Yes,
    /// The issue says it by now, or something else is in the way.
    No,
    /// The forge shows another text than the one that was read.
    Unknown,
}

/// Looks at an issue as the forge shows it.
pub fn still_lacks(
    conn: &Connection,
    (thread, shown): (ThreadId, &Issue),
    rules: &Rules,
    now: Timestamp,
) -> Result<StillLacks, Error> {
    let Some(mut facts) = backlog::issue(conn, thread)? else { return Ok(StillLacks::No) };
    facts.work = jobs::work(conn, thread)?;
    facts.assignees = shown.assignees.as_slice().into();
    if obstacles(&facts, rules, &controls::at(conn, now)?, now) != [Ineligible::MissingScope] {
        return Ok(StillLacks::No);
    }
    Ok(match backlog::text_of(conn, thread)? == Some(backlog::digest_of_text(shown)) {
        true => StillLacks::Yes,
        false => StillLacks::Unknown,
    })
}

/// A question that was never sent is not asked after all. It may be asked later, under its key.
pub fn withdraw(tx: &Transaction<'_>, row: &OutboxRow) -> Result<(), Error> {
    outbox::withdraw(tx, row.seq)?;
    match row.lane.thread() {
        Some(thread) => scope_questions::withdraw(tx, thread),
        None => Ok(()),
    }
}

/// Another ledger of the same account has asked, by the comment with this key.
pub fn was_asked(
    tx: &Transaction<'_>,
    thread: ThreadId,
    key: &str,
    readiness: Readiness,
    at: Timestamp,
) -> Result<(), Error> {
    match is_asked(tx, thread)? {
        true => Ok(()),
        false => insert(tx, thread, key, readiness, at),
    }
}
