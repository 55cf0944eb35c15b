//! The backlog: what is open on the forge, as it was last seen there.
//!
//! - `stock`: whose backlog is kept, and what was read of it in full.
//! - `keep`: what is seen comes in, moves and leaves.
//! - `bonds`: what waits for what.
//! - `load`: all that places depend on, in one go ([`facts`]).

mod dependencies;
mod load;
mod shared;
mod tracked_repos;
mod upsert;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::Spelled;
use super::error::Error;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::model::thread::ThreadTitle;

pub use dependencies::{ask_strangers_again, bind, not_told, to_ask, unasked};
pub use load::{facts, forget_old_participants};
pub use tracked_repos::{
    SyncFinding, count_open, due, is_complete, keep_only, read_again, read_in_full,
    read_older_again, tracked, unread,
};
pub use upsert::{Source, forget, put};

/// How often anything moved on which a place in the backlog depends: while it stays the same,
/// [`facts`] change only as time goes by.
pub fn version(conn: &Connection) -> Result<i64, Error> {
    let count = conn
        .prepare_cached("SELECT max(count) FROM backlog_moves")?
        .query_row([], |row| row.get(0));
    Ok(count?)
}

/// Something moved that is not in the tables of the backlog.
pub(super) fn moved(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.prepare_cached("UPDATE backlog_moves SET count = count + 1")?.execute([])?;
    Ok(())
}

/// What those of `threads` are called that are in the backlog.
pub fn titles(
    conn: &Connection,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, ThreadTitle>, Error> {
    let mut look = conn.prepare_cached(
        "SELECT name, private, title, is_pull FROM backlog JOIN repos ON id = repo
         WHERE repo = ?1 AND number = ?2",
    )?;
    let mut titles = HashMap::new();
    for &thread in threads {
        let found = look
            .query_row((thread.repo, thread.number), |row| {
                let Spelled(name) = row.get(0)?;
                let repo = Repo { id: thread.repo, name, private: row.get(1)? };
                Ok(ThreadTitle { repo, title: row.get(2)?, is_pull: row.get(3)? })
            })
            .optional()?;
        titles.extend(found.map(|title| (thread, title)));
    }
    Ok(titles)
}
