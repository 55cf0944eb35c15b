//! The version of the backlog: moves with everything that a ranking reads.
//!
//! Whoever stores such a thing compares it with what was there, field by field and naming every
//! one, and says in the same transaction that it [`moved`]: entries ([`put`](super::put),
//! [`forget`](super::forget)), dependencies ([`bind`](super::bind)), whose backlog is kept and what
//! it is called, participants, holds and snoozes, pauses, and where the report stands. What passes
//! with time alone moves nothing: a ranking knows until when it holds.

use rusqlite::{Connection, Transaction};

use crate::store::error::Error;

/// How often anything moved on which a place in the backlog depends: while it stays the same,
/// [`facts`](super::facts) change only as time goes by.
pub fn version(conn: &Connection) -> Result<i64, Error> {
    let count = conn
        .prepare_cached("SELECT max(count) FROM backlog_moves")?
        .query_row([], |row| row.get(0));
    Ok(count?)
}

/// Something moved on which a place in the backlog depends.
pub(in crate::store) fn moved(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.prepare_cached("UPDATE backlog_moves SET count = count + 1")?.execute([])?;
    Ok(())
}
