//! `timmy drain`: the running `timmy serve` starts no job any more; waits until none runs.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use super::forge;
use crate::cli::output::{FAILED, complain, print};
use crate::store::jobs::{self, Lease};
use crate::store::{Error, Holder, Ledger, OpenError, Readers, holder};

/// How often it is looked whether something runs still.
const LOOK: Duration = Duration::from_secs(1);

/// Let the running `timmy serve` start no job any more, and wait until none runs
#[derive(Debug, clap::Args)]
pub(super) struct DrainArgs {
    /// Do not wait for what runs
    #[arg(long)]
    no_wait: bool,
}

/// Why nothing can be drained.
#[derive(Debug, thiserror::Error)]
enum DrainError {
    #[error("no timmy serve runs on {0}: nothing is started anyway")]
    NobodyRuns(String),
    #[error("cannot tell which process owns {0}: send SIGUSR1 to timmy serve by hand")]
    WhichProcess(String),
    #[error("process {0} cannot be told: run this as the user that runs timmy serve")]
    NotTold(u32),
    #[error(transparent)]
    Ledger(#[from] OpenError),
    #[error(transparent)]
    Read(#[from] Error),
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl DrainArgs {
    /// Exit code 0 when nothing runs any more.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let loaded = match forge::configured(config) {
            Ok((_, loaded)) => loaded,
            Err(code) => return code,
        };
        match self.drain(&loaded.config.ledger.path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error.to_string());
                FAILED.into()
            }
        }
    }

    fn drain(&self, ledger: &Path) -> Result<(), DrainError> {
        let name = ledger.display().to_string();
        let pid = match holder(ledger)? {
            Holder::Process(Some(pid)) => pid,
            Holder::Nobody => return Err(DrainError::NobodyRuns(name)),
            Holder::Process(None) | Holder::Stray(_) => return Err(DrainError::WhichProcess(name)),
        };
        let told = Command::new("kill").args(["-USR1", &pid.to_string()]).status()?;
        if !told.success() {
            return Err(DrainError::NotTold(pid));
        }
        print("timmy serve starts no job any more, until it is started again.\n");
        if self.no_wait { Ok(()) } else { wait(ledger) }
    }
}

/// Waits until no attempt runs; says what does, each time that this changes.
fn wait(ledger: &Path) -> Result<(), DrainError> {
    let readers = Ledger::open_read_only(ledger)?;
    let mut said = None;
    loop {
        let running = crate::cli::output::block_on(running(&readers))?;
        if running.is_empty() {
            print("Nothing runs.\n");
            return Ok(());
        }
        if said.as_ref() != Some(&running) {
            print(&format!("{} still to end: {}\n", running.len(), running.join(", ")));
            said = Some(running);
        }
        thread::sleep(LOOK);
    }
}

async fn running(readers: &Readers) -> Result<Vec<String>, Error> {
    let leases = readers.read(jobs::leases).await?;
    let name = |lease: &Lease| format!("{} ({})", lease.job(), lease.agent());
    Ok(leases.iter().map(name).collect())
}
