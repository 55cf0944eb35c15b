//! Effects: outward writes. Each has a key and is stored, with the intent of each try, before
//! anything is sent. What an effect holds is opaque here.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Params, Row, Transaction};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::audit;
use super::columns::{Json, integer_column, lane, lane_columns, word_column};
use super::error::Error;
use crate::core::model::ids::Lane;
use crate::core::model::time::Timestamp;

/// The number of a row: the order of delivery within a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectSeq(pub i64);
integer_column!(EffectSeq);

#[derive(Debug, Clone)]
pub struct NewEffect {
    /// Its name for ever: the same key twice is the same effect.
    pub key: String,
    /// In whose order it is delivered.
    pub lane: Lane,
    /// What is to be written.
    pub payload: Box<RawValue>,
    /// It is not to be sent before.
    pub due_at: Timestamp,
}

impl NewEffect {
    /// An effect that may be sent at once.
    ///
    /// # Errors
    /// [`Error::Payload`] if it cannot be written as JSON.
    pub fn new(
        key: String,
        lane: impl Into<Lane>,
        effect: &impl Serialize,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let payload = to_raw_value(effect).map_err(Error::Payload)?;
        Ok(Self { key, lane: lane.into(), payload, due_at: now })
    }
}

/// What became of an effect that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    New(EffectSeq),
    /// Its key is there already: nothing changed.
    Known,
}

/// Where an effect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectState {
    Queued,
    /// Its intent is stored, its outcome not known yet.
    Sending,
    /// It is on the forge.
    Done,
    /// It cannot be written.
    Dead,
}
word_column!(EffectState { Queued = "queued", Sending = "sending", Done = "done", Dead = "dead", });

#[derive(Debug, Clone)]
pub struct OutboxRow {
    pub seq: EffectSeq,
    /// The key: what is written once, ever.
    pub key: String,
    /// In whose order it is delivered.
    pub lane: Lane,
    /// What is to be written.
    pub payload: Box<RawValue>,
    /// Where it stands.
    pub state: EffectState,
    /// How often it was tried and put back.
    pub tries: u32,
    /// It is not to be sent before.
    pub due_at: Timestamp,
    /// When the intent of the last try was stored. If it is there and the effect is not done,
    /// some try may have landed: look before writing.
    pub sent_at: Option<Timestamp>,
    /// Why it was put off last, or is dead.
    pub reason: Option<String>,
    /// The comment that it became, once it is done.
    pub comment: Option<i64>,
    pub created_at: Timestamp,
    /// When it was done, or given up.
    pub ended_at: Option<Timestamp>,
    /// When to look for a late duplicate of it.
    pub recheck_at: Option<Timestamp>,
}

impl OutboxRow {
    /// Whether an earlier try may have written it: then it has to be looked for first.
    pub fn is_uncertain(&self) -> bool {
        self.state == EffectState::Sending
    }
}

/// Stores an effect, unless its key is there already.
pub fn push(tx: &Transaction<'_>, effect: &NewEffect, now: Timestamp) -> Result<Pushed, Error> {
    let (repo, number) = lane_columns(effect.lane);
    let stored = tx
        .prepare_cached(
            "INSERT INTO outbox (key, repo, number, payload, created_at, state, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6) ON CONFLICT (key) DO NOTHING",
        )?
        .execute((&effect.key, repo, number, effect.payload.get(), now, effect.due_at))?;
    Ok(if stored == 1 { Pushed::New(EffectSeq(tx.last_insert_rowid())) } else { Pushed::Known })
}

/// The first effect of `lane` that is neither done nor dead, due or not: those behind it wait.
pub fn next_in(conn: &Connection, lane: Lane) -> Result<Option<OutboxRow>, Error> {
    let effect = conn
        .prepare_cached(
            "SELECT * FROM outbox WHERE ended_at IS NULL AND repo = ?1 AND number = ?2
             ORDER BY seq LIMIT 1",
        )?
        .query_row(lane_columns(lane), effect)
        .optional()?;
    Ok(effect)
}

/// The effects of `lane` behind the one with this number, whatever became of them.
pub fn behind(conn: &Connection, lane: Lane, seq: EffectSeq) -> Result<Vec<OutboxRow>, Error> {
    let (repo, number) = lane_columns(lane);
    list(
        conn,
        "SELECT * FROM outbox WHERE seq > ?1 AND repo = ?2 AND number = ?3 ORDER BY seq",
        (seq, repo, number),
    )
}

/// Stores the intent to send `row` now, saying `payload`. Not if it was rewritten since it was read:
/// what it says now would never be sent.
///
/// # Errors
/// [`Error::NotOpen`] if it is done or dead.
pub fn intend(
    tx: &Transaction<'_>,
    row: &OutboxRow,
    payload: &RawValue,
    now: Timestamp,
) -> Result<bool, Error> {
    let is_as_read = |stored: OutboxRow| stored.payload.get() == row.payload.get();
    if !get(tx, &row.key)?.is_some_and(is_as_read) {
        return Ok(false);
    }
    if payload.get() != row.payload.get() {
        rewrite(tx, row.seq, payload)?;
    }
    sending(tx, row.seq, now)?;
    Ok(true)
}

/// Stores the intent to send it now.
///
/// # Errors
/// [`Error::NotOpen`] if it is done or dead; likewise below.
pub fn sending(tx: &Transaction<'_>, seq: EffectSeq, now: Timestamp) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET state = 'sending', sent_at = ?2
         WHERE seq = ?1 AND ended_at IS NULL",
        (seq, now),
    )
}

/// Replaces what is to be written: what was left open is known by now.
pub fn rewrite(tx: &Transaction<'_>, seq: EffectSeq, payload: &RawValue) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET payload = ?2 WHERE seq = ?1 AND ended_at IS NULL",
        (seq, payload.get()),
    )
}

/// It is on the forge, a comment as number `comment`. With `recheck_at`, a duplicate may still
/// turn up and is to be looked for then.
pub fn done(
    tx: &Transaction<'_>,
    seq: EffectSeq,
    comment: Option<i64>,
    now: Timestamp,
    recheck_at: Option<Timestamp>,
) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET state = 'done', comment = ?2, ended_at = ?3, recheck_at = ?4
         WHERE seq = ?1 AND ended_at IS NULL",
        (seq, comment, now, recheck_at),
    )
}

/// It is not to be written after all, and is as if it never was.
pub(super) fn withdraw(tx: &Transaction<'_>, seq: EffectSeq) -> Result<(), Error> {
    // It ends first: what is next in its lane is told by rows that end, not by those that go.
    change(
        tx,
        seq,
        "UPDATE outbox SET state = 'done', ended_at = due_at WHERE seq = ?1 AND ended_at IS NULL",
        [seq],
    )?;
    change(tx, seq, "DELETE FROM outbox WHERE seq = ?1", [seq])
}

/// It is to be tried again at `due_at`, not before, because of `reason`. With `certain` the last
/// try is known to have written nothing; else it has to be looked for first.
pub fn put_back(
    tx: &Transaction<'_>,
    seq: EffectSeq,
    due_at: Timestamp,
    reason: &str,
    certain: bool,
) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET due_at = ?2, reason = ?3, tries = tries + 1,
                state = iif(?4, 'queued', state), sent_at = iif(?4, NULL, sent_at)
         WHERE seq = ?1 AND ended_at IS NULL",
        (seq, due_at, reason, certain),
    )
}

/// Whoever wrote this ledger last may have died in the middle of a write: all effects that were
/// being sent are to be looked for at `due_at`. Gives how many there are.
pub fn recover(tx: &Transaction<'_>, due_at: Timestamp) -> Result<usize, Error> {
    let found = tx
        .prepare_cached("UPDATE outbox SET due_at = max(due_at, ?1) WHERE state = 'sending'")?
        .execute([due_at])?;
    Ok(found)
}

/// Why the effects called `keys` will never come about, for those that will not.
pub fn failures(conn: &Connection, keys: &[String]) -> Result<HashMap<String, String>, Error> {
    let mut failures = HashMap::new();
    for key in keys {
        if let Some(OutboxRow { state: EffectState::Dead, reason: Some(reason), .. }) =
            get(conn, key)?
        {
            failures.insert(key.clone(), reason);
        }
    }
    Ok(failures)
}

/// It cannot be written, because of `reason`; what waited behind it goes on, and the record of the
/// command that wanted it says so.
pub fn die(
    tx: &Transaction<'_>,
    seq: EffectSeq,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET state = 'dead', reason = ?2, ended_at = ?3
         WHERE seq = ?1 AND ended_at IS NULL",
        (seq, reason, now),
    )?;
    let key: String = tx
        .prepare_cached("SELECT key FROM outbox WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))?;
    audit::failed(tx, &key)
}

/// Up to `limit` done effects of which a late duplicate is to be looked for, in order of time.
pub fn rechecks_due(
    conn: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxRow>, Error> {
    list(
        conn,
        "SELECT * FROM outbox WHERE recheck_at IS NOT NULL AND recheck_at <= ?1
         ORDER BY recheck_at LIMIT ?2",
        (now, limit),
    )
}

/// The first moment after `now` at which a recheck is due, if there is one.
pub fn next_recheck_after(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let next = conn
        .prepare_cached("SELECT min(recheck_at) FROM outbox WHERE recheck_at > ?1")?
        .query_row([now], |row| row.get(0))?;
    Ok(next)
}

/// It was looked for; it is to be looked for once more at `next`, or never.
///
/// # Errors
/// [`Error::NotOpen`] if it is not done.
pub fn rechecked(
    tx: &Transaction<'_>,
    seq: EffectSeq,
    next: Option<Timestamp>,
) -> Result<(), Error> {
    change(
        tx,
        seq,
        "UPDATE outbox SET recheck_at = ?2 WHERE seq = ?1 AND state = 'done'",
        (seq, next),
    )
}

/// The last `limit` that died, newest first.
pub fn dead(conn: &Connection, limit: u32) -> Result<Vec<OutboxRow>, Error> {
    list(
        conn,
        "SELECT * FROM outbox WHERE state = 'dead' ORDER BY ended_at DESC, seq DESC LIMIT ?1",
        [limit],
    )
}

pub fn get(conn: &Connection, key: &str) -> Result<Option<OutboxRow>, Error> {
    let effect = conn
        .prepare_cached("SELECT * FROM outbox WHERE key = ?1")?
        .query_row([key], effect)
        .optional()?;
    Ok(effect)
}

fn change(
    tx: &Transaction<'_>,
    seq: EffectSeq,
    sql: &'static str,
    values: impl Params,
) -> Result<(), Error> {
    match tx.prepare_cached(sql)?.execute(values)? {
        1 => Ok(()),
        _ => Err(Error::NotOpen { what: "effect", id: seq.0 }),
    }
}

fn list(
    conn: &Connection,
    sql: &'static str,
    values: impl Params,
) -> Result<Vec<OutboxRow>, Error> {
    let effects = conn.prepare_cached(sql)?.query_map(values, effect)?.collect::<Result<_, _>>()?;
    Ok(effects)
}

fn effect(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let Json(payload) = row.get("payload")?;
    Ok(OutboxRow {
        seq: row.get("seq")?,
        key: row.get("key")?,
        lane: lane(row)?,
        payload,
        state: row.get("state")?,
        tries: row.get("tries")?,
        due_at: row.get("due_at")?,
        sent_at: row.get("sent_at")?,
        reason: row.get("reason")?,
        comment: row.get("comment")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
        recheck_at: row.get("recheck_at")?,
    })
}
