//! The schema and how it grows: files applied in order, `user_version` counts them.

#[cfg(test)]
mod fill;

use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// All migrations, oldest first. Applied ones are never changed; a new one goes to the end.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../schema/0001_ledger.sql"),
    include_str!("../schema/0002_readiness.sql"),
    include_str!("../schema/0003_jobs.sql"),
    include_str!("../schema/0004_open_pulls.sql"),
    include_str!("../schema/0005_decisions.sql"),
    include_str!("../schema/0006_lifted_guards.sql"),
    include_str!("../schema/0007_permissions.sql"),
    include_str!("../schema/0008_named_paths.sql"),
    include_str!("../schema/0009_day_budgets.sql"),
    include_str!("../schema/0010_merge_targets.sql"),
    include_str!("../schema/0011_automatic.sql"),
    include_str!("../schema/0012_reviews.sql"),
    include_str!("../schema/0013_scope_and_quota.sql"),
    include_str!("../schema/0014_review_numbers.sql"),
    include_str!("../schema/0015_scope_answers.sql"),
    include_str!("../schema/0016_crews.sql"),
    include_str!("../schema/0017_splits.sql"),
    include_str!("../schema/0018_routines.sql"),
    include_str!("../schema/0019_split_bonds.sql"),
    include_str!("../schema/0020_notifications.sql"),
    include_str!("../schema/0021_dismissed_reviews.sql"),
    include_str!("../schema/0022_missing_labels.sql"),
    include_str!("../schema/0023_jobs_ended.sql"),
    include_str!("../schema/0024_start_fetchers.sql"),
];

/// Brings a ledger of `version` to the last of `migrations`, each in a transaction of its own.
pub(super) fn run(
    conn: &mut Connection,
    migrations: &[&str],
    version: usize,
) -> Result<(), OpenError> {
    complete_jobs(conn).map_err(|source| OpenError::Migration { version, source })?;
    for (index, sql) in migrations.iter().enumerate().skip(version) {
        let version = index + 1;
        apply(conn, sql, version).map_err(|source| OpenError::Migration { version, source })?;
    }
    Ok(())
}

/// One step. A table is rebuilt with foreign keys off, which can only be said outside of a
/// transaction; they are checked before the commit.
fn apply(conn: &mut Connection, sql: &str, version: usize) -> rusqlite::Result<()> {
    conn.pragma_update(None, "foreign_keys", false)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(sql)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", i64::try_from(version).unwrap_or(i64::MAX))?;
    check_references(&tx)?;
    tx.commit()?;
    conn.pragma_update(None, "foreign_keys", true)
}

/// The third migration was changed once after it had been applied: a ledger of before gets what it
/// does not have.
fn complete_jobs(conn: &Connection) -> rusqlite::Result<()> {
    let mut columns = conn.prepare(
        "SELECT count(*) > 0 AND NOT total(name = 'pull_open') FROM pragma_table_info('jobs')",
    )?;
    if !columns.query_row([], |row| row.get(0))? {
        return Ok(());
    }
    conn.execute_batch(
        "BEGIN IMMEDIATE;
         ALTER TABLE jobs ADD COLUMN
             pull_open INTEGER NOT NULL DEFAULT 0 CHECK (pull_open IN (0, 1));
         CREATE INDEX jobs_delivered ON jobs (repo, pull, id, steps) WHERE pull_open = 1;
         CREATE TABLE transcripts (
             fence      INTEGER PRIMARY KEY REFERENCES attempts (fence),
             kept_at    INTEGER NOT NULL,
             transcript TEXT    NOT NULL
         ) STRICT;
         COMMIT;",
    )
}

fn check_references(conn: &Connection) -> rusqlite::Result<()> {
    if conn.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
            Some("the migration leaves rows that refer to nothing".to_owned()),
        ));
    }
    Ok(())
}

/// What `file` and others show of a ledger: "timy".
pub(super) const APPLICATION_ID: i64 = 0x7469_6d79;

#[cfg(test)]
mod tests {
    use super::fill::{Counts, counts, fill};
    use crate::store::migrate::*;

    fn ledger(version: usize) -> Connection {
        let mut conn = Connection::open_in_memory().expect("a database in memory");
        run(&mut conn, &MIGRATIONS[..version], 0).expect("the migrations before");
        conn
    }

    fn version(conn: &Connection) -> i64 {
        conn.pragma_query_one(None, "user_version").expect("a version")
    }

    #[test]
    fn a_ledger_of_the_first_form_of_jobs_gets_what_it_lacks() {
        let mut conn = ledger(3);
        let first_form = "DROP TABLE transcripts; DROP INDEX jobs_delivered;
                          ALTER TABLE jobs DROP COLUMN pull_open";
        conn.execute_batch(first_form).expect("the first form");
        run(&mut conn, MIGRATIONS, 3).expect("the rest");
        for sql in ["SELECT pull_open FROM jobs", "SELECT transcript FROM transcripts"] {
            conn.prepare(sql).expect(sql);
        }
        run(&mut conn, MIGRATIONS, MIGRATIONS.len()).expect("nothing left to do");
    }

    #[test]
    fn every_migration_keeps_every_row_of_the_version_before() {
        for before in 0..MIGRATIONS.len() {
            let mut conn = ledger(before);
            fill(&conn, 50);
            let held: Counts = counts(&conn);
            run(&mut conn, &MIGRATIONS[..=before], before)
                .unwrap_or_else(|error| panic!("migration {} on full tables: {error}", before + 1));
            let holds = counts(&conn);
            for (table, rows) in held {
                assert_eq!(holds.get(&table), Some(&rows), "rows of {table}");
            }
        }
    }

    #[test]
    fn every_table_of_the_present_schema_can_be_filled() {
        let conn = ledger(MIGRATIONS.len());
        fill(&conn, 50);
        assert!(counts(&conn).len() >= 8);
        assert!(counts(&conn).values().all(|&rows| rows >= 50), "{:?}", counts(&conn));
    }

    #[test]
    fn checks_and_references_of_later_tables_are_met() {
        let conn = ledger(MIGRATIONS.len());
        conn.execute_batch(
            "CREATE TABLE child (
                 id INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repos,
                 mood TEXT NOT NULL CHECK (mood IN ('good', 'bad')), UNIQUE (repo, id)) STRICT",
        )
        .expect("a table");
        fill(&conn, 50);
        assert_eq!(counts(&conn)["child"], 50);
    }

    #[test]
    fn a_migration_that_full_tables_refuse_changes_nothing() {
        let mut conn = ledger(MIGRATIONS.len());
        fill(&conn, 50);
        let breaking = [
            MIGRATIONS,
            &["CREATE TABLE fresh (id INTEGER); CREATE UNIQUE INDEX one ON inbox (act);"],
        ]
        .concat();
        let error = run(&mut conn, &breaking, MIGRATIONS.len()).expect_err("duplicate acts");
        assert!(error.to_string().contains("UNIQUE"), "{error}");
        assert_eq!(version(&conn), i64::try_from(MIGRATIONS.len()).expect("a small number"));
        assert!(!counts(&conn).contains_key("fresh"));
    }

    #[test]
    fn a_migration_may_not_leave_dangling_references() {
        let mut conn = ledger(MIGRATIONS.len());
        let dangling = [
            MIGRATIONS,
            &["CREATE TABLE child (parent INTEGER REFERENCES repos (id)) STRICT;
               INSERT INTO child VALUES (99);"],
        ]
        .concat();
        let error = run(&mut conn, &dangling, MIGRATIONS.len()).expect_err("nobody is 99");
        assert!(error.to_string().contains("refer to nothing"), "{error}");
    }
}
