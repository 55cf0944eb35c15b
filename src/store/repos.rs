//! What repositories are called now. Rows elsewhere hold their numbers, which stay.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::backlog;
use super::columns::Spelled;
use super::error::Error;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;

/// Keeps what the forge just said of a repository. Writes only if something changed, so that
/// it may be called for each delivery.
pub fn remember(tx: &Transaction<'_>, repo: &Repo) -> Result<(), Error> {
    let row = || (repo.id, Spelled(&repo.name), repo.private);
    let is_known = tx
        .prepare_cached("SELECT 1 FROM repos WHERE id = ?1 AND name = ?2 AND private = ?3")?
        .exists(row())?;
    if is_known {
        return Ok(());
    }
    let before = name(tx, repo.id)?;
    tx.prepare_cached(
        "INSERT INTO repos (id, name, private) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, private = excluded.private",
    )?
    .execute(row())?;
    match before {
        Some(before) if is_renamed(&before, repo) && backlog::is_tracked(tx, repo.id)? => {
            backlog::moved(tx)
        }
        _ => Ok(()),
    }
}

/// Pull requests say by name in which repository they close something. Who may read it places
/// nothing.
fn is_renamed(before: &Repo, repo: &Repo) -> bool {
    let Repo { id: _, name, private: _ } = repo;
    before.name != *name
}

/// Keeps what a delivery says of a repository, as far as that is believed: the first name of a
/// number, and that fewer may read it than before. A secret is known to whoever administers its
/// webhook; names change, and privacy ends, only by what the forge answers when it is asked.
///
/// `false` if the number has another name.
pub fn introduce(tx: &Transaction<'_>, repo: &Repo) -> Result<bool, Error> {
    let Some(known) = name(tx, repo.id)? else { return remember(tx, repo).map(|()| true) };
    if repo.private && !known.private {
        remember(tx, &Repo { private: true, ..known.clone() })?;
    }
    Ok(known.name == repo.name)
}

/// Those that everybody could read when they were last seen.
pub fn public(conn: &Connection) -> Result<HashSet<RepoId>, Error> {
    let public = conn
        .prepare_cached("SELECT id FROM repos WHERE NOT private")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(public)
}

/// What those are called, but for `here`, that not everybody could read.
pub fn private_but(conn: &Connection, here: RepoId) -> Result<Vec<RepoName>, Error> {
    let names = conn
        .prepare_cached("SELECT name FROM repos WHERE private AND id <> ?1")?
        .query_map([here], |row| row.get(0).map(|Spelled(name)| name))?
        .collect::<Result<_, _>>()?;
    Ok(names)
}

/// The repository as it was last seen.
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
