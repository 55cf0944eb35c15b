//! The accounts behind the names of the configuration, as they were first seen.

use rusqlite::{Connection, Transaction};

use super::error::Error;
use crate::core::model::account::Account;

/// A name of the configuration and the account that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// As the configuration writes it, in lower case.
    pub name: String,
    /// Whose it was when it was first seen, as that account was last called.
    pub account: Account,
}

/// All that are known, by name.
///
/// # Errors
/// If the ledger cannot be read.
pub fn all(conn: &Connection) -> Result<Vec<KnownAccount>, Error> {
    let known = conn
        .prepare_cached("SELECT name, id, login FROM accounts ORDER BY name")?
        .query_map([], |row| {
            let account = Account { id: row.get(1)?, login: row.get(2)? };
            Ok(KnownAccount { name: row.get(0)?, account })
        })?
        .collect::<Result<_, _>>()?;
    Ok(known)
}

/// Remembers whose name `name` is, unless it is another's already; of its own account what that
/// is called now.
pub fn confirm_account(tx: &Transaction<'_>, name: &str, account: &Account) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO accounts (name, id, login) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET login = excluded.login WHERE id = excluded.id",
    )?
    .execute((name.to_ascii_lowercase(), account.id, &account.login))?;
    Ok(())
}

/// Forgets whose name `name` was: it will be whoever is seen next. `false` if nobody was known.
pub fn forget(tx: &Transaction<'_>, name: &str) -> Result<bool, Error> {
    let forgotten = tx
        .prepare_cached("DELETE FROM accounts WHERE name = ?1")?
        .execute([name.to_ascii_lowercase()])?;
    Ok(forgotten == 1)
}

/// Forgets all names but these, which are in lower case: what the configuration names no longer
/// is nobody's.
pub fn keep_only(tx: &Transaction<'_>, names: &[String]) -> Result<(), Error> {
    for known in all(tx)?.iter().filter(|known| !names.contains(&known.name)) {
        forget(tx, &known.name)?;
    }
    Ok(())
}
