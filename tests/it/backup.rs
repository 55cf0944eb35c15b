//! `timmy backup`: a good copy of a ledger that is being written, or a plain refusal.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use timmy::core::model::time::Timestamp;
use timmy::store::backup::{BackupError, Existing, backup};
use timmy::store::{Ledger, meta};

use crate::support::config::Config;
use crate::support::process::{Run, timmy};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// Where it is counted: at any key that holds a number.
const COUNT: meta::Key<Timestamp> = meta::SWEPT_AT;

/// Counts up in the ledger as fast as it can: after each answer, `answered` is what is safe.
async fn count_up(ledger: Ledger, answered: Arc<AtomicI64>, enough: Arc<AtomicBool>) {
    for count in 1_i64.. {
        ledger.write(move |tx| meta::set(tx, COUNT, &Timestamp::from_micros(count))).await.unwrap();
        answered.store(count, Ordering::SeqCst);
        if enough.load(Ordering::SeqCst) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_taken_during_writes_holds_all_that_was_answered_before() {
    let home = tempfile::tempdir().unwrap();
    let (original, copy) = (home.path().join("timmy.db"), home.path().join("copy.db"));
    let ledger = Ledger::open(&original).unwrap();
    let (answered, enough) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = tokio::spawn(count_up(ledger.clone(), answered.clone(), enough.clone()));
    while answered.load(Ordering::SeqCst) < 50 {
        tokio::task::yield_now().await;
    }

    let before = answered.load(Ordering::SeqCst);
    let (from, to) = (original.clone(), copy.clone());
    let taken = tokio::task::spawn_blocking(move || backup(&from, &to, Existing::Keep, NOW));
    taken.await.unwrap().unwrap();
    enough.store(true, Ordering::SeqCst);
    writing.await.unwrap();

    let restored = Ledger::open(&copy).unwrap();
    let count = restored.read(|conn| meta::get(conn, COUNT)).await.unwrap().unwrap().micros();
    assert!(count >= before, "{count} in the copy, {before} were answered before");
    let stamp = restored.read(|conn| meta::get(conn, meta::COPIED_AT)).await.unwrap();
    assert_eq!(stamp, Some(NOW));
    assert_eq!(restored.read(meta::nameless_copy).await.unwrap(), Some(NOW));
    let stamped = ledger.read(|conn| meta::get(conn, meta::COPIED_AT)).await.unwrap();
    assert_eq!(stamped, None, "the original is no copy");
    assert_eq!(ledger.read(meta::nameless_copy).await.unwrap(), None);
    // Once it has one, it is spoken of by that.
    restored.write(|tx| meta::set(tx, meta::RESTORED_FROM, &NOW)).await.unwrap();
    assert_eq!(restored.read(meta::nameless_copy).await.unwrap(), None);
}

#[cfg(unix)]
#[test]
fn the_copy_is_for_this_account_alone_and_nothing_is_left_beside_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = tempfile::tempdir().unwrap();
    let (original, vault) = (home.path().join("timmy.db"), home.path().join("vault"));
    fs::create_dir(&vault).unwrap();
    drop(Ledger::open(&original).unwrap());
    backup(&original, &vault.join("copy.db"), Existing::Keep, NOW).unwrap();
    let mode = fs::metadata(vault.join("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(&vault).unwrap().count(), 1);
}

#[test]
fn it_overwrites_nothing_by_itself_and_never_the_ledger() {
    let home = tempfile::tempdir().unwrap();
    let original = home.path().join("timmy.db");
    drop(Ledger::open(&original).unwrap());
    let diary = home.path().join("diary.txt");
    fs::write(&diary, "dear diary").unwrap();

    let refused = backup(&original, &diary, Existing::Keep, NOW);
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
    assert_eq!(fs::read_to_string(&diary).unwrap(), "dear diary");

    let refused = backup(&original, &original, Existing::Replace, NOW);
    assert!(matches!(refused, Err(BackupError::Itself(_))), "{refused:?}");

    fs::write(home.path().join("diary.txt-wal"), "").unwrap();
    let refused = backup(&original, &diary, Existing::Replace, NOW);
    assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");

    fs::remove_file(home.path().join("diary.txt-wal")).unwrap();
    backup(&original, &diary, Existing::Replace, NOW).unwrap();
    Ledger::open(&diary).unwrap();
}

#[test]
fn a_damaged_ledger_gives_no_copy() {
    let home = tempfile::tempdir().unwrap();
    let (original, copy) = (home.path().join("timmy.db"), home.path().join("copy.db"));
    drop(Ledger::open(&original).unwrap());
    let mut bytes = fs::read(&original).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xff);
    fs::write(&original, bytes).unwrap();
    assert!(backup(&original, &copy, Existing::Keep, NOW).is_err());
    assert!(!copy.exists());
}

#[test]
fn the_command_takes_the_ledger_of_the_configuration() {
    let home = tempfile::tempdir().unwrap();
    let config = Config::of("http://127.0.0.1:1").with("ledger.path", "memory.db");
    config.write(&home.path().join("timmy.toml"));
    let run =
        |words: &str| Run::of(timmy(home.path(), words).env("TIMMY_GITEA_TOKEN", "0123456789"));

    let missing = run("backup copy.db");
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("there is no ledger"), "{missing:?}");

    let _held = Ledger::open(home.path().join("memory.db")).unwrap();
    let made = run("backup copy.db");
    assert_eq!(made.code, 0, "{made:?}");
    assert!(home.path().join("copy.db").exists());

    let again = run("backup copy.db");
    assert_eq!(again.code, 1);
    assert!(again.err.contains("--force"), "{again:?}");
    assert_eq!(run("backup --force copy.db").code, 0);
}
