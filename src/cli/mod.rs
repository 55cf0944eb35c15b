//! The command line: one file per subcommand.

mod allocator;
mod backlog;
mod backlog_view;
mod backup;
mod completions;
mod demo;
mod doctor;
mod drain;
mod forge;
mod forward;
mod hooks;
mod init;
mod jobs;
mod log;
mod markdown;
mod output;
mod parse;
mod progress;
mod report;
mod routine_view;
mod secret_file;
mod serve;
mod simulate;
mod terminal;
mod watched;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::version;

/// A Gitea account that runs a fleet of AI agents, commanded in issue threads.
#[derive(Debug, Parser)]
#[command(name = "timmy", version = version::LINE, max_term_width = 100)]
struct Cli {
    /// The configuration; else $TIMMY_CONFIG, ./timmy.toml, /etc/timmy/timmy.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Init(init::InitArgs),
    Doctor(doctor::DoctorArgs),
    Hooks(hooks::HooksArgs),
    Serve(serve::ServeArgs),
    Drain(drain::DrainArgs),
    Demo(demo::DemoArgs),
    Parse(parse::ParseArgs),
    Backlog(backlog::BacklogArgs),
    Why(why::WhyArgs),
    Jobs(jobs::JobsArgs),
    Dead(jobs::DeadArgs),
    Report(report::ReportArgs),
    Simulate(simulate::SimulateArgs),
    Backup(backup::BackupArgs),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Forward(forward::ForwardArgs),
}

/// Runs what the command line asks for: exit code 0 good, 1 failed, 2 wrong usage or configuration.
pub fn run() -> ExitCode {
    allocator::keep_little();
    let cli = Cli::parse();
    match cli.command {
        CliCommand::Init(init) => init.run(cli.config.as_deref()),
        CliCommand::Doctor(doctor) => doctor.run(cli.config.as_deref()),
        CliCommand::Hooks(hooks) => hooks.run(cli.config.as_deref()),
        CliCommand::Serve(serve) => serve.run(cli.config.as_deref()),
        CliCommand::Drain(drain) => drain.run(cli.config.as_deref()),
        CliCommand::Demo(demo) => demo.run(),
        CliCommand::Parse(parse) => parse.run(),
        CliCommand::Backlog(backlog) => backlog.run(cli.config.as_deref()),
        CliCommand::Why(why) => why.run(cli.config.as_deref()),
        CliCommand::Jobs(jobs) => jobs.run(cli.config.as_deref()),
        CliCommand::Dead(dead) => dead.run(cli.config.as_deref()),
        CliCommand::Report(report) => report.run(cli.config.as_deref()),
        CliCommand::Simulate(simulate) => simulate.run(cli.config.as_deref()),
        CliCommand::Backup(backup) => backup.run(cli.config.as_deref()),
        CliCommand::Completions(completions) => completions.run(&mut Cli::command()),
        CliCommand::Forward(forward) => forward.run(),
    }
}
