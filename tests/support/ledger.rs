//! A ledger of its own for each test.

use tempfile::TempDir;
use timmy::store::{Error, Ledger, Transaction};

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
