//! `timmy demo`: a sandbox forge with real git, the real bot and scripted agents in one process, a
//! conversation between people and timmy over real HTTP and signed webhooks, and a backlog that is
//! worked on, printed as it happens.
//!
//! It checks what it shows: an exchange that does not go as the script says ends it with exit
//! code 1. With `--open` the stage stays: a page shows the threads and takes comments, until Ctrl-C.
//! With `--machines` each part is a process of its own, and restarted in mid-work ([`machines`]).

mod backlog;
mod cast;
mod error;
mod fleet;
mod guide;
mod haste;
mod machines;
mod printout;
mod script;
mod session;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::cli::demo::error::DemoError;
use crate::cli::output::{FAILED, block_on, complain};
use cast::Cast;
use printout::Printout;
use script::Scene;
use session::DemoSession;

/// See it work: a sandbox forge and a conversation, in one process
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Let a crew work on one issue instead: a plan, a yes, a change, a review that sends it back, the merge
    #[arg(long, value_name = "ENGINE", num_args = 0..=1, default_missing_value = "native")]
    crew: Option<CrewEngine>,
    /// The Python environment in which CrewAI is installed
    #[arg(long, value_name = "FOLDER", default_value = "/opt/timmy-crewai", requires = "crew")]
    crewai: PathBuf,
    /// Spread it over machines instead: timmy, a Temporal server and two workers, each a process
    /// that is restarted while agents work
    #[arg(long, conflicts_with_all = ["crew", "open"])]
    machines: bool,
    /// Temporal's program, if it is not in PATH
    #[arg(long, value_name = "FILE", requires = "machines")]
    temporal: Option<PathBuf>,
    /// Keep it running afterwards, with a page where you can join in
    #[arg(long)]
    open: bool,
    /// The port of that page on this machine; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 0, requires = "open")]
    port: u16,
}

/// What runs the roles of a crew.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CrewEngine {
    /// Each role is an agent as it is
    Native,
    /// Each role is a real CrewAI, with a scripted model behind it
    Crewai,
}

impl DemoArgs {
    /// Plays it. Exit code 1 if anything goes otherwise than the script says.
    pub(super) fn run(self) -> ExitCode {
        let played = match self.machines {
            true => block_on(on_machines(self.temporal)),
            false => block_on(self.play()),
        };
        match played {
            Ok(()) => ExitCode::SUCCESS,
            Err(mishap) => {
                complain(&mishap.to_string());
                FAILED.into()
            }
        }
    }

    fn cast(&self) -> Result<Cast, DemoError> {
        Ok(match self.crew {
            None => Cast::Backlog,
            Some(CrewEngine::Native) => Cast::Crew,
            Some(CrewEngine::Crewai) => {
                let python = self.crewai.join("bin/python");
                if !python.is_file() {
                    return Err(DemoError::NoCrewAi(python.display().to_string()));
                }
                Cast::CrewAi(self.crewai.clone())
            }
        })
    }

    async fn play(self) -> Result<(), DemoError> {
        let mut paper = Printout::standard_output();
        let cast = self.cast()?;
        let mut stage = DemoSession::set(&cast).await?;
        // Before the play, so that a port that is taken is found at once.
        let page = if self.open { Some(stage.open_page(self.port).await?) } else { None };
        paper.opening(stage.url())?;
        match cast {
            Cast::Crew | Cast::CrewAi(_) => work::crew(&mut stage, &mut paper).await?,
            Cast::Backlog => backlog_is_worked(&mut stage, &mut paper).await?,
        }
        if let Some(address) = page {
            paper.page(address, stage.own)?;
            told_to_stop().await;
        }
        stage.strike().await
    }
}

/// Plays it on several machines. Whoever stops it stops all of them.
async fn on_machines(temporal: Option<PathBuf>) -> Result<(), DemoError> {
    tokio::select! {
        played = machines::play(temporal.as_deref()) => played,
        () = told_to_stop() => Err(DemoError::Stopped),
    }
}

/// A conversation, and a backlog that is worked on.
async fn backlog_is_worked(stage: &mut DemoSession, paper: &mut Printout) -> Result<(), DemoError> {
    let (scenes, last) = (script::scenes(), script::last_scenes());
    let mut replies = play(stage, paper, &scenes).await?;
    let jobs = work::work(stage, paper).await?;
    replies += play(stage, paper, &last).await?;
    work::report(stage, paper).await?;
    let issue = stage.issue()?;
    paper.closing((scenes.len() + last.len(), replies, jobs), &issue)
}

/// Plays scenes; how many replies there were.
async fn play(
    stage: &DemoSession,
    paper: &mut Printout,
    scenes: &[Scene],
) -> Result<usize, DemoError> {
    let mut replies = 0;
    for scene in scenes {
        paper.scene(scene)?;
        let outcome = stage.play(scene).await?;
        paper.outcome(&outcome)?;
        replies += outcome.replies.len();
        outcome.check(scene)?;
    }
    Ok(replies)
}

/// Returns when somebody presses Ctrl-C, or ends the process kindly.
async fn told_to_stop() {
    let stop = CancellationToken::new();
    super::serve::stop_on_signal(stop.clone()).await;
    stop.cancelled().await;
}
