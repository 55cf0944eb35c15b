//! Which worker was given the start of an attempt: no other one can say whether it was begun.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::store::error::Error;

/// Keeps that `worker` is given the start of the attempt that is called `key` outside. False if there
/// is none that could begin: then it must not be given.
pub fn keep_start_fetcher(tx: &Transaction<'_>, key: &str, worker: &str) -> Result<bool, Error> {
    let kept = tx
        .prepare_cached(
            "UPDATE attempts SET fetched_by = ?2
             WHERE key = ?1 AND ended_at IS NULL AND request IS NOT NULL",
        )?
        .execute((key, worker))?;
    Ok(kept > 0)
}

/// The worker that was given it; none if nobody was, or that is not known.
pub fn start_fetcher(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    let worker = conn
        .prepare_cached("SELECT fetched_by FROM attempts WHERE key = ?1")?
        .query_row([key], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    Ok(worker.flatten())
}
