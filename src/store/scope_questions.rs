//! What the authors of issues were asked whose text does not say what is to be done, and what was
//! answered in comments.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::backlog;
use super::columns::{Json, thread};
use super::error::Error;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::thread::ScopeQuestion;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::Readiness;

/// Of how many comments it is kept that they answer a question.
const MOST_ANSWERS: usize = 5;

/// A question to which a comment may be the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedAnswer {
    /// Who wrote the issue.
    pub author: Option<Account>,
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

/// The issues whose authors were ever asked.
pub fn asked(conn: &Connection) -> Result<BTreeSet<ThreadId>, Error> {
    let asked = conn
        .prepare_cached("SELECT repo, number FROM scope_questions")?
        .query_map([], thread)?
        .collect::<Result<_, _>>()?;
    Ok(asked)
}

/// How many were asked since a moment.
pub fn asked_since(conn: &Connection, since: Timestamp) -> Result<u32, Error> {
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
            "SELECT asked_at, readiness | said FROM scope_questions
                 JOIN backlog USING (repo, number) LEFT JOIN outbox ON key = scope_questions.comment
             WHERE scope_questions.repo = ?1 AND scope_questions.number = ?2
               AND NOT is_pull AND NOT (readiness | said) & 1 AND state IS NOT 'dead'",
        )?
        .query_row((thread.repo, thread.number), |row| {
            let parts = backlog::readiness_of(row.get(1)?).lacks();
            Ok(ScopeQuestion { at: row.get(0)?, parts })
        })
        .optional()?;
    Ok(open)
}

/// What a comment in a thread may answer.
pub fn awaited(conn: &Connection, thread: ThreadId) -> Result<Option<AwaitedAnswer>, Error> {
    let awaited = conn
        .prepare_cached(
            "SELECT author, outbox.comment FROM scope_questions
                 JOIN backlog USING (repo, number) LEFT JOIN outbox ON key = scope_questions.comment
             WHERE scope_questions.repo = ?1 AND scope_questions.number = ?2 AND NOT is_pull",
        )?
        .query_row((thread.repo, thread.number), |row| {
            let author: Option<Json<Account>> = row.get(0)?;
            let author = author.map(|Json(author)| author);
            Ok(AwaitedAnswer { author, question: row.get(1)? })
        })
        .optional()?;
    Ok(awaited)
}

/// A comment says so much of what was asked.
pub fn answered(
    tx: &Transaction<'_>,
    thread: ThreadId,
    comment: i64,
    says: Readiness,
) -> Result<(), Error> {
    let mut answers = answers(tx, thread)?;
    if !answers.contains(&comment) {
        answers.push(comment);
        let older = answers.len().saturating_sub(MOST_ANSWERS);
        answers.drain(..older);
    }
    let changed = tx
        .prepare_cached(
            "UPDATE scope_questions SET said = said | ?3, answers = ?4
             WHERE repo = ?1 AND number = ?2",
        )?
        .execute((thread.repo, thread.number, backlog::readiness_bits(says), Json(answers)))?;
    if changed == 0 { Ok(()) } else { backlog::moved(tx) }
}

/// The comments that answered, by number, oldest first.
pub fn answers(conn: &Connection, thread: ThreadId) -> Result<Vec<i64>, Error> {
    let answers: Option<Json<Vec<i64>>> = conn
        .prepare_cached("SELECT answers FROM scope_questions WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| row.get(0))
        .optional()?;
    Ok(answers.map(|Json(answers)| answers).unwrap_or_default())
}

/// What comments said of each issue whose author was asked, by repository and number.
pub(super) fn said(conn: &Connection) -> Result<Vec<(ThreadId, Readiness)>, Error> {
    let said = conn
        .prepare_cached(
            "SELECT repo, number, said FROM scope_questions WHERE said <> 0 ORDER BY repo, number",
        )?
        .query_map([], |row| Ok((thread(row)?, backlog::readiness_of(row.get(2)?))))?
        .collect::<Result<_, _>>()?;
    Ok(said)
}

/// The same of one issue.
pub(super) fn said_of(conn: &Connection, thread: ThreadId) -> Result<Readiness, Error> {
    let said = conn
        .prepare_cached("SELECT said FROM scope_questions WHERE repo = ?1 AND number = ?2")?
        .query_row((thread.repo, thread.number), |row| Ok(backlog::readiness_of(row.get(0)?)))
        .optional()?;
    Ok(said.unwrap_or_default())
}
