//! Pauses, delegations, and what the owner lets be spent.

use rusqlite::{Connection, Transaction};

use super::backlog;
use super::columns::Json;
use super::error::Error;
use crate::core::command::value::{Amount, ArgumentValue as _, JobId};
use crate::core::jobs::money::Ceiling;
use crate::core::model::account::Account;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::{
    BudgetPart, ControlChange, Controls, Delegation, Pause, SetBudget,
};

/// The fleet at the moment `now`.
pub fn at(conn: &Connection, now: Timestamp) -> Result<Controls, Error> {
    let (pauses, delegations) = (pauses(conn)?, delegations(conn, now)?);
    Ok(Controls { pauses, delegations, budgets: budgets(conn, now)? })
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

/// Whether an account may approve because the owner lends it that right.
pub(super) fn is_lent(conn: &Connection, to: &Account, now: Timestamp) -> Result<bool, Error> {
    Ok(delegations(conn, now)?.iter().any(|lent| lent.to.id == to.id))
}

/// The budgets that are not over. What cannot be read was written by no version of this.
fn budgets(conn: &Connection, now: Timestamp) -> Result<Vec<SetBudget>, Error> {
    let budgets: Vec<Option<SetBudget>> = conn
        .prepare_cached(
            "SELECT part, amount, said_by, until FROM day_budgets WHERE until > ?1 ORDER BY rowid",
        )?
        .query_map([now], |row| {
            let (Json(of), amount, Json(by)) = (row.get(0)?, row.get::<_, String>(1)?, row.get(2)?);
            let until = row.get(3)?;
            Ok(Amount::read(&amount).map(|amount| SetBudget { of, amount, by, until }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(budgets.into_iter().flatten().collect())
}

/// What the owner lets be spent on the issue of a job at least.
pub fn raised(conn: &Connection, job: JobId) -> Result<Ceiling, Error> {
    let amounts: Vec<String> = conn
        .prepare_cached("SELECT amount FROM day_budgets WHERE part = ?1")?
        .query_map([Json(BudgetPart::Job(job))], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let amounts = amounts.iter().filter_map(|amount| Amount::read(amount));
    Ok(amounts.fold(Ceiling::default(), Ceiling::set))
}

/// A job has ended, and with it what was said of its budget.
pub(super) fn job_ended(tx: &Transaction<'_>, job: JobId) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM day_budgets WHERE part = ?1")?
        .execute([Json(BudgetPart::Job(job))])?;
    Ok(())
}

pub fn apply(tx: &Transaction<'_>, change: &ControlChange) -> Result<(), Error> {
    if moves_places(tx, change)? {
        backlog::moved(tx)?;
    }
    match change {
        ControlChange::Pause(Pause { part, by, since }) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO pauses (part, said_by, since) VALUES (?1, ?2, ?3)",
            )?
            .execute((Json(part), Json(by), since))?,
        ControlChange::Resume(part) => {
            tx.prepare_cached("DELETE FROM pauses WHERE part = ?1")?.execute([Json(part)])?
        }
        ControlChange::Delegate(Delegation { to, by, until }) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO delegations (account, login, said_by, until)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((to.id, &to.login, Json(by), until))?,
        ControlChange::SetBudget(SetBudget { of, amount, by, until }) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO day_budgets (part, unit, amount, said_by, until)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((Json(of), amount.unit(), amount.to_string(), Json(by), until))?,
        ControlChange::Undelegate(account) => {
            tx.prepare_cached("DELETE FROM delegations WHERE account = ?1")?.execute([account])?
        }
    };
    Ok(())
}

/// Whether a ranking comes out otherwise: it reads the pauses.
fn moves_places(conn: &Connection, change: &ControlChange) -> Result<bool, Error> {
    let pauses = pauses(conn)?;
    Ok(match change {
        ControlChange::Pause(pause) => !pauses.contains(pause),
        ControlChange::Resume(part) => pauses.iter().any(|pause| pause.part == *part),
        // Who has no room by it, may have some by now.
        ControlChange::SetBudget(_) => true,
        ControlChange::Delegate(_) | ControlChange::Undelegate(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::core::model::ids::RepoId;
    use crate::core::policy::controls::PauseScope;
    use crate::store::controls::*;
    use crate::store::migrate::{self, MIGRATIONS};

    fn account(id: i64) -> Account {
        Account { id, login: format!("user{id}") }
    }

    fn pause(part: PauseScope, since: i64) -> Pause {
        Pause { part, by: account(1), since: Timestamp::from_micros(since) }
    }

    fn budget(of: BudgetPart, amount: Amount) -> SetBudget {
        SetBudget { of, amount, by: account(1), until: Timestamp::from_micros(80) }
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
        let mut fleet = Controls::default();
        for change in [
            ControlChange::Pause(pause(PauseScope::All, 1)),
            ControlChange::Pause(pause(PauseScope::Repo(RepoId(3)), 2)),
            ControlChange::Pause(pause(PauseScope::Agent("ezra".into()), 3)),
            ControlChange::Delegate(lent(50)),
            ControlChange::Resume(PauseScope::Repo(RepoId(3))),
            ControlChange::Delegate(lent(90)),
            ControlChange::Undelegate(8),
            ControlChange::SetBudget(budget(BudgetPart::All, Amount::MicroUsd(1_500_000))),
            ControlChange::SetBudget(budget(BudgetPart::Agent("ezra".into()), Amount::Runs(3))),
            ControlChange::SetBudget(budget(BudgetPart::All, Amount::Tokens(5_000))),
            ControlChange::SetBudget(budget(BudgetPart::All, Amount::MicroUsd(2_500_000))),
        ] {
            let tx = conn.transaction().expect("a transaction");
            apply(&tx, &change).expect("a change that is stored");
            tx.commit().expect("a commit");
            fleet.apply(change);
            assert_eq!(at(&conn, Timestamp::from_micros(10)).expect("a fleet"), fleet);
        }
        let all: Vec<Amount> = fleet.budgets(&BudgetPart::All).collect();
        assert_eq!(all, [Amount::Tokens(5_000), Amount::MicroUsd(2_500_000)]);
        let later = at(&conn, Timestamp::from_micros(90)).expect("a fleet");
        assert_eq!(later, Controls { delegations: vec![], budgets: vec![], ..fleet });
    }

    #[test]
    fn what_a_job_may_cost_more_ends_with_it() {
        let mut conn = Connection::open_in_memory().expect("a database in memory");
        migrate::run(&mut conn, MIGRATIONS, 0).expect("the schema");
        let tx = conn.transaction().expect("a transaction");
        for amount in [Amount::MicroUsd(5), Amount::Runs(3), Amount::MicroUsd(9)] {
            let said = budget(BudgetPart::Job(JobId(42)), amount);
            apply(&tx, &ControlChange::SetBudget(said)).expect("a change that is stored");
        }
        let raised_to = Ceiling { micro_usd: Some(9), runs: Some(3), ..Ceiling::default() };
        assert_eq!(raised(&tx, JobId(42)).expect("a ceiling"), raised_to);
        assert_eq!(raised(&tx, JobId(4)).expect("a ceiling"), Ceiling::default());
        job_ended(&tx, JobId(42)).expect("an end");
        assert_eq!(raised(&tx, JobId(42)).expect("a ceiling"), Ceiling::default());
    }
}
