//! The comments that answer what the author of an issue was asked: what each says, and which words it
//! has, as it was read back from the forge.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction};
use sha2::{Digest as _, Sha256};

use super::backlog;
use super::columns::{Json, thread};
use super::error::Error;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::{NamedPaths, TextDigest};
use crate::core::scheduling::Readiness;

/// A comment that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeAnswer {
    /// Its number.
    pub comment: i64,
    /// How much of what was asked it says.
    pub says: Readiness,
    /// Which words it has: others are not its author's, or were not heard.
    pub text: TextDigest,
    /// The paths that it names.
    pub paths: NamedPaths,
}

impl ScopeAnswer {
    pub fn new(comment: i64, says: Readiness, body: &str, paths: NamedPaths) -> Self {
        Self { comment, says, text: digest(body), paths }
    }

    /// Whether the comment still has these words.
    pub fn is(&self, body: &str) -> bool {
        self.text == digest(body)
    }
}

fn digest(body: &str) -> TextDigest {
    TextDigest(Sha256::digest(body.as_bytes()).into())
}

pub(super) fn insert(
    tx: &Transaction<'_>,
    thread: ThreadId,
    answer: &ScopeAnswer,
) -> Result<(), Error> {
    let ScopeAnswer { comment, says, text: TextDigest(text), paths } = answer;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO scope_answers (repo, number, comment, said, text, paths)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        thread.repo,
        thread.number,
        comment,
        backlog::readiness_bits(*says),
        text,
        Json(paths),
    ))?;
    backlog::moved(tx)
}

/// A comment is gone, or says something else: it answers nothing any more.
pub fn forget(tx: &Transaction<'_>, thread: ThreadId, comment: i64) -> Result<(), Error> {
    let gone = tx
        .prepare_cached(
            "DELETE FROM scope_answers WHERE repo = ?1 AND number = ?2 AND comment = ?3",
        )?
        .execute((thread.repo, thread.number, comment))?;
    if gone == 0 { Ok(()) } else { backlog::moved(tx) }
}

/// The same, unless it has the words that it was read with.
pub fn edited(
    tx: &Transaction<'_>,
    thread: ThreadId,
    comment: i64,
    body: &str,
) -> Result<(), Error> {
    let is_other = |answer: &ScopeAnswer| answer.comment == comment && !answer.is(body);
    match of(tx, thread)?.iter().any(is_other) {
        true => forget(tx, thread, comment),
        false => Ok(()),
    }
}

/// The comments that answer in a thread, oldest first.
pub fn of(conn: &Connection, thread: ThreadId) -> Result<Vec<ScopeAnswer>, Error> {
    let answers = conn
        .prepare_cached(
            "SELECT comment, said, text, paths FROM scope_answers
             WHERE repo = ?1 AND number = ?2 ORDER BY comment",
        )?
        .query_map((thread.repo, thread.number), stored)?
        .collect::<Result<_, _>>()?;
    Ok(answers)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<ScopeAnswer> {
    let Json(paths) = row.get("paths")?;
    Ok(ScopeAnswer {
        comment: row.get("comment")?,
        says: backlog::readiness_of(row.get("said")?),
        text: TextDigest(row.get("text")?),
        paths,
    })
}

/// What comments say of the issues whose authors were asked, by repository and number.
pub(super) fn said(conn: &Connection) -> Result<Vec<(ThreadId, Readiness)>, Error> {
    let said = conn
        .prepare_cached(
            "SELECT repo, number, said FROM scope_answers ORDER BY repo, number, comment",
        )?
        .query_map([], |row| Ok((thread(row)?, backlog::readiness_of(row.get(2)?))))?
        .collect::<Result<_, _>>()?;
    Ok(said)
}

/// The same of one issue.
pub(super) fn said_of(conn: &Connection, thread: ThreadId) -> Result<Readiness, Error> {
    let answers = of(conn, thread)?;
    Ok(answers.iter().fold(Readiness::default(), |said, answer| said.or(answer.says)))
}

/// The paths that answers name, by issue.
pub fn named_paths(conn: &Connection) -> Result<BTreeMap<ThreadId, NamedPaths>, Error> {
    let mut named: BTreeMap<ThreadId, NamedPaths> = BTreeMap::new();
    let mut answers = conn.prepare_cached("SELECT repo, number, paths FROM scope_answers")?;
    let mut rows = answers.query([])?;
    while let Some(row) = rows.next()? {
        let Json(paths): Json<NamedPaths> = row.get(2)?;
        named.entry(thread(row)?).or_default().add(paths);
    }
    Ok(named)
}
