//! `timmy demo`: a sandbox forge with real git, the real bot and scripted agents in one process, a
//! conversation between people and timmy over real HTTP and signed webhooks, and a backlog that is
//! worked on, printed as it happens.
//!
//! It checks what it shows: an exchange that does not go as the script says ends it with exit
//! code 1. With `--open` the stage stays: a page shows the threads and takes comments, until Ctrl-C.

mod backlog;
mod error;
mod fleet;
mod guide;
mod haste;
mod printout;
mod script;
mod session;
mod work;

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::cli::demo::error::DemoError;
use crate::cli::output::{FAILED, block_on, complain};
use printout::Printout;
use script::Scene;
use session::DemoSession;

/// See it work: a sandbox forge and a conversation, in one process
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Keep it running afterwards, with a page where you can join in
    #[arg(long)]
    open: bool,
    /// The port of that page on this machine; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 0, requires = "open")]
    port: u16,
}

impl DemoArgs {
    /// Plays it. Exit code 1 if anything goes otherwise than the script says.
    pub(super) fn run(self) -> ExitCode {
        match block_on(self.play()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(mishap) => {
                complain(&mishap.to_string());
                FAILED.into()
            }
        }
    }

    async fn play(self) -> Result<(), DemoError> {
        let mut paper = Printout::standard_output();
        let mut stage = DemoSession::set().await?;
        // Before the play, so that a port that is taken is found at once.
        let page = if self.open { Some(stage.open_page(self.port).await?) } else { None };
        paper.opening(stage.url())?;
        let (scenes, last) = (script::scenes(), script::last_scenes());
        let mut replies = play(&stage, &mut paper, &scenes).await?;
        let jobs = work::work(&mut stage, &mut paper).await?;
        replies += play(&stage, &mut paper, &last).await?;
        work::report(&stage, &mut paper).await?;
        let issue = stage.issue()?;
        paper.closing((scenes.len() + last.len(), replies, jobs), &issue)?;
        if let Some(address) = page {
            paper.page(address)?;
            told_to_stop().await;
        }
        stage.strike().await
    }
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
