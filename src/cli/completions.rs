//! `timmy completions`: what a shell needs to complete timmy's command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap_complete::{Shell, generate};

use crate::cli::output::FAILED;

/// Print what a shell needs to complete timmy's command line
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: CompletedShell,
}

/// The shells for which that is tried.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CompletedShell {
    Bash,
    Zsh,
    Fish,
}

impl CompletionsArgs {
    /// Prints it, of all that `command` knows. Exit code 1 if nobody takes it.
    pub(super) fn run(self, command: &mut clap::Command) -> ExitCode {
        let shell = match self.shell {
            CompletedShell::Bash => Shell::Bash,
            CompletedShell::Zsh => Shell::Zsh,
            CompletedShell::Fish => Shell::Fish,
        };
        // Into memory first: where a pipe ends early, its generator would panic.
        let mut script = Vec::new();
        generate(shell, command, "timmy", &mut script);
        match io::stdout().write_all(&script) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(_) => FAILED.into(),
        }
    }
}
