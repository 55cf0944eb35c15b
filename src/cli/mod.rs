//! The command line: one file per subcommand.

mod allocator;
mod backlog;
mod backup;

mod backlog_view;
mod demo;
mod doctor;
mod forge;
mod hooks;
mod init;
mod log;
mod parse;
mod report;
mod secret_file;
mod serve;
mod simulate;
mod terminal;
mod watched;
mod why;

use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A Gitea account that runs a fleet of AI agents, commanded in issue threads.
#[derive(Debug, Parser)]
#[command(name = "timmy", version, max_term_width = 100)]
struct Cli {
    /// The configuration; else $TIMMY_CONFIG, ./timmy.toml, /etc/timmy/timmy.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Doctor(doctor::Doctor),
    Hooks(hooks::Hooks),
    Serve(serve::Serve),
    Demo(demo::Demo),
    Parse(parse::Parse),
    Backlog(backlog::Backlog),
    Why(why::Why),
    Report(report::Report),
    Simulate(simulate::Simulate),
    Backup(backup::Backup),
}

/// The exit code of what could not be done.
const FAILED: u8 = 1;
/// The exit code of wrong usage or configuration.
const WRONG: u8 = 2;

/// Runs what the command line asks for: exit code 0 good, 1 failed, 2 wrong usage or configuration.
pub fn run() -> ExitCode {
    allocator::keep_little();
    let cli = Cli::parse();
    match cli.command {
        Command::Init(init) => init.run(cli.config.as_deref()),
        Command::Doctor(doctor) => doctor.run(cli.config.as_deref()),
        Command::Hooks(hooks) => hooks.run(cli.config.as_deref()),
        Command::Serve(serve) => serve.run(cli.config.as_deref()),
        Command::Demo(demo) => demo.run(),
        Command::Parse(parse) => parse.run(),
        Command::Backlog(backlog) => backlog.run(cli.config.as_deref()),
        Command::Why(why) => why.run(cli.config.as_deref()),
        Command::Report(report) => report.run(cli.config.as_deref()),
        Command::Simulate(simulate) => simulate.run(cli.config.as_deref()),
        Command::Backup(backup) => backup.run(cli.config.as_deref()),
    }
}

/// Says what is wrong where a person looks for it.
fn complain(problem: &str) {
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "timmy: {problem}");
}

/// Runs `future` to its end on a runtime of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    // Those that read the ledger, of which there are four at once, and that look up addresses:
    // tokio would start a new one whenever none is idle, and each holds memory of its own.
    const BLOCKING_THREADS: usize = 6;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .expect("the system gives threads and timers")
        .block_on(future)
}
