//! A part of the stage: a process that can be killed, and started again.

use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::cli::demo::error::DemoError;

/// How long a part that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// How many of the last lines of its log are told if it fails.
const LINES: usize = 20;

/// How a part ends before it is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As by a power cut.
    Killed,
    /// As by whoever reboots a machine.
    Told,
}

pub(super) struct Part {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Where it runs, and logs.
    folder: PathBuf,
    process: Option<Child>,
}

impl Part {
    /// One that does not run yet.
    pub(super) fn new(
        name: &str,
        program: PathBuf,
        arguments: Vec<OsString>,
        folder: PathBuf,
    ) -> Self {
        Self { name: name.to_owned(), program, arguments, folder, process: None }
    }

    /// Starts it; it may not be ready yet.
    pub(super) fn start(&mut self) -> Result<(), DemoError> {
        let log = File::options().append(true).create(true).open(self.log());
        let log = log.map_err(DemoError::Folder)?;
        let mut command = Command::new(&self.program);
        // What whoever plays has set for a timmy of their own is not for this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TIMMY_") {
                command.env_remove(name);
            }
        }
        let started = command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.process = Some(started.map_err(|error| self.failed(&error.to_string()))?);
        Ok(())
    }

    /// Ends it in this way.
    pub(super) async fn end(&mut self, how: End) -> Result<(), DemoError> {
        match how {
            End::Killed => self.kill().await,
            End::Told => self.stop().await,
        }
    }

    /// SIGKILL.
    async fn kill(&mut self) -> Result<(), DemoError> {
        self.require_alive()?;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.kill().await.map_err(|error| self.failed(&error.to_string()))
    }

    /// SIGTERM; it has to end well.
    pub(super) async fn stop(&mut self) -> Result<(), DemoError> {
        self.require_alive()?;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let pid = process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(pid) = pid {
            // If it ended a moment ago, that is seen below.
            let _ = kill_process(pid, Signal::TERM);
        }
        match tokio::time::timeout(PATIENCE, process.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(self.failed(&format!("it ended with {status}"))),
            Ok(Err(error)) => Err(self.failed(&error.to_string())),
            Err(_) => Err(self.failed("it was told to end, and does not")),
        }
    }

    /// What runs on must not have ended by itself.
    pub(super) fn require_alive(&mut self) -> Result<(), DemoError> {
        let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
        match ended {
            Some(status) => Err(self.failed(&format!("it ended by itself, with {status}"))),
            None => Ok(()),
        }
    }

    /// That something is wrong with it, with the end of its log.
    pub(super) fn failed(&self, what: &str) -> DemoError {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(LINES)..].join("\n");
        DemoError::Part { name: self.name.clone(), what: what.to_owned(), log: end }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}
