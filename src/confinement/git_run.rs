//! A run of git whose end nobody can foresee: bounded as all that is run.

use std::os::fd::OwnedFd;
use std::path::Path;

use tokio::process::Command;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::output::Drain;
use super::running::Running;
use super::watch::{RunEnd, until_over};

/// The most that is kept of what it says.
const MOST_SAID: usize = 2 << 10;

/// Runs `command` to its end: how it ended, and what it said. `folder`: where it writes.
pub(super) async fn bounded(
    mut command: Command,
    folder: &Path,
    bounds: &Bounds,
) -> Result<(RunEnd, String), CannotRun> {
    let (said, speaks) = std::io::pipe()?;
    command.stdout(speaks.try_clone()?).stderr(speaks);
    let said = Drain::begin(OwnedFd::from(said), MOST_SAID)?;
    let mut running = Running::begin(command)?;
    let end = until_over(&mut running.child, folder, bounds).await?;
    running.end().await?;
    Ok((end, said.end().await.text().trim().to_owned()))
}
