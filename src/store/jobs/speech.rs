//! What a job's moves say goes into the outbox with them.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{crew, record};
use crate::core::command::value::JobId;
use crate::core::effect::Keyed;
use crate::core::jobs::{Job, JobAction, JobStep, StepTime};
use crate::core::model::time::Timestamp;
use crate::core::reply::job_speech::{
    CardState, CardWrite, JobChange, JobSpeech, is_silent, speech,
};
use crate::store::error::Error;
use crate::store::meta;
use crate::store::outbox::{self, EffectState, NewEffect};
use crate::store::{decisions, reports, repos};

/// What the ledger knows of a job's card.
struct StoredCard {
    /// The key of the comment that it is.
    key: Option<String>,
    says: Option<String>,
    /// The key of its last edit.
    edit: Option<String>,
}

/// A job moved from `before` to `after`.
pub(super) fn moved(
    tx: &Transaction<'_>,
    (before, after): (&Job, &Job),
    step: &JobStep,
    actions: &[JobAction],
    now: StepTime,
) -> Result<(), Error> {
    if is_silent(after, step, actions) {
        return Ok(());
    }
    tell(tx, before.spec.id, Some((before, step)), actions, now.at)
}

/// Time has passed: the card of a job is brought up to date, or made.
pub fn refresh_card(tx: &Transaction<'_>, id: JobId, now: Timestamp) -> Result<(), Error> {
    tell(tx, id, None, &[], now)
}

/// Makes the comment that the effect `key` creates the card of a job.
pub fn set_card(tx: &Transaction<'_>, id: JobId, key: &str, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE jobs SET card = ?2, card_at = ?3, card_says = NULL, card_edit = NULL WHERE id = ?1",
    )?
    .execute((id, key, now))?;
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
    id: JobId,
    moved: Option<(&Job, &JobStep)>,
    actions: &[JobAction],
    now: Timestamp,
) -> Result<(), Error> {
    // Without a name of its own a ledger says nothing: two would say different things by one key.
    let Some(ledger) = meta::get(tx, meta::LEDGER)? else { return Ok(()) };
    let Some(record) = record::record(tx, id)? else { return Ok(()) };
    // All jobs of a crew have one card: that of the one that plans.
    let crew = match record.job.spec.crew_place() {
        Some(place) => crew::crew_record(tx, place.crew)?,
        None => None,
    };
    let carrier = crew.as_ref().map_or(id, |crew| crew.crew.id);
    let (Some(card), Some(steps)) = (stored_card(tx, carrier)?, steps(tx, id)?) else {
        return Ok(());
    };
    let name = meta::get(tx, meta::ACCOUNT)?.map_or("timmy".to_owned(), |own| own.login);
    let (before, step) = moved.unzip();
    let decided = match before {
        Some(before) => decisions::of_question(tx, id, before.past.asked)?,
        None => None,
    };
    let key = match step {
        Some(_) => format!("{ledger}-{id}.{steps}"),
        None => format!("{ledger}-{id}.{steps}-{}", now.micros()),
    };
    let repo = repos::name(tx, record.job.spec.repo())?;
    let repo = repo.map_or_else(String::new, |repo| repo.name.to_string());
    let change = JobChange {
        report: match record.job.spec.given() {
            Some(_) => None,
            None => reports::place_for(tx, record.job.spec.repo())?,
        },
        repo: &repo,
        before: before.unwrap_or(&record.job),
        after: &record,
        step,
        actions,
        now,
        key: &key,
        name: &name,
        decided: decided.as_ref().map(|stored| &stored.decision),
        crew: crew.as_ref(),
        card: card.key.as_deref().map(|key| CardState { key, says: card.says.as_deref() }),
    };
    let JobSpeech { card: write, comments, follow_ups } = speech(&change);
    if let Some(write) = &write {
        write_card(tx, carrier, &card, write, now)?;
    }
    for Keyed { key, thread, effect } in comments.iter().chain(&follow_ups) {
        outbox::push(tx, &NewEffect::new(key.clone(), *thread, effect, now)?, now)?;
    }
    Ok(())
}

/// An edit that was not sent yet says the new text instead: nobody has seen the old one.
fn write_card(
    tx: &Transaction<'_>,
    id: JobId,
    card: &StoredCard,
    write: &CardWrite,
    now: Timestamp,
) -> Result<(), Error> {
    let Keyed { key, thread, effect } = &write.effect;
    let new = NewEffect::new(key.clone(), *thread, effect, now)?;
    let unsent = match card.edit.as_deref().filter(|_| write.begins.is_none()) {
        Some(edit) => outbox::get(tx, edit)?.filter(|row| row.state == EffectState::Queued),
        None => None,
    };
    let edit = match unsent {
        Some(row) => {
            outbox::rewrite(tx, row.seq, &new.payload)?;
            row.key
        }
        None => {
            outbox::push(tx, &new, now)?;
            key.clone()
        }
    };
    if let Some(begins) = &write.begins {
        set_card(tx, id, begins, now)?;
    }
    tx.prepare_cached(
        "UPDATE jobs SET card_at = ?2, card_says = ?3, card_edit = ?4 WHERE id = ?1",
    )?
    .execute((id, now, &write.says, write.begins.is_none().then_some(edit)))?;
    Ok(())
}

/// How long the history of a job is.
fn steps(conn: &Connection, id: JobId) -> Result<Option<i64>, Error> {
    let steps = conn
        .prepare_cached("SELECT steps FROM jobs WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(steps)
}

fn stored_card(conn: &Connection, id: JobId) -> Result<Option<StoredCard>, Error> {
    let card = conn
        .prepare_cached("SELECT card, card_says, card_edit FROM jobs WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(StoredCard { key: row.get(0)?, says: row.get(1)?, edit: row.get(2)? })
        })
        .optional()?;
    Ok(card)
}
