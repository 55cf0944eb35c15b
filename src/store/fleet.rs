//! What is paused, and who approves in the owner's place.

use rusqlite::{Connection, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::fleet::{Change, Delegation, Fleet, Pause};
use crate::core::heard::Account;
use crate::core::time::Timestamp;

/// The fleet at the moment `now`.
pub fn at(conn: &Connection, now: Timestamp) -> Result<Fleet, Error> {
    Ok(Fleet { pauses: pauses(conn)?, delegations: delegations(conn, now)? })
}

/// All pauses, in the order in which they were said.
pub(super) fn pauses(conn: &Connection) -> Result<Vec<Pause>, Error> {
    let pauses = conn
        .prepare_cached("SELECT part, said_by, since FROM pauses ORDER BY since, part")?
        .query_map([], |row| {
            let (Json(part), Json(by)) = (row.get(0)?, row.get(1)?);
            Ok(Pause { part, by, since: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(pauses)
}

/// The delegations that last beyond `now`, the first to end first.
pub fn delegations(conn: &Connection, now: Timestamp) -> Result<Vec<Delegation>, Error> {
    let delegations = conn
        .prepare_cached(
            "SELECT account, login, said_by, until FROM delegations WHERE until > ?1
             ORDER BY until, account",
        )?
        .query_map([now], |row| {
            let to = Account { id: row.get(0)?, login: row.get(1)? };
            let Json(by) = row.get(2)?;
            Ok(Delegation { to, by, until: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(delegations)
}

/// Stores a change.
pub fn apply(tx: &Transaction<'_>, change: &Change) -> Result<(), Error> {
    match change {
        Change::Pause(Pause { part, by, since }) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO pauses (part, said_by, since) VALUES (?1, ?2, ?3)",
            )?
            .execute((Json(part), Json(by), since))?,
        Change::Resume(part) => {
            tx.prepare_cached("DELETE FROM pauses WHERE part = ?1")?.execute([Json(part)])?
        }
        Change::Delegate(Delegation { to, by, until }) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO delegations (account, login, said_by, until)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((to.id, &to.login, Json(by), until))?,
        Change::Undelegate(account) => {
            tx.prepare_cached("DELETE FROM delegations WHERE account = ?1")?.execute([account])?
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fleet::Part;
    use crate::core::ids::RepoId;
    use crate::store::migrate::{self, MIGRATIONS};

    fn account(id: i64) -> Account {
        Account { id, login: format!("user{id}") }
    }

    fn pause(part: Part, since: i64) -> Pause {
        Pause { part, by: account(1), since: Timestamp::from_micros(since) }
    }

    #[test]
    fn what_is_stored_is_what_a_fleet_becomes() {
        let mut conn = Connection::open_in_memory().expect("a database in memory");
        migrate::run(&mut conn, MIGRATIONS, 0).expect("the schema");
        let lent = |until| Delegation {
            to: account(7),
            by: account(1),
            until: Timestamp::from_micros(until),
        };
        let mut fleet = Fleet::default();
        for change in [
            Change::Pause(pause(Part::All, 1)),
            Change::Pause(pause(Part::Repo(RepoId(3)), 2)),
            Change::Pause(pause(Part::Agent("ezra".into()), 3)),
            Change::Delegate(lent(50)),
            Change::Resume(Part::Repo(RepoId(3))),
            Change::Delegate(lent(90)),
            Change::Undelegate(8),
        ] {
            let tx = conn.transaction().expect("a transaction");
            apply(&tx, &change).expect("a change that is stored");
            tx.commit().expect("a commit");
            fleet.apply(change);
            assert_eq!(at(&conn, Timestamp::from_micros(10)).expect("a fleet"), fleet);
        }
        let later = at(&conn, Timestamp::from_micros(90)).expect("a fleet");
        assert_eq!(later, Fleet { delegations: vec![], ..fleet });
    }
}
