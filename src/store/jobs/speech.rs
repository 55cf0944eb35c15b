//! What a job's moves say goes into the outbox with them.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{attempts, load};
use crate::core::command::value::JobId;
use crate::core::effect::Keyed;
use crate::core::jobs::{Job, JobAction, JobStep, StepTime};
use crate::core::model::time::Timestamp;
use crate::core::reply::job_speech::{JobChange, JobSpeech, speech};
use crate::store::error::Error;
use crate::store::meta;
use crate::store::outbox::{self, NewEffect};

/// What the ledger knows of a job's card.
struct StoredCard {
    /// The key of the comment that it is.
    key: Option<String>,
    steps: i64,
    created_at: Timestamp,
    doing: Option<String>,
}

/// A job moved from `before` to `after`.
pub(super) fn moved(
    tx: &Transaction<'_>,
    (before, after): (&Job, &Job),
    step: &JobStep,
    actions: &[JobAction],
    now: StepTime,
) -> Result<(), Error> {
    tell(tx, (before, after), Some(step), actions, now.at)
}

/// Time has passed: the card of a job is brought up to date.
///
/// # Errors
/// [`Error::NotOpen`] if there is no such job.
pub fn refresh_card(tx: &Transaction<'_>, id: JobId, now: Timestamp) -> Result<(), Error> {
    let job = load::get(tx, id)?.ok_or(Error::NotOpen { what: "job", id: id.0 })?.job;
    tell(tx, (&job, &job), None, &[], now)
}

/// Makes the comment that the effect `key` creates the card of a job.
pub fn set_card(tx: &Transaction<'_>, id: JobId, key: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE jobs SET card = ?2 WHERE id = ?1")?.execute((id, key))?;
    Ok(())
}

/// When the card of a job was written last, if it has one.
pub fn card_told_at(conn: &Connection, id: JobId) -> Result<Option<Timestamp>, Error> {
    let at = conn
        .prepare_cached("SELECT card_at FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(at.flatten())
}

fn tell(
    tx: &Transaction<'_>,
    (before, after): (&Job, &Job),
    step: Option<&JobStep>,
    actions: &[JobAction],
    now: Timestamp,
) -> Result<(), Error> {
    let id = after.spec.id;
    // Without a name of its own a ledger says nothing: two would say different things by one key.
    let Some(ledger) = meta::get(tx, meta::LEDGER)? else { return Ok(()) };
    let Some(card) = stored_card(tx, id)? else { return Ok(()) };
    let key = match step {
        Some(_) => format!("{ledger}-{id}.{}", card.steps),
        None => format!("{ledger}-{id}.{}.{}", card.steps, now.micros()),
    };
    let change = JobChange {
        before,
        after,
        step,
        actions,
        now,
        created_at: card.created_at,
        key: &key,
        card: card.key.as_deref(),
        spent: attempts::spent_on(tx, after.spec.thread)?,
        doing: card.doing.as_deref(),
    };
    let JobSpeech { effects, card } = speech(&change);
    for Keyed { key, thread, effect } in &effects {
        outbox::push(tx, &NewEffect::new(key.clone(), *thread, effect, now)?, now)?;
    }
    if let Some(card) = &card {
        set_card(tx, id, card)?;
    }
    if !effects.is_empty() {
        tx.prepare_cached("UPDATE jobs SET card_at = ?2 WHERE id = ?1")?.execute((id, now))?;
    }
    Ok(())
}

fn stored_card(conn: &Connection, id: JobId) -> Result<Option<StoredCard>, Error> {
    let card = conn
        .prepare_cached(
            "SELECT card, steps, created_at,
                    (SELECT doing FROM attempts JOIN leases USING (fence) WHERE leases.job = id)
             FROM jobs WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(StoredCard {
                key: row.get(0)?,
                steps: row.get(1)?,
                created_at: row.get(2)?,
                doing: row.get(3)?,
            })
        })
        .optional()?;
    Ok(card)
}
