//! One row per command: who said what, and what came of it. Rows are added, and changed only when
//! the forge refuses in the end what was said to be done, or the words are deleted there.

use rusqlite::{Connection, Transaction};

use super::columns::{Json, subject_columns};
use super::error::Error;
use crate::core::command::Args;
use crate::core::command::verb::Verb;
use crate::core::model::ids::{Subject, ThreadId};
use crate::core::model::thread::PastCommand;
use crate::core::model::time::Timestamp;

/// One command and what came of it.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub subject: Subject,
    pub thread: ThreadId,
    /// The login of whoever gave it.
    pub actor: String,
    /// The command line, as written.
    pub line: String,
    /// The verb; none if the line was no command.
    pub verb: Option<Verb>,
    /// Its arguments.
    pub args: Args,
    /// What came of it, as a stable code.
    pub outcome: String,
    /// The first sentence of the answer.
    pub answer: String,
    /// The key of the effect that has to come about for it to be true.
    pub effect: Option<String>,
}

/// A command as it is listed with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardCommand {
    pub at: Timestamp,
    pub thread: ThreadId,
    /// The login of whoever gave it.
    pub actor: String,
    /// The command line, as written; none once it was deleted on the forge.
    pub line: Option<String>,
    pub verb: Option<String>,
    /// What came of it, as a stable code.
    pub outcome: String,
}

pub fn record(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<(), Error> {
    let (kind, id) = subject_columns(entry.subject);
    tx.prepare_cached(
        "INSERT INTO audit (at, subject_kind, subject_id, repo, number, actor, line, verb, args,
                            outcome, answer, effect)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
        entry.at,
        kind,
        id,
        entry.thread.repo,
        entry.thread.number,
        &entry.actor,
        &entry.line,
        entry.verb.map(|verb| verb.name()),
        Json(&entry.args),
        &entry.outcome,
        &entry.answer,
        &entry.effect,
    ))?;
    Ok(())
}

/// What the effect called `key` was to bring about failed: so says the record from now on.
pub fn failed(tx: &Transaction<'_>, key: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE audit SET outcome = 'failed' WHERE effect = ?1")?.execute([key])?;
    Ok(())
}

/// The latest `limit` commands of `thread`, oldest first.
pub fn recent(conn: &Connection, thread: ThreadId, limit: u32) -> Result<Vec<PastCommand>, Error> {
    let mut said: Vec<PastCommand> = conn
        .prepare_cached(
            "SELECT at, actor, line, outcome FROM audit WHERE repo = ?1 AND number = ?2
             ORDER BY seq DESC LIMIT ?3",
        )?
        .query_map((thread.repo, thread.number, limit), |row| {
            Ok(PastCommand {
                at: row.get(0)?,
                actor: row.get(1)?,
                line: Some(row.get(2)?).filter(|line: &String| !line.is_empty()),
                outcome: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    said.reverse();
    Ok(said)
}

/// The latest `limit` commands of all threads, the latest first.
pub fn latest(conn: &Connection, limit: u32) -> Result<Vec<HeardCommand>, Error> {
    let said = conn
        .prepare_cached(
            "SELECT at, repo, number, actor, line, verb, outcome FROM audit
             ORDER BY seq DESC LIMIT ?1",
        )?
        .query_map([limit], |row| {
            Ok(HeardCommand {
                at: row.get("at")?,
                thread: ThreadId { repo: row.get("repo")?, number: row.get("number")? },
                actor: row.get("actor")?,
                line: Some(row.get("line")?).filter(|line: &String| !line.is_empty()),
                verb: row.get("verb")?,
                outcome: row.get("outcome")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(said)
}
