//! The command line: one file per subcommand.

mod allocator;
mod backlog;
mod backlog_view;
mod backup;
mod demo;
mod doctor;
mod forge;
mod hooks;
mod init;
mod log;
mod markdown;
mod output;
mod parse;
mod progress;
mod report;
mod secret_file;
mod serve;
mod simulate;
mod terminal;
mod watched;
mod why;

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
