//! A ledger of its own for each test.

use std::sync::mpsc;

use tempfile::TempDir;
use timmy::store::{Error, Ledger, Readers, Transaction};

/// A new ledger in a directory that vanishes with it.
pub fn new_ledger() -> (Ledger, TempDir) {
    let home = TempDir::new().expect("a directory");
    let ledger = Ledger::open(home.path().join("timmy.db")).expect("a new ledger");
    (ledger, home)
}

/// Runs `work` in one transaction of a new ledger, where steps follow one another.
pub fn in_transaction(work: impl FnOnce(&Transaction<'_>) -> Result<(), Error> + Send + 'static) {
    let (ledger, _home) = new_ledger();
    runtime().block_on(ledger.write(work)).expect("the steps");
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// Keeps all readers of a ledger busy until what this gives is dropped.
pub async fn occupy(ledger: &Ledger) -> Vec<mpsc::Sender<()>> {
    let mut held = Vec::new();
    for _ in 0..Readers::AT_ONCE {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let read = ledger.read(move |_| {
                let _ = begun.send(());
                let _ = released.recv();
                Ok(())
            });
            let _ = read.await;
        });
        begins.await.unwrap();
        held.push(release);
    }
    held
}
