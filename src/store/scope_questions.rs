//! What the authors of issues were asked whose text does not say what is to be done, and which
//! comments may answer that.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::{Json, thread};
use super::error::Error;
use super::scope_answers::{self, ScopeAnswer};
use super::{backlog, cursors, meta};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::thread::ScopeQuestion;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{QuestionTerms, Readiness};

/// A question to which a comment may be the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedAnswer {
    /// Who wrote the issue.
    pub author: Option<Account>,
    /// What its text and the answers so far say.
    pub known: Readiness,
    /// The number of the comment that asks, once it is there.
    pub question: Option<i64>,
}

/// Stores that the author of an issue is asked, whose text says so much.
pub(super) fn insert(
    tx: &Transaction<'_>,
    thread: ThreadId,
    key: &str,
    readiness: Readiness,
    at: Timestamp,
) -> Result<(), Error> {
    let lacked = !backlog::readiness_bits(readiness) & ALL;
    tx.prepare_cached(
        "INSERT INTO scope_questions (repo, number, asked_at, comment, lacked)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((thread.repo, thread.number, at, key, lacked))?;
    backlog::moved(tx)
}

/// All three parts, as bits.
const ALL: u8 = 0b111;

pub(super) fn is_asked(conn: &Connection, thread: ThreadId) -> Result<bool, Error> {
    let found = conn
        .prepare_cached("SELECT 1 FROM scope_questions WHERE repo = ?1 AND number = ?2")?
        .exists((thread.repo, thread.number))?;
    Ok(found)
}

/// The issues whose authors were ever asked, and when.
fn asked(conn: &Connection) -> Result<BTreeMap<ThreadId, Timestamp>, Error> {
    let asked = conn
        .prepare_cached("SELECT repo, number, asked_at FROM scope_questions")?
        .query_map([], |row| Ok((thread(row)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    Ok(asked)
}

/// What keeps questions from being asked, as far as the ledger knows.
pub fn terms(conn: &Connection) -> Result<QuestionTerms, Error> {
    Ok(QuestionTerms {
        heard_since: cursors::heard_since(conn)?,
        asked: asked(conn)?,
        passed_over: BTreeSet::new(),
    })
}

/// How many were asked since a moment. A copy of a ledger does not know what was asked since it was
/// taken: when it is started, that counts as all that may be.
pub fn asked_since(conn: &Connection, since: Timestamp) -> Result<u32, Error> {
    if meta::get(conn, meta::RESTORED_AT)? >= Some(since) {
        return Ok(u32::MAX);
    }
    let count = conn
        .prepare_cached("SELECT count(*) FROM scope_questions WHERE asked_at >= ?1")?
        .query_row([since], |row| row.get(0))?;
    Ok(count)
}

/// What the author of an open issue was asked, as long as nobody has said what is to be done. One
/// that could not be posted was not asked.
pub(super) fn open(conn: &Connection, thread: ThreadId) -> Result<Option<ScopeQuestion>, Error> {
    let open = conn
        .prepare_cached(
            "SELECT asked_at, readiness FROM scope_questions
                 JOIN backlog USING (repo, number) LEFT JOIN outbox ON key = scope_questions.comment
             WHERE scope_questions.repo = ?1 AND scope_questions.number = ?2
               AND NOT is_pull AND state IS NOT 'dead'",
        )?
        .query_row((thread.repo, thread.number), |row| {
            Ok((row.get(0)?, backlog::readiness_of(row.get(1)?)))
        })
        .optional()?;
    let Some((at, readiness)) = open else { return Ok(None) };
    let known = readiness.or(scope_answers::said_of(conn, thread)?);
    Ok((!known.scope).then(|| ScopeQuestion { at, parts: known.lacks() }))
}

/// What a comment in a thread may answer, as long as anything is lacking.
pub fn awaited(conn: &Connection, thread: ThreadId) -> Result<Option<AwaitedAnswer>, Error> {
    let awaited = conn
        .prepare_cached(
            "SELECT author, readiness, outbox.comment FROM scope_questions
                 JOIN backlog USING (repo, number) LEFT JOIN outbox ON key = scope_questions.comment
             WHERE scope_questions.repo = ?1 AND scope_questions.number = ?2 AND NOT is_pull",
        )?
        .query_row((thread.repo, thread.number), |row| {
            let author: Option<Json<Account>> = row.get(0)?;
            let author = author.map(|Json(author)| author);
            let known = backlog::readiness_of(row.get(1)?);
            Ok(AwaitedAnswer { author, known, question: row.get(2)? })
        })
        .optional()?;
    let Some(awaited) = awaited else { return Ok(None) };
    let known = awaited.known.or(scope_answers::said_of(conn, thread)?);
    Ok((!known.lacks().is_empty()).then_some(AwaitedAnswer { known, ..awaited }))
}

/// A comment answers. Whether that is kept: only as long as something is lacking that it says.
pub fn answered(
    tx: &Transaction<'_>,
    thread: ThreadId,
    answer: &ScopeAnswer,
) -> Result<bool, Error> {
    let Some(AwaitedAnswer { known, .. }) = awaited(tx, thread)? else { return Ok(false) };
    if known.or(answer.says) == known {
        return Ok(false);
    }
    scope_answers::insert(tx, thread, answer)?;
    Ok(true)
}

/// The question is not asked after all: it may be asked once more.
pub(super) fn withdraw(tx: &Transaction<'_>, thread: ThreadId) -> Result<(), Error> {
    let gone = tx
        .prepare_cached("DELETE FROM scope_questions WHERE repo = ?1 AND number = ?2")?
        .execute((thread.repo, thread.number))?;
    if gone == 0 { Ok(()) } else { backlog::moved(tx) }
}
