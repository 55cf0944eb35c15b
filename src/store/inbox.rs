//! The inbox: versions of texts, stored before they are acknowledged, each handled once.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use sha2::{Digest as _, Sha256};

use super::backlog::{self, Participation};
use super::columns::{Json, integer_column, subject_columns, thread};
use super::ending::denied;
use super::error::Error;
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, Subject, ThreadId};
use crate::core::model::text::{InboundText, TextEvent};
use crate::core::model::time::Timestamp;

pub use super::ending::Ending;

/// The number of a row: the order of hearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextSeq(pub i64);
integer_column!(TextSeq);

/// What became of an inbound text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It waits in this row, with all that is known of it now.
    New(TextSeq),
    /// It was received before: nothing is to be done.
    Known,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxText {
    pub seq: TextSeq,
    pub inbound: InboundText,
    pub received_at: Timestamp,
    /// It is not to be handled before.
    pub due_at: Timestamp,
    /// How often it was put off.
    pub tries: u32,
    /// How often its claim was tried; 0 as long as it may be another ledger's.
    pub claims: u32,
}

impl InboxText {
    /// What the effects of this version are called: `c812` for a comment, `c812.e5` for an edit of
    /// it, so that each is answered by itself.
    pub fn key(&self) -> String {
        let subject = self.inbound.subject.key();
        match self.inbound.act {
            TextEvent::Created | TextEvent::Opened => subject,
            TextEvent::Edited => format!("{subject}.e{}", self.seq.0),
        }
    }
}

/// A version of a subject, waiting or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    pub seq: TextSeq,
    pub inbound: InboundText,
    /// The command lines that ran, as written.
    pub ran: Vec<String>,
    /// Why it needs nothing more; `None` while it waits.
    pub ending: Option<Ending>,
}

/// How many versions of one subject [`versions`] gives at most: an editor can make any number.
pub const VERSIONS: u32 = 100;

/// Stores a version, due at once, unless it was received before.
///
/// Known are: the same subject with the same `updated_at` and body, whoever brings it; and a
/// version whose body equals that of its neighbour, the version before or after it by the
/// forge's clock: in between nobody changed the text. So a redelivery stays known, also when
/// the text has moved on. A creation counts as news as long as only edits of its subject were
/// received: a poll may have been faster than the webhook, and what an edit may not command, the
/// creation may. So it is, too, if one of these edits brought the very same version: a text that
/// went there and back within a second of the forge's clock. A version that the forge did not show
/// when it was read back is no such neighbour, and gives way to one like it: who knows a webhook's
/// secret could deliver beforehand what somebody will write, and the real text would be taken for
/// a repetition.
pub fn insert(
    tx: &Transaction<'_>,
    inbound: &InboundText,
    now: Timestamp,
) -> Result<Inserted, Error> {
    let sha: [u8; 32] = Sha256::digest(inbound.body.as_bytes()).into();
    // Most are the first of their subject, and to see that takes far less.
    if has_rows(tx, inbound.subject, inbound.repo.id)? {
        if is_stored(tx, inbound.subject, inbound.repo.id)? && is_known(tx, inbound, &sha)? {
            return prove(tx, inbound, &sha, now);
        }
        forget_denied(tx, inbound, &sha)?;
    }
    add(tx, inbound, &sha, now).map(Inserted::New)
}

/// Forgets the same version if the forge did not show it.
fn forget_denied(tx: &Transaction<'_>, inbound: &InboundText, sha: &[u8; 32]) -> Result<(), Error> {
    let (kind, id) = subject_columns(inbound.subject);
    tx.prepare_cached(concat!(
        "DELETE FROM inbox
         WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3 AND updated_at = ?4 AND sha = ?5
           AND act = ?6 AND ending IN ",
        denied!()
    ))?
    .execute((kind, id, inbound.repo.id, inbound.updated_at, sha, inbound.act))?;
    Ok(())
}

fn add(
    tx: &Transaction<'_>,
    inbound: &InboundText,
    sha: &[u8; 32],
    now: Timestamp,
) -> Result<TextSeq, Error> {
    let (kind, id) = subject_columns(inbound.subject);
    tx.prepare_cached(
        "INSERT INTO inbox (subject_kind, subject_id, updated_at, sha, act, repo, number, heard,
                            received_at, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
    )?
    .execute((
        kind,
        id,
        inbound.updated_at,
        sha,
        inbound.act,
        inbound.repo.id,
        inbound.number,
        Json(inbound),
        now,
    ))?;
    Ok(TextSeq(tx.last_insert_rowid()))
}

/// A review was submitted: what was delivered of its comment `subject` before was a draft, and is
/// no version of it. What the forge sent as a draft's edit is told by [`InboundText::is_draft_of`].
pub fn forget_drafts(
    tx: &Transaction<'_>,
    subject: Subject,
    repo: RepoId,
    submitted_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (kind, id) = subject_columns(subject);
    tx.prepare_cached(
        "UPDATE inbox SET ending = ?5, ended_at = ifnull(ended_at, ?6)
         WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3 AND updated_at <= ?4
           AND heard ->> '$.delivered' AND ifnull(ending, 'no_trigger') IN ('no_trigger', 'silent')",
    )?
    .execute((kind, id, repo, submitted_at, Ending::Draft, now))?;
    Ok(())
}

/// A version that was found by polling waits for what only its webhook says: who made it, and
/// what they may do. If that comes before it was dealt with, it is due with this proof.
fn prove(
    tx: &Transaction<'_>,
    inbound: &InboundText,
    sha: &[u8; 32],
    now: Timestamp,
) -> Result<Inserted, Error> {
    // Whoever creates a text is its author: a forgery does not take the place of what was found.
    let number = |account: &Option<Account>| account.as_ref().map(|account| account.id);
    let author = number(&inbound.author);
    if !inbound.delivered || (inbound.act != TextEvent::Edited && number(&inbound.sender) != author)
    {
        return Ok(Inserted::Known);
    }
    let (kind, id) = subject_columns(inbound.subject);
    let proved = tx
        .prepare_cached(
            "UPDATE OR IGNORE inbox SET heard = ?5, act = ?6, due_at = ?7
             WHERE subject_kind = ?1 AND subject_id = ?2 AND updated_at = ?3 AND sha = ?4
               AND repo = ?8 AND ended_at IS NULL AND NOT heard ->> '$.delivered'
               AND heard ->> '$.author.id' IS ?9
               AND NOT (?6 = 'edited' AND act <> 'edited' AND heard ->> '$.is_pull')
             RETURNING seq",
        )?
        .query_row(
            (
                kind,
                id,
                inbound.updated_at,
                sha,
                Json(inbound),
                inbound.act,
                now,
                inbound.repo.id,
                author,
            ),
            |row| row.get(0),
        )
        .optional()?;
    Ok(proved.map_or(Inserted::Known, Inserted::New))
}

/// Whether any version of `subject` was received in `repo` that the forge did not deny.
pub fn is_stored(conn: &Connection, subject: Subject, repo: RepoId) -> Result<bool, Error> {
    let (kind, id) = subject_columns(subject);
    let found = conn
        .prepare_cached(concat!(
            "SELECT 1 FROM inbox WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3
               AND ifnull(ending, '') NOT IN ",
            denied!(),
            " LIMIT 1"
        ))?
        .exists((kind, id, repo))?;
    Ok(found)
}

/// Whether any version of `subject` is stored for `repo`, also one that the forge denied.
fn has_rows(conn: &Connection, subject: Subject, repo: RepoId) -> Result<bool, Error> {
    let (kind, id) = subject_columns(subject);
    let stored = conn
        .prepare_cached(
            "SELECT 1 FROM inbox WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3 LIMIT 1",
        )?
        .exists((kind, id, repo))?;
    Ok(stored)
}

/// Whether any version of `subject` in `repo` was put up for somebody else.
pub fn was_relayed(conn: &Connection, subject: Subject, repo: RepoId) -> Result<bool, Error> {
    let (kind, id) = subject_columns(subject);
    let relayed = conn
        .prepare_cached(
            "SELECT 1 FROM inbox
             WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3 AND ending = ?4 LIMIT 1",
        )?
        .exists((kind, id, repo, Ending::Relayed))?;
    Ok(relayed)
}

fn is_known(conn: &Connection, inbound: &InboundText, sha: &[u8; 32]) -> Result<bool, Error> {
    let (kind, id) = subject_columns(inbound.subject);
    let (same, before, after): (bool, Option<[u8; 32]>, Option<[u8; 32]>) = conn
        .prepare_cached(concat!(
            "SELECT
                 EXISTS (SELECT 1 FROM inbox WHERE subject_kind = ?1 AND subject_id = ?2
                         AND repo = ?5 AND updated_at = ?3 AND sha = ?4
                         AND ifnull(ending, '') NOT IN ",
            denied!(),
            "),
                 (SELECT sha FROM inbox WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?5
                  AND ifnull(ending, '') NOT IN ",
            denied!(),
            "
                  AND updated_at <= ?3 ORDER BY updated_at DESC, seq DESC LIMIT 1),
                 (SELECT sha FROM inbox WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?5
                  AND ifnull(ending, '') NOT IN ",
            denied!(),
            "
                  AND updated_at > ?3 ORDER BY updated_at, seq LIMIT 1)"
        ))?
        .query_row((kind, id, inbound.updated_at, sha, inbound.repo.id), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let unchanged = same || before == Some(*sha) || after == Some(*sha);
    Ok(unchanged
        && (inbound.act == TextEvent::Edited
            || is_creation_stored(conn, inbound.subject, inbound.repo.id)?))
}

fn is_creation_stored(conn: &Connection, subject: Subject, repo: RepoId) -> Result<bool, Error> {
    let (kind, id) = subject_columns(subject);
    let found = conn
        .prepare_cached(concat!(
            "SELECT 1 FROM inbox
             WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3 AND act <> 'edited'
               AND ifnull(ending, '') NOT IN ",
            denied!(),
            " LIMIT 1"
        ))?
        .exists((kind, id, repo))?;
    Ok(found)
}

/// The first version of `thread`, in the order of hearing, if it is due. One that yields and is
/// not due does not hold up the others.
pub fn next_in(
    conn: &Connection,
    thread: ThreadId,
    now: Timestamp,
) -> Result<Option<InboxText>, Error> {
    let first = conn
        .prepare_cached(
            "SELECT seq, heard, received_at, due_at, tries, claims FROM inbox
             WHERE ended_at IS NULL AND repo = ?1 AND number = ?2 AND (due_at <= ?3 OR NOT yields)
             ORDER BY seq LIMIT 1",
        )?
        .query_row((thread.repo, thread.number, now), text)
        .optional()?;
    Ok(first.filter(|text| text.due_at <= now))
}

/// Notes that the claim is about to be tried; gives how often it was, this time included.
///
/// # Errors
/// [`Error::NotOpen`] if the version has ended; likewise below.
pub fn claim(tx: &Transaction<'_>, seq: TextSeq) -> Result<u32, Error> {
    tx.prepare_cached(
        "UPDATE inbox SET claims = claims + 1 WHERE seq = ?1 AND ended_at IS NULL
         RETURNING claims",
    )?
    .query_row([seq], |row| row.get(0))
    .optional()?
    .ok_or(not_open(seq))
}

/// The claim that was tried is known not to have reached the forge: it was no try.
pub fn unclaim(tx: &Transaction<'_>, seq: TextSeq) -> Result<(), Error> {
    let changed = tx
        .prepare_cached(
            "UPDATE inbox SET claims = max(claims - 1, 0) WHERE seq = ?1 AND ended_at IS NULL",
        )?
        .execute([seq])?;
    if changed == 1 { Ok(()) } else { Err(not_open(seq)) }
}

/// Keeps the command lines that ran: an edit is compared with them.
pub fn ran(tx: &Transaction<'_>, seq: TextSeq, lines: &[String]) -> Result<(), Error> {
    let changed = tx
        .prepare_cached("UPDATE inbox SET ran = ?2 WHERE seq = ?1 AND ended_at IS NULL")?
        .execute((seq, Json(lines)))?;
    if changed == 1 { Ok(()) } else { Err(not_open(seq)) }
}

/// The version needs nothing more. If a person wrote it, they took part in its thread.
pub fn finish(
    tx: &Transaction<'_>,
    seq: TextSeq,
    ending: Ending,
    now: Timestamp,
) -> Result<(), Error> {
    let (act, participation) = tx
        .prepare_cached(
            "UPDATE inbox SET ending = ?2, ended_at = ?3 WHERE seq = ?1 AND ended_at IS NULL
             RETURNING act, repo, number, heard ->> '$.author.id' AS author,
                       heard ->> '$.created_at' AS said_at",
        )?
        .query_row((seq, ending, now), |row| Ok((row.get("act")?, participation(row)?)))
        .optional()?
        .ok_or(not_open(seq))?;
    match participation {
        Some(participation) if ending.counts_as_participation() && says_something_new(act) => {
            backlog::note_participation(tx, participation, now)
        }
        _ => Ok(()),
    }
}

/// Who wrote it; none for a deleted user.
fn participation(row: &Row<'_>) -> rusqlite::Result<Option<Participation>> {
    let Some(account) = row.get("author")? else { return Ok(None) };
    Ok(Some(Participation { thread: thread(row)?, account, said_at: row.get("said_at")? }))
}

/// An edit is no new word: its author was counted when the text was created.
fn says_something_new(act: TextEvent) -> bool {
    match act {
        TextEvent::Created | TextEvent::Opened => true,
        TextEvent::Edited => false,
    }
}

/// The version is to be handled at `due_at`, not before; what was said later in the thread waits.
pub fn postpone(tx: &Transaction<'_>, seq: TextSeq, due_at: Timestamp) -> Result<(), Error> {
    put_off(tx, seq, due_at, false)
}

/// The version is to be handled at `due_at`; what was said later in the thread may overtake it.
pub fn let_pass(tx: &Transaction<'_>, seq: TextSeq, due_at: Timestamp) -> Result<(), Error> {
    put_off(tx, seq, due_at, true)
}

fn put_off(
    tx: &Transaction<'_>,
    seq: TextSeq,
    due_at: Timestamp,
    yields: bool,
) -> Result<(), Error> {
    let changed = tx
        .prepare_cached(
            "UPDATE inbox SET due_at = ?2, yields = ?3, tries = tries + 1
             WHERE seq = ?1 AND ended_at IS NULL",
        )?
        .execute((seq, due_at, yields))?;
    if changed == 1 { Ok(()) } else { Err(not_open(seq)) }
}

/// The newest [`VERSIONS`] versions of `subject` that were received in `repo`, oldest first by the
/// forge's clock, then by the order of hearing; without those that the forge did not show.
pub fn versions(
    conn: &Connection,
    subject: Subject,
    repo: RepoId,
) -> Result<Vec<StoredVersion>, Error> {
    let (kind, id) = subject_columns(subject);
    let mut versions: Vec<StoredVersion> = conn
        .prepare_cached(concat!(
            "SELECT seq, heard, ran, ending FROM inbox
             WHERE subject_kind = ?1 AND subject_id = ?2 AND repo = ?3
               AND ifnull(ending, '') NOT IN ",
            denied!(),
            "
             ORDER BY updated_at DESC, seq DESC LIMIT ?4"
        ))?
        .query_map((kind, id, repo, VERSIONS), version)?
        .collect::<Result<_, _>>()?;
    versions.reverse();
    Ok(versions)
}

fn not_open(seq: TextSeq) -> Error {
    Error::NotOpen { what: "text", id: seq.0 }
}

fn text(row: &Row<'_>) -> rusqlite::Result<InboxText> {
    let Json(inbound) = row.get("heard")?;
    Ok(InboxText {
        seq: row.get("seq")?,
        inbound,
        received_at: row.get("received_at")?,
        due_at: row.get("due_at")?,
        tries: row.get("tries")?,
        claims: row.get("claims")?,
    })
}

fn version(row: &Row<'_>) -> rusqlite::Result<StoredVersion> {
    let Json(inbound) = row.get("heard")?;
    let Json(ran) = row.get("ran")?;
    Ok(StoredVersion { seq: row.get("seq")?, inbound, ran, ending: row.get("ending")? })
}
