//! What a write promises: all or nothing, on the disk, reported truly.

use std::fs;
use std::sync::mpsc;

use proptest::prelude::*;
use tempfile::TempDir;
use timmy::store::{Error, Ledger};
use tokio::task::JoinHandle;

use super::{count, new_ledger, put, runtime, word_at};

/// One of many writes that are queued together.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Writes its row.
    Write,
    /// Writes its row, then fails.
    Fail,
    /// Writes its row, then panics.
    Panic,
    /// Writes more than the disk holds.
    FillDisk,
}

/// Queues all `steps` behind a transaction that waits, so that one commit takes them together,
/// and gives their answers.
async fn together(ledger: &Ledger, steps: &[Step]) -> Vec<Result<(), Error>> {
    let (open, gate) = mpsc::channel::<()>();
    let first = tokio::spawn(ledger.write(move |_| Ok(gate.recv().is_ok())));
    let queued: Vec<JoinHandle<_>> = steps
        .iter()
        .enumerate()
        .map(|(index, &step)| tokio::spawn(ledger.write(move |tx| run(tx, index, step))))
        .collect();
    tokio::task::yield_now().await;
    open.send(()).expect("the writer waits");
    // Its answer is that of its batch: nothing to rely on.
    let _ = first.await.expect("a task");
    let mut answers = Vec::new();
    for answer in queued {
        answers.push(answer.await.expect("a task"));
    }
    answers
}

fn run(tx: &timmy::store::Transaction<'_>, index: usize, step: Step) -> Result<(), Error> {
    put(tx, &format!("row {index}."), "written")?;
    match step {
        Step::Write => Ok(()),
        Step::Fail => Err(Error::Closed),
        Step::Panic => panic!("step {index}"),
        Step::FillDisk => put(tx, &format!("row {index}."), &"x".repeat(1 << 20)),
    }
}

/// Which rows of `steps` are in the ledger.
async fn written(ledger: &Ledger, steps: usize) -> Vec<bool> {
    let look = move |conn: &timmy::store::Connection| {
        (0..steps).map(|index| Ok(count(conn, &format!("row {index}."))? > 0)).collect()
    };
    ledger.read(look).await.expect("a read")
}

#[test]
fn a_write_that_fails_or_panics_takes_nobody_with_it() {
    let (ledger, _home) = new_ledger();
    runtime().block_on(async {
        use Step::{Fail, Panic, Write};
        let answers = together(&ledger, &[Write, Fail, Write, Panic, Write]).await;
        assert!(matches!(
            answers[..],
            [Ok(()), Err(Error::Closed), Ok(()), Err(Error::Panicked(_)), Ok(())]
        ));
        assert_eq!(written(&ledger, 5).await, [true, false, true, false, true]);
    });
}

#[test]
fn alone_a_failing_write_leaves_nothing_either() {
    let (ledger, _home) = new_ledger();
    runtime().block_on(async {
        let answer = ledger.write(|tx| run(tx, 0, Step::Panic)).await;
        assert!(matches!(answer, Err(Error::Panicked(message)) if message == "step 0"));
        ledger.write(|tx| run(tx, 1, Step::Write)).await.expect("the writer goes on");
        assert_eq!(written(&ledger, 2).await, [false, true]);
    });
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Write),
        2 => Just(Step::Fail),
        1 => Just(Step::Panic),
        1 => Just(Step::FillDisk),
    ];
    prop::collection::vec(step, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_answer_is_true_even_when_the_disk_is_full(steps in steps()) {
        let (ledger, _home) = new_ledger();
        runtime().block_on(async {
            ledger
                .write(|tx| Ok(tx.execute_batch("PRAGMA max_page_count = 100")?))
                .await
                .expect("a small disk");
            let answers = together(&ledger, &steps).await;
            let told: Vec<bool> = answers.iter().map(Result::is_ok).collect();
            assert_eq!(written(&ledger, steps.len()).await, told);
            for (step, answer) in steps.iter().zip(&answers) {
                assert!(matches!(step, Step::Write) || answer.is_err(), "{step:?} succeeded");
            }
            ledger.write(|tx| put(tx, "word", "on")).await.expect("the writer goes on");
        });
    }
}

#[test]
fn what_was_answered_survives_a_crash() {
    let (ledger, home) = new_ledger();
    runtime().block_on(async {
        together(&ledger, &[Step::Write; 50]).await;
    });

    // What a crash leaves: the files as they are, nothing closed.
    let after = TempDir::new().expect("a directory");
    for name in ["timmy.db", "timmy.db-wal"] {
        fs::copy(home.path().join(name), after.path().join(name)).expect("a copy");
    }
    let ledger = Ledger::open(after.path().join("timmy.db")).expect("the ledger after a crash");
    runtime().block_on(async {
        assert_eq!(ledger.read(|conn| count(conn, "row")).await.expect("a read"), 50);
    });
}

#[test]
fn a_caller_who_goes_away_does_not_undo_the_write() {
    let (ledger, home) = new_ledger();
    runtime().block_on(async {
        let (open, gate) = mpsc::channel::<()>();
        let caller = tokio::spawn(ledger.write(move |tx| {
            gate.recv().map_err(|_| Error::Closed)?;
            put(tx, "word", "kept")
        }));
        tokio::task::yield_now().await;
        caller.abort();
        assert!(caller.await.expect_err("it was aborted").is_cancelled());
        open.send(()).expect("the writer waits");
    });
    drop(ledger);

    let ledger = Ledger::open(home.path().join("timmy.db")).expect("the same ledger");
    runtime().block_on(async {
        assert_eq!(ledger.read(|conn| count(conn, "word")).await.expect("a read"), 1);
    });
}

#[test]
fn the_last_handle_may_be_dropped_by_a_transaction() {
    let (ledger, home) = new_ledger();
    runtime().block_on(async {
        let (open, gate) = mpsc::channel::<()>();
        let own = ledger.clone();
        let caller = tokio::spawn(ledger.write(move |tx| {
            gate.recv().map_err(|_| Error::Closed)?;
            drop(own);
            put(tx, "word", "last")
        }));
        tokio::task::yield_now().await;
        caller.abort();
        assert!(caller.await.expect_err("it was aborted").is_cancelled());
        drop(ledger);
        open.send(()).expect("the writer waits");
    });

    let lock = fs::File::open(home.path().join("timmy.db.lock")).expect("the lock");
    lock.lock().expect("the ledger's thread lets go when it has ended");
    let readers = Ledger::open_read_only(home.path().join("timmy.db")).expect("a reader");
    runtime().block_on(async {
        assert_eq!(readers.read(|conn| count(conn, "word")).await.expect("a read"), 1);
    });
}

#[test]
fn writes_run_in_the_order_in_which_they_were_queued() {
    let (ledger, _home) = new_ledger();
    runtime().block_on(async {
        let mut writes = Vec::new();
        for turn in 0..2_000_i64 {
            writes.push(tokio::spawn(ledger.write(move |tx| {
                let before = word_at(tx, "turn")?;
                put(tx, "turn", &turn.to_string())?;
                Ok(before)
            })));
        }
        let mut last = None;
        for (turn, write) in (0_i64..).zip(writes) {
            assert_eq!(write.await.expect("a task").expect("a write"), last);
            last = Some(turn.to_string());
        }
    });
}

#[test]
fn a_read_sees_one_moment() {
    let (ledger, _home) = new_ledger();
    runtime().block_on(async {
        let (looked, first_look) = tokio::sync::oneshot::channel();
        let (open, gate) = mpsc::channel::<()>();
        let reading = ledger.clone();
        let read = tokio::spawn(async move {
            reading
                .read(move |conn| {
                    let before = count(conn, "word")?;
                    let _ = looked.send(());
                    gate.recv().map_err(|_| Error::Closed)?;
                    Ok((before, count(conn, "word")?))
                })
                .await
        });
        first_look.await.expect("the first look");
        ledger.write(|tx| put(tx, "word", "new")).await.expect("a write");
        open.send(()).expect("the reader waits");
        assert_eq!(read.await.expect("a task").expect("a read"), (0, 0));
        assert_eq!(ledger.read(|conn| count(conn, "word")).await.expect("a read"), 1);
    });
}

#[test]
fn a_read_that_panics_harms_nobody() {
    let (ledger, _home) = new_ledger();
    runtime().block_on(async {
        for _ in 0..10 {
            let answer = ledger.read(|_| -> Result<(), Error> { panic!("no") }).await;
            assert!(matches!(answer, Err(Error::Panicked(message)) if message == "no"));
        }
        assert_eq!(ledger.read(|conn| count(conn, "word")).await.expect("a read"), 0);
    });
}
