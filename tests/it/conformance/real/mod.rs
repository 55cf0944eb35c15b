//! A real Gitea as the server under test.

mod process;
mod setup;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tokio::runtime::Runtime;

use super::Expectation;
use process::Gitea;
pub use setup::Real;

/// Starts `binary`, holds every expectation against it, one after the other, and ends it.
///
/// # Panics
/// If one does not hold: with all their names, behind the end of the server's log.
pub fn hold(binary: &Path, all: &[(&str, Expectation)]) {
    let gitea = Gitea::start(binary);
    let runtime = Runtime::new().unwrap();
    let forge = runtime.block_on(setup::forge(&gitea));
    let mut failed = Vec::new();
    for (name, expectation) in all {
        let run = AssertUnwindSafe(|| runtime.block_on(expectation(&forge)));
        let holds = catch_unwind(run).is_ok();
        eprintln!("{}  {name}", if holds { "holds" } else { "FAILS" });
        if !holds {
            failed.push(*name);
        }
    }
    let (version, count) = (forge.version, all.len());
    assert!(failed.is_empty(), "{version:?}: {} of {count} fail: {failed:?}", failed.len());
    eprintln!("{version:?}: all {count} hold");
}
