//! What repositories are called now. Rows elsewhere hold their numbers, which stay.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::backlog;
use super::columns::Spelled;
use super::error::Error;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::core::policy::audience::{Audience, Visible};

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

/// Keeps the name that the forge just showed. Who may read it was listed before: by that privacy
/// may begin, and never ends.
pub fn name_again(tx: &Transaction<'_>, repo: &Repo) -> Result<(), Error> {
    let private = repo.private || name(tx, repo.id)?.is_some_and(|known| known.private);
    remember(tx, &Repo { private, ..repo.clone() })
}

/// All of them, as they were when they were last seen.
pub fn all(conn: &Connection) -> Result<Vec<Repo>, Error> {
    let repos = conn
        .prepare_cached("SELECT id, name, private FROM repos")?
        .query_map([], |row| {
            let Spelled(name) = row.get(1)?;
            Ok(Repo { id: row.get(0)?, name, private: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(repos)
}

/// Which of them may be named to an audience, as they were when they were last seen.
pub fn visible(conn: &Connection, audience: Audience) -> Result<Visible, Error> {
    Ok(Visible::new(audience, &all(conn)?))
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
