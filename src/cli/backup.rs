//! `timmy backup`: a checked copy of the ledger, also while `timmy serve` runs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::output::{FAILED, WRONG, complain};
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::store::backup::{Existing, backup};

/// Copy the ledger to FILE, also while `timmy serve` runs
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// Where the copy goes; its mode is 0600
    #[arg(value_name = "FILE")]
    target: PathBuf,
    /// Overwrite FILE
    #[arg(long)]
    force: bool,
}

impl BackupArgs {
    /// Exit code 1 if there is no copy, 2 if the configuration does not say of what.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let env = |name: &str| std::env::var(name).ok();
        let loaded = match config::find(config, &env) {
            Ok(path) => config::load(&path, &env).map_err(|problems| problems.to_string()),
            Err(missing) => Err(missing.to_string()),
        };
        let ledger = match loaded {
            Ok(loaded) => loaded.config.ledger.path,
            Err(problems) => {
                complain(&problems);
                return WRONG.into();
            }
        };
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        match backup(&ledger, &self.target, existing, SystemClock.now()) {
            Ok(()) => {
                // The copy is there, whether or not somebody reads this.
                let _ = writeln!(
                    std::io::stdout(),
                    "`{}` is a copy of `{}`, checked. A timmy that starts on it begins at that \
                     moment: what was said since the copy was taken, it leaves alone.",
                    self.target.display(),
                    ledger.display()
                );
                ExitCode::SUCCESS
            }
            Err(error) => {
                complain(&error.to_string());
                FAILED.into()
            }
        }
    }
}
