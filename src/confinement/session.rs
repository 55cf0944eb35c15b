//! A confined process that is talked to.

use std::ffi::OsString;

use tokio::process::{ChildStdin, ChildStdout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::network::Network;
use super::output::OutputEnd;
use super::watch::RunEnd;

/// What is to be run and talked to.
#[derive(Debug, Clone, Copy)]
pub struct SessionRequest<'a> {
    /// The program, with its arguments behind it.
    pub words: &'a [String],
    /// What it sees beside the variables that every run sees. They stand in no argument.
    pub variables: &'a [(String, OsString)],
    pub network: Network<'a>,
    pub bounds: Bounds,
}

/// A confined process: its input and its output are whoever's who began it; what it complains of is
/// drained, and what it takes is watched. It ends whole: by itself, by [`Session::end`], by a bound,
/// and when this is dropped.
pub struct Session {
    /// What it reads. It reads its end when this is dropped.
    pub input: Option<ChildStdin>,
    /// What it prints. Whoever does not read it keeps it waiting.
    pub output: Option<ChildStdout>,
    stop: CancellationToken,
    watching: AbortOnDropHandle<Result<SessionEnd, CannotRun>>,
    /// Once it has: how, or why it did not run, in words.
    ended: Option<Result<SessionEnd, String>>,
}

/// How a session ended. Nothing of it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnd {
    /// None: it was ended by who began it.
    pub end: Option<RunEnd>,
    /// The end of what it complained of.
    pub complaints: OutputEnd,
    /// What there is to tell of its connections, if they went through a proxy.
    pub reached: Vec<String>,
}

impl Session {
    pub(super) fn new(
        (input, output): (Option<ChildStdin>, Option<ChildStdout>),
        stop: CancellationToken,
        watching: AbortOnDropHandle<Result<SessionEnd, CannotRun>>,
    ) -> Self {
        Self { input, output, stop, watching, ended: None }
    }

    /// Waits until it has ended. Can be given up, and asked again.
    ///
    /// # Errors
    /// If it was never begun, or cannot go on through no fault of its own.
    pub async fn ended(&mut self) -> Result<SessionEnd, CannotRun> {
        if let Some(ended) = &self.ended {
            return ended.clone().map_err(|why| std::io::Error::other(why).into());
        }
        let ended = (&mut self.watching).await.map_err(std::io::Error::other)?;
        self.ended = Some(ended.as_ref().map(SessionEnd::clone).map_err(CannotRun::to_string));
        ended
    }

    /// Ends it, and returns when nothing of it lives.
    ///
    /// # Errors
    /// As [`Session::ended`].
    pub async fn end(&mut self) -> Result<SessionEnd, CannotRun> {
        self.stop.cancel();
        self.ended().await
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("ended", &self.ended).finish_non_exhaustive()
    }
}
