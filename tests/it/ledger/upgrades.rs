//! Ledgers of every earlier version: this one opens them, and loses nothing of what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use timmy::store::backup::{Existing, backup};
use timmy::store::{Ledger, OpenError};

use super::{at, runtime, word_at};

/// How `timmy` marks its files: "timy".
const APPLICATION_ID: i64 = 0x7469_6d79;

/// The migrations, oldest first: a ledger of version n is what the first n of them made.
fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files
}

/// A ledger of an earlier version with something in it, as a timmy of that time left it.
fn of_version(version: usize, home: &TempDir) -> PathBuf {
    let path = home.path().join(format!("version{version}.db"));
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    for file in &migrations()[..version] {
        conn.execute_batch(&fs::read_to_string(file).unwrap()).unwrap();
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    conn.pragma_update(None, "user_version", version as i64).unwrap();
    conn.execute_batch(
        "INSERT INTO meta VALUES ('word', 'stays');
         INSERT INTO repos VALUES (1, 'foundation/door', 0);
         INSERT INTO watched (repo, since, read_to) VALUES (1, 1, 2);
         INSERT INTO incidents VALUES ('{\"kind\":\"forge_down\"}', NULL, 'it is away', 1, 1, 1);
         INSERT INTO outbox (key, repo, number, created_at, state, due_at, payload)
         VALUES ('c7', 1, 4, 1, 'queued', 1, '{}');",
    )
    .unwrap();
    path
}

/// What it held is there, whatever happened to its tables.
fn holds_all(ledger: &Ledger) {
    let read = runtime().block_on(ledger.read(|conn| {
        let word = word_at(conn, "word")?;
        let repo = timmy::store::repos::name(conn, timmy::core::model::ids::RepoId(1))?;
        let incidents = timmy::store::incidents::all(conn)?.len();
        let effect = timmy::store::outbox::get(conn, "c7")?;
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((word, repo.map(|repo| repo.name.to_string()), incidents, effect.is_some(), version))
    }));
    let newest = migrations().len() as i64;
    let expected = Some("stays".to_owned());
    assert_eq!(read.unwrap(), (expected, Some("foundation/door".to_owned()), 1, true, newest));
}

#[test]
fn each_is_opened_and_brought_up_to_date() {
    let home = tempfile::tempdir().unwrap();
    for version in 1..=migrations().len() {
        let path = of_version(version, &home);
        holds_all(&Ledger::open(&path).unwrap_or_else(|error| panic!("{version}: {error}")));
        // And once more: there is nothing left to do.
        holds_all(&Ledger::open(&path).unwrap());
    }
}

/// Whoever upgrades makes a copy before, or has one from last year.
#[test]
fn a_copy_of_each_is_one_that_can_be_started_on() {
    let home = tempfile::tempdir().unwrap();
    for version in 1..=migrations().len() {
        let path = of_version(version, &home);
        let copy = home.path().join(format!("copy{version}.db"));
        backup(&path, &copy, Existing::Keep, at(9)).unwrap_or_else(|e| panic!("{version}: {e}"));
        holds_all(&Ledger::open(&copy).unwrap());
    }
}

/// Who only reads cannot bring it up to date, and says who can.
#[test]
fn a_reader_leaves_an_older_one_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let newest = migrations().len();
    for version in 1..newest {
        let path = of_version(version, &home);
        let refused = Ledger::open_read_only(&path).expect_err("it is older");
        assert!(matches!(refused, OpenError::Older { found, .. } if found == version));
        assert!(refused.to_string().contains("`timmy serve` once"), "{refused}");
    }
    let newer = of_version(newest, &home);
    let conn = rusqlite::Connection::open(&newer).unwrap();
    conn.pragma_update(None, "user_version", newest as i64 + 1).unwrap();
    drop(conn);
    let refused = Ledger::open(&newer).expect_err("it is newer");
    assert!(refused.to_string().contains("restore a backup"), "{refused}");
}
