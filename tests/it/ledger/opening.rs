//! Which files are ledgers, and whose.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use timmy::store::{Ledger, OpenError};

use super::{new_ledger, put, runtime, word_at};

fn home() -> TempDir {
    TempDir::new().expect("a directory")
}

/// A ledger that was closed, changed by `sql` behind timmy's back.
fn tampered(home: &TempDir, sql: &str) -> std::path::PathBuf {
    let path = home.path().join("timmy.db");
    drop(Ledger::open(&path).expect("a new ledger"));
    let conn = rusqlite::Connection::open(&path).expect("a database");
    conn.execute_batch(sql).expect("the change");
    path
}

#[test]
fn a_second_opening_is_refused_and_says_who_is_there() {
    let (ledger, home) = new_ledger();
    let path = home.path().join("timmy.db");
    let refusal = Ledger::open(&path).expect_err("one ledger, one process");
    assert!(matches!(refusal, OpenError::Held { pid: Some(pid), .. } if pid == std::process::id()));
    assert!(refusal.to_string().contains(&format!("process {}", std::process::id())), "{refusal}");

    drop(ledger);
    Ledger::open(&path).expect("it was let go");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_leads_to_the_same_lock() {
    let (_ledger, home) = new_ledger();
    let link = home.path().join("link.db");
    std::os::unix::fs::symlink(home.path().join("timmy.db"), &link).expect("a link");
    assert!(matches!(Ledger::open(&link), Err(OpenError::Held { .. })));
}

#[test]
fn a_lock_file_that_a_crash_left_locks_nobody_out() {
    let home = home();
    fs::write(home.path().join("timmy.db.lock"), "4711\n").expect("a stale lock");
    Ledger::open(home.path().join("timmy.db")).expect("nobody holds it");
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let (ledger, home) = new_ledger();
    runtime().block_on(ledger.write(|tx| put(tx, "word", "stays"))).expect("a write");
    drop(ledger);

    assert!(!home.path().join("timmy.db-wal").exists(), "the log is folded into the file");
    let ledger = Ledger::open(home.path().join("timmy.db")).expect("the same ledger");
    let word = runtime().block_on(ledger.read(|conn| word_at(conn, "word")));
    assert_eq!(word.expect("a read").as_deref(), Some("stays"));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let (ledger, home) = new_ledger();
    let path = home.path().join("timmy.db");
    for name in ["timmy.db", "timmy.db-wal", "timmy.db.lock"] {
        assert_eq!(mode(&home.path().join(name)), 0o600, "{name}");
    }

    drop(ledger);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a careless copy");
    let _ledger = Ledger::open(&path).expect("the same ledger");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_alone() {
    let home = home();
    let text = home.path().join("notes.txt");
    let notes = "Dear diary, today I pointed a bot at you. ".repeat(30);
    fs::write(&text, &notes).expect("a text");
    assert!(matches!(Ledger::open(&text), Err(OpenError::NotALedger { .. })));
    assert_eq!(fs::read_to_string(&text).expect("a text"), notes);

    let other = home.path().join("other.db");
    let conn = rusqlite::Connection::open(&other).expect("a database");
    conn.execute_batch("CREATE TABLE songs (title TEXT)").expect("a table");
    drop(conn);
    let before = fs::read(&other).expect("a database");
    assert!(matches!(Ledger::open(&other), Err(OpenError::NotALedger { .. })));
    assert!(matches!(Ledger::open_read_only(&other), Err(OpenError::NotALedger { .. })));
    assert_eq!(fs::read(&other).expect("a database"), before);
}

#[test]
fn a_newer_ledger_is_refused() {
    let home = home();
    let path = tampered(&home, "PRAGMA user_version = 900");
    let refusal = Ledger::open(&path).expect_err("from the future");
    assert!(matches!(refusal, OpenError::Newer { found: 900, .. }), "{refusal}");
    assert!(matches!(Ledger::open_read_only(&path), Err(OpenError::Newer { .. })));
}

#[test]
fn a_directory_that_is_missing_is_named() {
    let path = home().path().join("nowhere/timmy.db");
    let refusal = Ledger::open(&path).expect_err("no directory");
    assert!(refusal.to_string().contains("nowhere"), "{refusal}");
    assert!(matches!(Ledger::open_read_only(&path), Err(OpenError::Missing { .. })));
}

#[test]
fn others_read_beside_the_one_who_writes() {
    let (ledger, home) = new_ledger();
    let readers = Ledger::open_read_only(home.path().join("timmy.db")).expect("a reader");
    runtime().block_on(async {
        ledger.write(|tx| put(tx, "word", "new")).await.expect("a write");
        let word = readers.read(|conn| word_at(conn, "word")).await.expect("a read");
        assert_eq!(word.as_deref(), Some("new"));
        let forbidden = readers.read(|conn| Ok(conn.execute("DELETE FROM meta", [])?)).await;
        assert!(forbidden.is_err(), "a reader cannot write");
    });
}

#[test]
fn a_closed_ledger_can_be_read_without_locking_it() {
    let (ledger, home) = new_ledger();
    drop(ledger);
    let path = home.path().join("timmy.db");
    let readers = Ledger::open_read_only(&path).expect("a reader");
    let nothing = runtime().block_on(readers.read(|conn| word_at(conn, "word")));
    assert_eq!(nothing.expect("a read"), None);
    Ledger::open(&path).expect("readers hold no lock");
}
