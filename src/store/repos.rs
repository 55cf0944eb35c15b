//! What repositories are called now. Rows elsewhere hold their numbers, which stay.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::Spelled;
use super::error::Error;
use crate::core::heard::Repo;
use crate::core::ids::RepoId;

/// Keeps what the forge just said of a repository. Writes only if something changed, so that
/// it may be called for each delivery.
pub fn remember(tx: &Transaction<'_>, repo: &Repo) -> Result<(), Error> {
    let row = || (repo.id, Spelled(&repo.name), repo.private);
    let is_known = tx
        .prepare_cached("SELECT 1 FROM repos WHERE id = ?1 AND name = ?2 AND private = ?3")?
        .exists(row())?;
    if !is_known {
        tx.prepare_cached(
            "INSERT INTO repos (id, name, private) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, private = excluded.private",
        )?
        .execute(row())?;
    }
    Ok(())
}

/// The repository as it was last heard of.
pub fn name(conn: &Connection, id: RepoId) -> Result<Option<Repo>, Error> {
    let repo = conn
        .prepare_cached("SELECT name, private FROM repos WHERE id = ?1")?
        .query_row([id], |row| {
            let Spelled(name) = row.get(0)?;
            Ok(Repo { id, name, private: row.get(1)? })
        })
        .optional()?;
    Ok(repo)
}
