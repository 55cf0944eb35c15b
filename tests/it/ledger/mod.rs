//! The ledger, from outside: what it promises to whoever writes, and what each family of rows
//! does.

mod backlog;
mod backlog_version;
mod inbox;
mod notifications;
mod opening;
mod outbox;
mod queue;
mod rows;
mod splits;
mod tasks;
mod upgrades;
mod writing;

use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::text::{InboundText, TextEvent};
use timmy::core::model::time::Timestamp;
use timmy::store::{Connection, Error, Transaction};

use crate::support::facts;
use crate::support::ledger::{in_transaction, new_ledger, runtime};

/// `second` seconds into the story.
fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

fn thread(number: i64) -> ThreadId {
    ThreadId { repo: RepoId(1), number }
}

/// A version of comment `id` in thread 12, written at second `updated`.
fn comment(id: i64, act: TextEvent, updated: i64, body: &str) -> InboundText {
    InboundText { act, updated_at: at(updated), ..facts::comment(id, at(0), body) }
}

/// Puts a word at a key that timmy does not use, for tests to which it is all the same what is
/// written.
fn put(tx: &Transaction<'_>, key: &str, word: &str) -> Result<(), Error> {
    tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, word])?;
    Ok(())
}

/// The word at such a key.
fn word_at(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let mut words = conn.prepare("SELECT value FROM meta WHERE key = ?1")?;
    let word = words.query_map([key], |row| row.get(0))?.next().transpose()?;
    Ok(word)
}

/// How many rows of `meta` have a key that begins with `prefix`.
fn count(conn: &Connection, prefix: &str) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM meta WHERE key LIKE ?1 || '%'";
    Ok(conn.query_row(sql, [prefix], |row| row.get(0))?)
}
