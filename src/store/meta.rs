//! Small facts by key, each a value of its caller's type.

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::columns::Json;
use super::error::Error;

/// The value at `key`, if there is one.
///
/// # Errors
/// Also when the value that is there is no `T`.
pub fn get<T: DeserializeOwned>(conn: &Connection, key: &str) -> Result<Option<T>, Error> {
    let value = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get::<_, Json<T>>(0))
        .optional()?;
    Ok(value.map(|Json(value)| value))
}

/// Puts `value` at `key`, in place of what was there.
pub fn set<T: Serialize>(tx: &Transaction<'_>, key: &str, value: &T) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute((key, Json(value)))?;
    Ok(())
}

/// Takes the value at `key` away, if there is one.
///
/// # Errors
/// As [`get`]; then it stays.
pub fn take<T: DeserializeOwned>(tx: &Transaction<'_>, key: &str) -> Result<Option<T>, Error> {
    let value = get(tx, key)?;
    tx.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(value)
}
